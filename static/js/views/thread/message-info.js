/** "Info" of a message: when it was sent, how far it has come, where it was written, and its earlier versions. */
import { button, element, fill } from "../../lib/dom.js";
import { textOf } from "../../types/content-types.js";
import { Dialog } from "../dialogs/dialog.js";
import { wholeDate } from "./days.js";
import { UNAWARE } from "./message-view.js";

/** @typedef {import("../../model/screen/thread-items.js").ThreadItem} ThreadItem */

/** @type {Record<string, string>} */
const STATES = {
  sending: "Not sent yet", held: "Not sent yet", written: "Not sent yet", failed: "Not sent", sent: "Sent, not delivered yet",
  delivered: "Delivered, not read yet", read: "Read",
};

export class MessageInfo {
  constructor() {
    const home = document.createDocumentFragment();
    this.body = element("div", { class: "message-info" });
    home.append(element(
      "dialog",
      { id: "message-info", class: "dialog", "aria-labelledby": "message-info-title" },
      element("h2", { id: "message-info-title", tabindex: "-1", autofocus: true }, "Message info"),
      this.body,
      element("div", { class: "dialog-actions" }, button("Close", () => this.dialog.close(), { class: "button quiet" })),
    ));
    this.dialog = new Dialog("message-info", home);
  }

  /**
   * @param {ThreadItem} item
   * @param {string} browser in words
   */
  open(item, browser) {
    const versions = item.versions.slice(0, -1).reverse();
    fill(
      this.body,
      element(
        "dl",
        {},
        ...line("Sent", wholeDate(new Date(item.content?.sentAtMs ?? item.at))),
        ...(item.deliveredAt ? line("Delivered", wholeDate(item.deliveredAt)) : []),
        ...(item.readAt ? line("Read", wholeDate(item.readAt)) : []),
        ...(item.state && !item.readAt ? line("State", STATES[item.state] ?? "") : []),
        ...(browser ? line("Written in", browser) : []),
        ...(item.unaware ? line("Order", UNAWARE) : []),
      ),
      versions.length > 0 && element("h3", {}, "Earlier versions"),
      versions.length > 0 && element("ul", { class: "earlier-versions" }, ...versions.map((version) => versionNode(item, version))),
    );
    this.dialog.open();
  }
}

/**
 * @param {string} term
 * @param {string} words
 */
function line(term, words) {
  return [element("dt", {}, term), element("dd", {}, words)];
}

/**
 * @param {ThreadItem} item
 * @param {ThreadItem["versions"][number]} version
 */
function versionNode({ content }, { body, sentAtMs }) {
  const text = content ? textOf({ ...content, body }) : null;
  return element("li", {}, element("span", { class: "message-text", dir: "auto" }, text ?? ""), " ", element("span", { class: "hint" }, wholeDate(new Date(sentAtMs))));
}
