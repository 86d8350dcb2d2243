/**
 * Says that another browser holds the account's key, and moves the key here where the person asks for it. Where the person's
 * messages are locked here, views/vault/unlock-dialog.js does this.
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
const STARTED_ANEW = {
  strip: "Another browser has started without your old messages. New messages open only there.",
  lead: "Another browser has started without your old messages. Unlock them there, in its Settings, and you can use both.",
};

export class TakeOverDialog {
  /** @param {{key: AccountKey, vault: VaultModel}} account */
  constructor({ key, vault }) {
    this.key = key;
    this.vault = vault;
    this.asked = false;
    /** Another browser has started without the messages that this one holds. */
    this.isAnew = false;
    this.isAsking = false;
    this.strip = find("#key-strip", HTMLElement);
    this.dialog = new AskingDialog("take-over", () => key.takeOver());
    for (const source of [key, vault]) source.on("changed", () => this.draw());
    this.draw();
  }

  open() {
    this.dialog.open();
  }

  draw() {
    void this.askVault();
    const words = this.words();
    this.strip.hidden = !words;
    if (!words) return;
    setText(find("#key-strip-text", HTMLElement), words.strip);
    setText(find("#take-over-lead", HTMLElement), words.lead);
    find("#take-over-earlier", HTMLElement).hidden = this.isAnew;
    if (!this.asked && !this.isAnew) this.dialog.open();
    this.asked = true;
  }

  words() {
    const { isForgotten, status } = this.key;
    if (this.vault.state === "none") return WORDS[status === "absent-here" && isForgotten ? "forgotten" : status];
    return this.isAnew ? STARTED_ANEW : undefined;
  }

  /** A browser that has unlocked changes the key, too, and the vault then names the new one: it is asked first. */
  async askVault() {
    const isAnew = () => this.vault.state === "kept" && this.key.status === "replaced";
    if (this.isAsking || this.isAnew === isAnew()) return;
    this.isAsking = true;
    if (!this.isAnew) await this.vault.load().catch(() => {});
    this.isAsking = false;
    if (this.isAnew === isAnew()) return;
    this.isAnew = isAnew();
    this.draw();
  }
}
