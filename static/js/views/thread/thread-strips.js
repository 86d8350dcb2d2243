/** The strips of the open chat: changed keys, a clearing in another browser, messages that were not sent. */
import { button, fill, find, isolated, setText } from "../../lib/dom.js";
import { plural } from "../parts/format.js";
import { asFailure, sentence } from "../parts/strings.js";

/** @typedef {import("../../model/screen/thread.js").Thread} Thread */
/** @typedef {() => Promise<unknown>} Asked */
/**
 * @typedef {object} Actions
 * @property {() => void} onReview
 * @property {() => void} onDetails
 * @property {() => void} onRetryAll
 * @property {Asked} onKeep
 * @property {Asked} onClear
 */

const CLEARED_ELSEWHERE = "You cleared this chat in another browser. Clear it here too?";

export class ThreadStrips {
  /** @param {Actions} actions */
  constructor({ onReview, onDetails, onRetryAll, onKeep, onClear }) {
    this.onReview = onReview;
    this.onDetails = onDetails;
    this.differ = find("#differ-strip", HTMLElement);
    this.keys = find("#keys-strip", HTMLElement);
    this.cleared = find("#cleared-strip", HTMLElement);
    this.clearedText = find("#cleared-text", HTMLElement);
    this.failed = find("#failed-strip", HTMLElement);
    this.failedText = find("#failed-text", HTMLElement);
    /** @type {Thread | null} */
    this.thread = null;
    /** @type {string | null} */
    this.shownName = null;
    find("#retry-all", HTMLButtonElement).addEventListener("click", onRetryAll);
    for (const [name, asked] of /** @type {[string, Asked][]} */ ([["keep", onKeep], ["clear", onClear]])) {
      find(`#cleared-${name}`, HTMLButtonElement).addEventListener("click", () => this.decide(asked));
    }
  }

  /** @param {Thread} thread */
  draw(thread) {
    this.drawDiffer(thread.differed ? thread.fullName : null);
    this.drawKeys(thread.keyChange?.name ?? null);
    if (thread !== this.thread || this.cleared.hidden) setText(this.clearedText, CLEARED_ELSEWHERE);
    this.thread = thread;
    this.cleared.hidden = !thread.clearedElsewhere;
    const failed = thread.items().filter((item) => item.kind === "message" && item.state === "failed").length;
    this.failed.hidden = failed < 2;
    if (failed > 1) setText(this.failedText, `${plural(failed, "message was", "messages were")} not sent.`);
  }

  /** @param {Asked} asked about a clearing: what does not work is said where it was asked */
  decide(asked) {
    asked().catch((/** @type {unknown} */ error) => setText(this.clearedText, sentence(asFailure(error))));
  }

  /** @param {string | null} name null: no numbers that were compared differ */
  drawDiffer(name) {
    this.differ.hidden = name === null;
    if ((this.differ.dataset.name ?? null) === name) return;
    if (name === null) {
      fill(this.differ);
      delete this.differ.dataset.name;
      return;
    }
    this.differ.dataset.name = name;
    const words = ["The numbers you compared with ", isolated(name), " did not match. Somebody may be in between. "];
    fill(this.differ, ...words, button("Compare again", this.onDetails));
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
