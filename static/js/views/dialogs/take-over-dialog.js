/**
 * Says that another browser holds the account's key, and moves the key here where the person asks for it. Where the person
 * has kept a way back, views/vault/unlock-dialog.js does this.
 */
import { find, setText } from "../../lib/dom.js";
import { AskingDialog } from "./dialog.js";

/** @typedef {import("../../model/keys/account-key.js").AccountKey} AccountKey */

/** @type {Record<string, {strip: string, lead: string}>} */
const WORDS = {
  "absent-here": {
    strip: "You're logged in, but your messages still go to your other browser.",
    lead: "Your earlier messages can't be opened in this browser. If you still use VibeChat in another browser, they are there.",
  },
  forgotten: {
    strip: "You're logged in, but this browser has forgotten your key.",
    lead: "Your earlier messages can't be opened in this browser. If you still use VibeChat in another browser, they are there.",
  },
  replaced: {
    strip: "You use VibeChat in another browser now. New messages open there.",
    lead: "You have started to use VibeChat in another browser. New messages open only there.",
  },
};

export class TakeOverDialog {
  /** @param {{key: AccountKey, vault: VaultModel}} account */
  constructor({ key, vault }) {
    this.key = key;
    this.vault = vault;
    this.asked = false;
    this.strip = find("#key-strip", HTMLElement);
    this.dialog = new AskingDialog("take-over", () => key.takeOver());
    for (const source of [key, vault]) source.on("changed", () => this.draw());
    this.draw();
  }

  open() {
    this.dialog.open();
  }

  draw() {
    const { isForgotten, status } = this.key;
    const words = this.vault.state === "none" ? WORDS[status === "absent-here" && isForgotten ? "forgotten" : status] : undefined;
    this.strip.hidden = !words;
    if (!words) return;
    setText(find("#key-strip-text", HTMLElement), words.strip);
    setText(find("#take-over-lead", HTMLElement), words.lead);
    if (!this.asked) this.dialog.open();
    this.asked = true;
  }
}
