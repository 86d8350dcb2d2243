/** What needs the person in the chat that is open: keys that changed, a clearing elsewhere, messages that were not sent. */
import { button, fill, find, isolated, setText } from "../lib/dom.js";
import { plural } from "./format.js";

/** @typedef {import("../model/thread.js").Thread} Thread */
/** @typedef {{onReview: () => void, onRetryAll: () => void, onKeep: () => void, onClear: () => void}} Actions */

export class ThreadStrips {
  /** @param {Actions} actions */
  constructor({ onReview, onRetryAll, onKeep, onClear }) {
    this.onReview = onReview;
    this.keys = find("#keys-strip", HTMLElement);
    this.cleared = find("#cleared-strip", HTMLElement);
    this.failed = find("#failed-strip", HTMLElement);
    this.failedText = find("#failed-text", HTMLElement);
    /** @type {string | null} */
    this.shownName = null;
    find("#retry-all", HTMLButtonElement).addEventListener("click", onRetryAll);
    find("#cleared-keep", HTMLButtonElement).addEventListener("click", onKeep);
    find("#cleared-clear", HTMLButtonElement).addEventListener("click", onClear);
  }

  /** @param {Thread} thread */
  draw(thread) {
    this.drawKeys(thread.keyChange?.name ?? null);
    this.cleared.hidden = !thread.clearedElsewhere;
    const failed = thread.items().filter((item) => item.kind === "message" && item.state === "failed").length;
    this.failed.hidden = failed < 2;
    if (failed > 1) setText(this.failedText, `${plural(failed, "message was", "messages were")} not sent.`);
  }

  /** @param {string | null} name */
  drawKeys(name) {
    this.keys.hidden = name === null;
    if (name === this.shownName) return;
    this.shownName = name;
    if (name === null) fill(this.keys);
    else fill(this.keys, isolated(name), "'s keys changed. ", button("Review", this.onReview));
  }
}
