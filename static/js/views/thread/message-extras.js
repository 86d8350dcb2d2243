/** What stands at a message besides its text: what it answers, "edited", reactions, and the button of its menu. */
import { button, element, isolated } from "../../lib/dom.js";
import { shortened } from "../../lib/text.js";
import { isOnlyEmoji } from "./emoji.js";
import { unmarked } from "./formatting.js";

/** @typedef {import("../../model/screen/thread-items.js").ThreadItem} ThreadItem */
/** @typedef {import("./message-view.js").MessageContext} MessageContext */
/** @typedef {{ emoji: string, count: number, mine: boolean, isOfEarlier: boolean }} Chip */

export const MENU_ID = "message-menu";
const QUOTE_LIMIT = 160;

/**
 * @param {ThreadItem} item
 * @param {ThreadItem} before
 */
export function sameExtras(item, before) {
  return extrasOf(item) === extrasOf(before);
}

/** @param {ThreadItem} item */
function extrasOf({ isDeleted, versions, reactions, quote, id }) {
  return JSON.stringify([isDeleted, versions.length, reactions, quote, id === null]);
}

/**
 * Its sign is drawn by message.css: an icon in each message makes the opening of a chat a fifth slower.
 * @param {string} key of the message
 * @param {MessageContext} context
 */
export function optionsButton(key, context) {
  const node = element("button", {
    type: "button", class: "icon-button message-options", popovertarget: MENU_ID, "aria-haspopup": "menu",
    "aria-label": "Message options",
  });
  node.addEventListener("click", () => context.options(key, node));
  return node;
}

/**
 * @param {HTMLElement} node of the message
 * @param {ThreadItem} item
 * @param {MessageContext} context
 */
export function drawExtras(node, item, context) {
  const bubble = node.querySelector(".bubble");
  for (const selector of [".message-quote", ".message-reactions"]) node.querySelector(selector)?.remove();
  if (item.quote) bubble?.prepend(quoteNode(item, item.quote, context));
  const shown = chips(item.reactions);
  if (shown.length > 0) bubble?.after(reactionsNode(item, shown, context));
}

/**
 * @param {ThreadItem} item
 * @returns {HTMLElement[]}
 */
export function editedMark({ versions }) {
  return versions.length > 1 ? [element("span", { class: "edited" }, "edited")] : [];
}

/**
 * @param {ThreadItem} item
 * @param {NonNullable<ThreadItem["quote"]>} quote
 * @param {MessageContext} context
 */
function quoteNode(item, { key, mine, text }, context) {
  const node = button("", () => context.jump(item.key), { class: "message-quote", dir: "auto" });
  const who = element("span", { class: "quote-writer clip" }, mine ? "You" : isolated(context.speaker()));
  if (key === null) node.append("An earlier message");
  else node.append(who, element("span", { class: "visually-hidden" }, ": "), element("span", { class: "quote-text" }, shortened(unmarked(text), QUOTE_LIMIT)));
  return node;
}

/**
 * @param {ThreadItem["reactions"]} reactions
 * @returns {Chip[]} one of each emoji
 */
export function chips(reactions) {
  /** @type {Map<string, Chip>} */
  const found = new Map();
  for (const { emoji, mine, isOfEarlier } of reactions.filter((one) => isOnlyEmoji(one.emoji))) {
    const chip = found.get(emoji) ?? { emoji, count: 0, mine: false, isOfEarlier: true };
    found.set(emoji, { emoji, count: chip.count + 1, mine: chip.mine || mine, isOfEarlier: chip.isOfEarlier && isOfEarlier });
  }
  return [...found.values()];
}

/**
 * @param {ThreadItem} item
 * @param {Chip[]} shown
 * @param {MessageContext} context
 */
function reactionsNode(item, shown, context) {
  const nodes = shown.map(({ emoji, count, mine, isOfEarlier }) =>
    button(`${emoji} ${count}`, () => context.react(item.key, mine ? "" : emoji), {
      class: "reaction", "aria-pressed": String(mine), title: isOfEarlier ? "To the text before it was edited" : null,
    }));
  return element("div", { class: "message-reactions" }, ...nodes);
}
