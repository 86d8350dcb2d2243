/** The messages of one chat as nodes: rows are drawn by key, so that a new message touches nothing else. */
import { element, fill, find, icon, isolated } from "../lib/dom.js";
import { dayName, plural } from "./format.js";
import { KeyedList } from "./keyed-list.js";
import { createMessage, updateMessage } from "./message.js";

/** @typedef {import("./timeline.js").Row} Row */
/** @typedef {import("./message.js").MessageContext} MessageContext */

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

  /** @param {"first" | "older" | "nothing"} what stands above the oldest message that is drawn */
  drawStart(what) {
    if (this.start.dataset.shows === what) return;
    this.start.dataset.shows = what;
    if (what === "first") fill(this.start, this.firstLine());
    else fill(this.start, what === "older" && element("p", { class: "older" }, "Earlier messages…"));
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
    if (row.kind === "day") return element("h3", { class: "day-line" }, dayName(row.at, new Date()));
    return element("h3", { class: "unread-line" }, plural(row.count, "unread message", "unread messages"));
  }

  /**
   * @param {HTMLElement} node
   * @param {Row} row
   * @param {Row} before
   */
  update(node, row, before) {
    if (row.kind === "message" && before.kind === "message") updateMessage(node, row, before, this.context);
    if (row.kind === "day") fill(node, dayName(row.at, new Date()));
    if (row.kind === "unread") fill(node, plural(row.count, "unread message", "unread messages"));
  }
}
