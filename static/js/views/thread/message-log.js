/** The log of one chat. Rows are drawn by key, so that a new message changes no other node. */
import { element, fill, find, icon, isolated } from "../../lib/dom.js";
import { durationWords } from "../parts/durations.js";
import { plural } from "../parts/format.js";
import { KeyedList } from "../parts/keyed-list.js";
import { dayName } from "./days.js";
import { createMessage, renameWriter, updateMessage } from "./message-view.js";
import { createElsewhere, updateElsewhere } from "./unopened-run.js";

/** @typedef {import("./timeline.js").Row} Row */
/** @typedef {import("../../lib/dom.js").Child} Child */
/** @typedef {import("./message-view.js").MessageContext} MessageContext */

const MANY_MISSING = 10_000;

/**
 * @param {import("./timeline.js").TimerRow} row
 * @param {Child} name of the other person
 * @returns {Child[]}
 */
function timerWords({ mine, seconds }, name) {
  const who = mine ? "You" : name;
  return seconds === 0
    ? [who, " turned off disappearing messages."]
    : [icon("sending"), who, ` set messages to disappear ${durationWords(seconds)} after they are sent.`];
}

export class LogView {
  /** @param {MessageContext} context */
  constructor(context) {
    this.context = context;
    this.node = find("#log", HTMLElement);
    this.start = element("div", { class: "log-start" });
    this.rows = element("div", { class: "log-rows" });
    this.space = element("div", { class: "log-space" }, this.start, this.rows);
    this.node.append(this.space);
    /** @type {KeyedList<Row>} */
    this.list = new KeyedList(this.rows, {
      create: (row) => this.create(row),
      update: (node, row, before) => this.update(node, row, before),
      emptied: () => this.node.focus({ preventScroll: true }),
    });
  }

  /** @param {readonly Row[]} rows */
  draw(rows) {
    this.list.draw(rows);
  }

  clear() {
    this.list.clear();
    fill(this.start);
    delete this.start.dataset.shows;
  }

  /** @param {string} name that stands in what is drawn; it may be learnt only after that */
  forName(name) {
    if (this.node.dataset.name === name) return;
    this.node.dataset.name = name;
    delete this.start.dataset.shows;
    this.list.forEach((node, row) => this.rename(node, row));
  }

  /** @param {"first" | "older" | "nothing"} what stands above the oldest message that is drawn */
  drawStart(what) {
    if (this.start.dataset.shows === what) return;
    this.start.dataset.shows = what;
    if (what === "first") fill(this.start, this.firstLine());
    else fill(this.start, what === "older" && element("p", { class: "older" }, "Earlier messages…"));
  }

  /** @param {HTMLElement} node of a message */
  keyOf(node) {
    return node.dataset.key ?? "";
  }

  /** @param {string} key */
  rowNode(key) {
    return this.list.node(key);
  }

  firstLine() {
    const name = isolated(this.context.name());
    const words = element(
      "p",
      {},
      "Only you and ",
      name,
      " can read this chat. Not even the people who run this server.",
    );
    return element("div", { class: "first-line" }, icon("lock"), words);
  }

  /** @param {Row} row */
  create(row) {
    if (row.kind === "message") return createMessage(row, this.context);
    if (row.kind === "elsewhere") return createElsewhere(row, this.context);
    const isHeading = row.kind === "day" || row.kind === "unread";
    return element(isHeading ? "h3" : "p", { class: `${row.kind}-line` }, ...this.line(row));
  }

  /**
   * @param {Exclude<Row, {kind: "message" | "elsewhere"}>} row
   * @returns {Child[]}
   */
  line(row) {
    if (row.kind === "day") return [dayName(row.at, new Date())];
    if (row.kind === "unread") return [plural(row.count, "unread message", "unread messages")];
    const [name, fullName] = [isolated(this.context.name()), isolated(this.context.fullName())];
    if (row.kind === "renamed") return [isolated(row.before), " is now called ", isolated(row.after), "."];
    if (row.kind === "keys-changed" && row.isDeclined) {
      return [icon("key"), "Other keys came for ", fullName, ". You kept the keys you know."];
    }
    if (row.kind === "keys-changed") {
      return [icon("key"), fullName, `'s keys changed.${row.wasChecked ? " You had compared the old numbers." : ""}`];
    }
    if (row.kind === "second-browser") {
      return [icon("alert"), "A second browser is using ", fullName, "'s keys. Ask in person or by phone if that is right."];
    }
    if (row.kind === "timer") return timerWords(row, name);
    if (row.kind === "taken-back") return [icon("alert"), "A message that you took back has reached ", name, " all the same."];
    // The sender chooses the counters, so the count may be any number.
    const isMany = row.count > MANY_MISSING;
    const messages = `${isMany ? "More than " : ""}${plural(Math.min(row.count, MANY_MISSING), "message", "messages")}`;
    const [have, they] = row.count === 1 ? ["has", "It"] : ["have", "They"];
    const blocked = [`. ${they} may have been sent while you had blocked `, name];
    return [`${messages} from `, name, ` ${have} not arrived`, row.mayHaveGone ? `. ${they} may have disappeared` : false, ...(row.mayBeBlocked ? blocked : [])];
  }

  /**
   * The text of a message stays as it is, so that a focused link in it keeps the focus.
   * @param {HTMLElement} node
   * @param {Row} row
   */
  rename(node, row) {
    if (row.kind === "message") renameWriter(node, row, this.context);
    else this.update(node, row, row);
  }

  /**
   * @param {HTMLElement} node
   * @param {Row} row
   * @param {Row} before
   */
  update(node, row, before) {
    if (row.kind === "message" && before.kind === "message") updateMessage(node, row, before, this.context);
    else if (row.kind === "elsewhere") updateElsewhere(node, row, this.context);
    else if (row.kind !== "message") fill(node, ...this.line(row));
  }
}
