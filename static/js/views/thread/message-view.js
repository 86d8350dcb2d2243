/** One message: a bubble with text, time and state, and its actions below. */
import { dictionary } from "../../lib/dictionary.js";
import { append, button, element, fill, icon, isolated } from "../../lib/dom.js";
import { isVisible } from "../../lib/text.js";
import { EMPTY } from "../../model/receive/unopened.js";
import { typeOf } from "../../types/content-types.js";
import { clock } from "../parts/format.js";
import { failureSentence } from "../parts/strings.js";
import { wholeDate, writtenTime } from "./days.js";
import { isOnlyEmoji } from "./emoji.js";
import { formattedNodes } from "./formatted-text.js";
import { drawExtras, editedMark, optionsButton, sameExtras } from "./message-extras.js";

/** @typedef {import("../../model/screen/thread-items.js").ThreadItem} ThreadItem */
/** @typedef {import("./timeline.js").MessageRow} MessageRow */
/**
 * @typedef {object} MessageContext
 * @property {() => string} name whom one talks with
 * @property {() => string} fullName the same in warnings
 * @property {() => string} speaker the same where messages are read out
 * @property {(item: ThreadItem) => void} retry
 * @property {(item: ThreadItem) => void} remove
 * @property {() => boolean} isLocked the person's earlier messages are locked in this browser
 * @property {() => void} review
 * @property {(key: string, button: HTMLElement) => void} options its menu is about to open at that button
 * @property {(key: string, emoji: string) => void} react "" for no reaction any more
 * @property {(key: string) => void} jump to what that message answers
 * @property {(body: string, linked: (text: string) => import("../../lib/dom.js").Child[]) => import("../../lib/dom.js").Child[]} files
 *   the nodes of a message with files
 * @property {(link: {href: string, asks: string}) => void} ask before such an address is opened
 */

/* Why a message is held, or what it waits for, is said below it. */
const STATE_WORDS = {
  sending: "Sending",
  held: "Sending",
  sent: "Sent",
  delivered: "Delivered",
  read: "Read",
  failed: "Not sent",
};
/** @type {Record<string, {before?: string, after: string}>} by what a message waits for, around the person's name */
const WAITS = dictionary({
  no_key: { after: " hasn't opened VibeChat yet. This message waits until then." },
  key_missing: { before: "The server doesn't have the key of ", after: " now. This message waits until it does." },
  unsigned_key: { after: " has to open VibeChat once. This message waits until then." },
});
const MARKS = /** @type {const} */ (["late", "unaware", "namesUnsent", "conflict", "secondBrowser"]);
const STATE_ICONS = {
  sending: "sending",
  held: "sending",
  sent: "sent",
  delivered: "delivered",
  read: "read",
  failed: "alert",
};
export const UNAWARE = "Written before everything above had arrived";

/**
 * @param {MessageRow} row
 * @param {MessageContext} context
 */
export function createMessage(row, context) {
  const id = `message-${row.key}`;
  const node = element(
    "article",
    { role: "article", "data-key": row.key, "aria-labelledby": `${id}-who ${id}-text ${id}-marks ${id}-meta` },
    element("span", { id: `${id}-who`, class: "visually-hidden message-writer" }, who(row.item, context), ": "),
    element(
      "div",
      { class: "bubble", dir: "auto" },
      element("span", { id: `${id}-text`, class: "message-text" }),
      " ",
      element("span", { id: `${id}-meta`, class: "meta" }),
    ),
    optionsButton(row.key, context),
    element("p", { id: `${id}-marks`, class: "message-marks" }),
  );
  drawText(node, row.item, context);
  drawRest(node, row, context);
  return node;
}

/**
 * @param {HTMLElement} node
 * @param {MessageRow} row
 * @param {MessageRow} before
 * @param {MessageContext} context
 */
export function updateMessage(node, row, before, context) {
  if (!sameText(row.item, before.item)) drawText(node, row.item, context);
  if (!sameRest(row, before)) drawRest(node, row, context);
}

/**
 * @param {HTMLElement} node
 * @param {MessageRow} row
 * @param {MessageContext} context
 */
export function renameWriter(node, row, context) {
  const writer = node.querySelector(".message-writer");
  if (writer) fill(writer, who(row.item, context), ": ");
  drawRest(node, row, context);
}

/**
 * @param {ThreadItem} item
 * @param {ThreadItem} before
 */
function sameText(item, before) {
  const sameWords =
    item.unopened?.reason === before.unopened?.reason && item.unopened?.advice === before.unopened?.advice;
  const sameFiles = item.content?.type !== "file" || item.content.body === before.content?.body;
  return sameFiles && item.text === before.text && item.opening === before.opening && sameWords;
}

/**
 * @param {MessageRow} row
 * @param {MessageRow} before
 */
function sameRest(row, before) {
  const sameShape = row.grouped === before.grouped && row.newestMine === before.newestMine && row.zone === before.zone;
  const { item } = row;
  return (
    sameShape &&
    sameExtras(item, before.item) &&
    item.state === before.item.state &&
    item.failure === before.item.failure &&
    item.waitsFor === before.item.waitsFor &&
    item.at.getTime() === before.item.at.getTime() &&
    MARKS.every((mark) => item[mark] === before.item[mark]) &&
    item.writtenAt?.getTime() === before.item.writtenAt?.getTime() &&
    Boolean(item.unopened) === Boolean(before.item.unopened)
  );
}

/**
 * @param {ThreadItem} item
 * @param {MessageContext} context
 */
function who(item, context) {
  return item.mine ? "You" : isolated(context.speaker());
}

/**
 * @param {HTMLElement} node
 * @param {ThreadItem} item
 * @param {MessageContext} context
 */
function drawText(node, item, context) {
  const text = node.querySelector(".message-text");
  if (!text) return;
  text.classList.toggle("big-emoji", !item.unopened && isOnlyEmoji(item.text));
  text.classList.toggle("opening", item.opening);
  fill(text, ...textNodes(item, context));
}

/**
 * @param {ThreadItem} item
 * @param {MessageContext} context
 * @returns {import("../../lib/dom.js").Child[]}
 */
function textNodes(item, context) {
  if (item.opening) return [element("span", { class: "visually-hidden" }, "Opening…")];
  if (item.unopened) return unopenedNodes(item.unopened);
  const linked = (/** @type {string} */ text) => formattedNodes(text, context.ask);
  return item.content?.type === "file" && !item.isDeleted ? context.files(item.content.body, linked) : contentNodes(item, linked);
}

/**
 * @param {Pick<ThreadItem, "text" | "content">} item
 * @param {(text: string) => import("../../lib/dom.js").Child[]} linked
 * @returns {import("../../lib/dom.js").Child[]} as its type renders it; most show their text
 */
export function contentNodes(item, linked) {
  const { render } = typeOf(item.content?.type ?? "", item.content?.v);
  if (item.content && render) return render(item.content.body, { linked });
  if (!isVisible(item.text)) return [element("span", { class: "message-advice" }, EMPTY)];
  return linked(item.text);
}

/** @param {NonNullable<ThreadItem["unopened"]>} unopened */
function unopenedNodes({ reason, advice }) {
  return ["This message could not be opened. ", element("span", { class: "message-advice" }, `${reason} ${advice}`)];
}

/**
 * @param {HTMLElement} node
 * @param {MessageRow} row
 * @param {MessageContext} context
 */
function drawRest(node, row, context) {
  const { item } = row;
  node.className = classes(row);
  const meta = node.querySelector(".meta");
  if (meta) fill(meta, ...editedMark(item), ...metaNodes(item));
  drawExtras(node, item, context);
  const marks = node.querySelector(".message-marks");
  if (marks) fill(marks, ...markNodes(item, context));
  node.querySelector(".message-actions")?.remove();
  append(node, actions(item, context));
}

/** @param {MessageRow} row */
function classes({ item, grouped, newestMine }) {
  const names = [
    "message",
    item.mine && "mine",
    item.state,
    grouped && "grouped",
    newestMine && "newest-mine",
    item.unopened && "unopened",
    item.isDeleted && "deleted",
  ];
  return names.filter(Boolean).join(" ");
}

/**
 * @param {ThreadItem} item
 * @returns {import("../../lib/dom.js").Child[]}
 */
function metaNodes(item) {
  const time = element(
    "time",
    { datetime: item.at.toISOString(), title: wholeDate(item.at), dir: "auto" },
    clock(item.at),
  );
  const crossing = item.unaware === "crossing" && element("span", { class: "crossing", title: UNAWARE }, icon("crossing"),
    element("span", { class: "visually-hidden" }, UNAWARE));
  if (item.state === null || item.state === "written") return [crossing, time];
  const word = STATE_WORDS[item.state];
  return [crossing, time, " ", icon(STATE_ICONS[item.state], "state-icon"), element("span", { class: "state-word" }, word)];
}

/**
 * @param {ThreadItem} item
 * @param {MessageContext} context
 * @returns {import("../../lib/dom.js").Child[]}
 */
function markNodes({ late, unaware, conflict, namesUnsent, secondBrowser, mine, writtenAt, at }, { name }) {
  const times = [
    late && "Arrived late",
    unaware === "held" && UNAWARE,
    writtenAt && `Written at ${writtenTime(writtenAt, at)}`,
    secondBrowser && (mine ? "Not written in this browser, but with your keys" : "Written in a second browser with the same keys"),
  ].filter(Boolean);
  const alerts = [
    ...(conflict ? ["Two versions of this message arrived. Ask ", isolated(name()), " which one is right. "] : []),
    ...(namesUnsent ? [isolated(name()), " got a message in your name that was not written in this browser. Ask what it says. "] : []),
  ];
  return alerts.length === 0 ? [times.join(" · ")] : [icon("alert"), ...alerts, times.join(" · ")];
}

/**
 * @param {ThreadItem} item
 * @param {MessageContext} context
 */
function actions(item, context) {
  if (item.state === "held") return heldLine(item, context);
  if (item.waitsFor !== null) return waitingLine(item, item.waitsFor, context);
  if (item.state !== "failed") return null;
  return element(
    "div",
    { class: "message-actions" },
    item.failure !== null && element("span", { class: "reason" }, failureSentence(item.failure)),
    button("Retry", () => context.retry(item)),
    button("Delete", () => context.remove(item)),
  );
}

/**
 * @param {ThreadItem} item
 * @param {string} code of what has to happen before the message can be sent
 * @param {MessageContext} context
 */
function waitingLine(item, code, { name, remove }) {
  const { before = "", after = "" } = WAITS[code] ?? {};
  const sentence = element("span", {}, before, isolated(name()), after);
  return element("div", { class: "message-actions" }, sentence, button("Delete", () => remove(item)));
}

/**
 * @param {ThreadItem} item
 * @param {MessageContext} context
 */
function heldLine(item, context) {
  const sentence = element("span", {}, isolated(context.fullName()), "'s keys changed.");
  return element(
    "div",
    { class: "message-actions" },
    sentence,
    button("Review", context.review),
    button("Delete", () => context.remove(item)),
  );
}
