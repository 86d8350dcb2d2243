/** In a new browser: opens the messages by the recovery code, a passkey or another browser, or starts without them. */
import { find, setAttributes, setText } from "../../lib/dom.js";
import { Dialog } from "../dialogs/dialog.js";
import { AskingForm } from "../forms/form.js";
import { hasKeyboard } from "../parts/scheduling.js";
import { asFailure, sentence } from "../parts/strings.js";

/** @typedef {{cancel: () => void, on: (name: string, listener: (detail: any) => void) => unknown}} Joining */

const IN_LINK = /^#add=([\w-]+)$/u;

export class UnlockDialog extends Dialog {
  /** @type {Joining | null} */
  #joining = null;

  /** @param {{vault: VaultModel, proof: import("./proof-dialog.js").ProofDialog, hasKey: () => boolean, home: ParentNode}} parts hasKey: nothing can be started any more */
  constructor({ vault, proof, hasKey, home }) {
    super("unlock", home);
    this.vault = vault;
    this.proof = proof;
    this.hasKey = hasKey;
    this.code = find("#unlock-text", HTMLInputElement, this.node);
    this.invitation = this.part("invitation");
    this.invited = this.part("invited");
    this.digits = this.part("digits");
    this.failed = this.part("failed");
    this.other = this.button("other", () => this.showInvitation(this.invitation.hidden !== false));
    this.button("passkey", () => this.run(() => vault.unlockByPasskey()));
    this.button("without", () => this.run(() => vault.startWithout()));
    const byCode = async ({ code = "" }) => this.unlock(() => vault.unlockByCode(code));
    const byInvitation = async ({ code = "" }) => this.join(code);
    this.forms = [
      new AskingForm(find("#unlock-code", HTMLFormElement, this.node), byCode, { code: "Type your recovery code." }),
      new AskingForm(find("#unlock-invited", HTMLFormElement, this.node), byInvitation, { code: "Type the code." }),
    ];
  }

  /** @param {string} name */
  part(name) {
    return find(`#unlock-${name}`, HTMLElement, this.node);
  }

  /**
   * @param {string} name
   * @param {() => unknown} action
   */
  button(name, action) {
    const node = find(`#unlock-${name}`, HTMLButtonElement, this.node);
    node.addEventListener("click", action);
    return node;
  }

  /** @override */
  open() {
    if (this.isOpen) return;
    for (const form of this.forms) form.reset();
    this.failed.hidden = true;
    this.part("start").hidden = this.hasKey();
    this.showInvitation(false);
    super.open();
    if (!this.takeInvitation() && hasKeyboard()) this.code.focus();
  }

  /** The code in the page's address, which another browser's picture has led to. It is used once. */
  takeInvitation() {
    const code = IN_LINK.exec(location.hash)?.[1];
    if (code === undefined) return false;
    history.replaceState(history.state, "", location.pathname);
    this.showInvitation(true);
    find("#unlock-invited-code", HTMLInputElement, this.node).value = code;
    void this.forms[1]?.run();
    return true;
  }

  /** @param {boolean} isShown */
  showInvitation(isShown) {
    this.forget();
    this.invitation.hidden = !isShown;
    this.invited.hidden = false;
    this.digits.hidden = true;
    setAttributes(this.other, { "aria-expanded": String(isShown) });
    if (!isShown) return;
    this.forms[0]?.reset();
    find("#unlock-invited-code", HTMLInputElement, this.node).focus();
  }

  /** @param {() => Promise<unknown>} work */
  async unlock(work) {
    this.forget();
    await this.hold(() => this.proof.around(work));
    this.setHeld(false);
    this.close();
  }

  /** @param {() => Promise<unknown>} work of a button */
  async run(work) {
    if (this.isHeld) return;
    this.failed.hidden = true;
    await this.unlock(work).catch((error) => this.fail(error));
  }

  /** @param {string} code */
  async join(code) {
    const joining = await this.proof.around(() => this.vault.unlockByInvitation(code));
    this.forget();
    if (!this.isOpen) return joining.cancel();
    this.#joining = joining;
    const current = (/** @type {(detail: any) => void} */ then) => (/** @type {any} */ detail) => joining === this.#joining && then(detail);
    joining.on("digits", current(({ digits }) => this.showDigits(digits)));
    joining.on("done", current(() => this.close()));
    joining.on("failed", current((failure) => this.failJoining(failure)));
  }

  /** @param {string} digits */
  showDigits(digits) {
    this.invited.hidden = true;
    this.digits.hidden = false;
    setText(this.part("six"), digits);
    this.digits.scrollIntoView({ block: "nearest" });
  }

  /** @param {unknown} failure */
  failJoining(failure) {
    this.showInvitation(true);
    this.forms[1]?.show(asFailure(failure));
  }

  /** @param {unknown} error */
  fail(error) {
    this.failed.hidden = false;
    setText(this.failed, sentence(asFailure(error)));
  }

  forget() {
    this.#joining?.cancel();
    this.#joining = null;
  }

  /** @override */
  closed() {
    super.closed();
    if (this.isOpen) return;
    this.forget();
    for (const form of this.forms) form.reset();
  }
}
