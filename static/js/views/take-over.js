/** This browser does not hold the account's key: says so in plain words, and replaces nothing before it is told to. */
import { find, setText } from "../lib/dom.js";
import { AskingDialog } from "./dialog.js";

/** @typedef {import("../model/account-key.js").AccountKey} AccountKey */

/** @type {Record<string, {strip: string, lead: string}>} */
const WORDS = {
  "absent-here": {
    strip: "Your messages open in another browser.",
    lead: "Your key is in another browser, where you have used VibeChat before. Messages to you open only there.",
  },
  replaced: {
    strip: "You use VibeChat in another browser now. New messages open there.",
    lead: "You have started to use VibeChat in another browser. New messages open only there.",
  },
};

export class TakeOver {
  /** @param {AccountKey} key */
  constructor(key) {
    this.key = key;
    this.asked = false;
    this.strip = find("#key-strip", HTMLElement);
    this.dialog = new AskingDialog("take-over", () => key.takeOver());
    find("#key-strip-open", HTMLButtonElement).addEventListener("click", () => this.dialog.open());
    key.on("changed", () => this.draw());
    this.draw();
  }

  draw() {
    const words = WORDS[this.key.status];
    this.strip.hidden = !words;
    if (!words) return;
    setText(find("#key-strip-text", HTMLElement), words.strip);
    setText(find("#take-over-lead", HTMLElement), words.lead);
    if (!this.asked) this.dialog.open();
    this.asked = true;
  }
}
