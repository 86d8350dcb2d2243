/** What needs the person in the chat that is open: keys that changed, messages that were not sent. */
import { button, fill, find, isolated, setText } from "../lib/dom.js";
import { plural } from "./format.js";

/** @typedef {import("../model/thread.js").Thread} Thread */

export class ThreadStrips {
  /** @param {{onReview: () => void, onRetryAll: () => void}} actions */
  constructor({ onReview, onRetryAll }) {
    this.onReview = onReview;
    this.keys = find("#keys-strip", HTMLElement);
    this.failed = find("#failed-strip", HTMLElement);
    this.failedText = find("#failed-text", HTMLElement);
    /** @type {string | null} */
    this.shownName = null;
    find("#retry-all", HTMLButtonElement).addEventListener("click", onRetryAll);
  }

  /** @param {Thread} thread */
  draw(thread) {
    this.drawKeys(thread.keyChange?.name ?? null);
    const failed = thread.items().filter((item) => item.state === "failed").length;
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
