/** Offers the kinds of ways back in: a passkey and a recovery code. */
import { find, setText } from "../../lib/dom.js";
import { Dialog } from "../dialogs/dialog.js";
import { asFailure, sentence } from "../parts/strings.js";

const AFTER_PASSKEY =
  "One more, for the day when that passkey is gone. Deleting the passkey does not delete your messages, but it no longer " +
  "opens them.";
const AFTER_LOG_IN_ONLY = "This passkey logs you in, but it can't open your messages. This code can.";

/**
 * @typedef {object} KeepParts
 * @property {VaultModel} vault
 * @property {import("./proof-dialog.js").ProofDialog} proof
 * @property {import("./code-dialog.js").CodeDialog} code
 * @property {() => Promise<unknown>} postpone
 * @property {() => unknown} onPasskey one was made
 * @property {ParentNode} home
 */

export class KeepDialog extends Dialog {
  /** @param {KeepParts} parts */
  constructor(parts) {
    super("keep-way", parts.home);
    this.parts = parts;
    this.change = find("#keep-way-change", HTMLElement, this.node);
    this.failed = find(".form-error", HTMLElement, this.node);
    this.isBusy = false;
    find("#keep-way-week", HTMLElement, this.node).hidden = !forgetsAfterAWeek();
    find("#keep-way-passkey button", HTMLButtonElement, this.node).addEventListener("click", () => this.run(() => this.addPasskey()));
    find("#keep-way-code button", HTMLButtonElement, this.node).addEventListener("click", () => this.run(() => this.showCode()));
    find("#keep-way-later", HTMLButtonElement, this.node).addEventListener("click", () => this.later());
  }

  /** @override */
  open() {
    this.say("");
    this.change.hidden = !this.parts.vault.needsKeyChange;
    super.open();
  }

  later() {
    this.close();
    this.parts.postpone().catch(() => {});
  }

  /** @param {() => Promise<unknown>} action of a button; a second press while it runs does nothing */
  async run(action) {
    if (this.isBusy) return;
    this.isBusy = true;
    this.say("");
    try {
      await action();
    } catch (error) {
      this.say(sentence(asFailure(error)));
    } finally {
      this.isBusy = false;
    }
  }

  async showCode() {
    await this.parts.code.offer();
    this.close();
  }

  /** A passkey is never the only way: a code follows. */
  async addPasskey() {
    const { opens } = await this.parts.proof.around(() => this.parts.vault.addPasskey());
    this.parts.onPasskey();
    await this.parts.code.offer(opens ? AFTER_PASSKEY : AFTER_LOG_IN_ONLY);
    this.close();
  }

  /** @param {string} words "" for none */
  say(words) {
    this.failed.hidden = words === "";
    setText(this.failed, words);
  }
}

/** WebKit deletes what scripts have stored after seven days without a visit, but not of a page on the home screen. */
function forgetsAfterAWeek() {
  return navigator.vendor.startsWith("Apple") && !matchMedia("(display-mode: standalone)").matches;
}
