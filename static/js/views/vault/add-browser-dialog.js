/** On a browser that is already in: invites a new one by a code, and asks whether both show the same six digits. */
import { element, fill, find, setText } from "../../lib/dom.js";
import { every } from "../../lib/timing.js";
import { Dialog } from "../dialogs/dialog.js";
import { drawCode } from "../dialogs/qr.js";
import { asFailure, sentence } from "../parts/strings.js";
import { leftWords } from "./vault-words.js";

/**
 * @typedef {object} Invitation
 * @property {string} code
 * @property {string} link
 * @property {Date} expiresAt
 * @property {() => Promise<unknown>} confirm
 * @property {() => void} cancel
 * @property {(name: string, listener: (detail: any) => void) => unknown} on
 */

const TICK_MS = 1000;

export class AddBrowserDialog extends Dialog {
  /** @type {Invitation | null} */
  #invitation = null;
  /** @type {ReturnType<typeof every> | undefined} */
  #ticking;

  /**
   * @param {object} parts
   * @param {() => Promise<Invitation>} parts.invite
   * @param {import("./proof-dialog.js").ProofDialog} parts.proof
   * @param {() => void} parts.onAdded
   * @param {ParentNode} parts.home
   */
  constructor({ invite, proof, onAdded, home }) {
    super("add-browser", home);
    this.parts = { invite, proof, onAdded };
    this.code = this.part("code");
    this.text = this.part("text");
    this.left = this.part("left");
    this.digits = this.part("digits");
    this.six = this.part("six");
    this.qr = find("#add-browser-qr", HTMLCanvasElement, this.node);
    this.failed = find(".form-error", HTMLElement, this.node);
    this.add = find("#add-browser-add", HTMLButtonElement, this.node);
    this.again = find("#add-browser-again", HTMLButtonElement, this.node);
    setText(this.part("host"), location.host);
    this.add.addEventListener("click", () => void this.confirm());
    this.again.addEventListener("click", () => void this.invite().catch((error) => this.fail(error)));
  }

  /** @param {string} name */
  part(name) {
    return find(`#add-browser-${name}`, HTMLElement, this.node);
  }

  /** @throws what `invite` throws */
  async invite() {
    const invitation = await this.parts.invite();
    this.forget();
    this.#invitation = invitation;
    const current = (/** @type {(detail: any) => void} */ then) => (/** @type {any} */ detail) => invitation === this.#invitation && then(detail);
    invitation.on("digits", current(({ digits, name }) => this.showDigits(digits, name)));
    invitation.on("failed", current((failure) => this.fail(failure)));
    this.showCode(invitation);
    this.open();
  }

  /** @param {Invitation} invitation */
  showCode(invitation) {
    this.step(false);
    fill(this.text, ...invitation.code.split("-").flatMap((group, index) => [index > 0 && "-", element("span", {}, group)]));
    this.tick();
    this.#ticking = every(TICK_MS, () => this.tick());
    this.qr.hidden = true;
    void drawCode(this.qr, invitation.link, () => invitation === this.#invitation).then((isDrawn) => {
      if (invitation === this.#invitation) this.qr.hidden = !isDrawn;
    });
  }

  tick() {
    const leftMs = (this.#invitation?.expiresAt.getTime() ?? 0) - Date.now();
    if (leftMs > 0) setText(this.left, leftWords(leftMs));
    else this.fail({ code: "invitation_expired" });
  }

  /** @param {boolean} hasDigits whether the new browser has answered */
  step(hasDigits) {
    clearInterval(this.#ticking);
    this.failed.hidden = true;
    this.code.hidden = hasDigits;
    this.digits.hidden = this.add.hidden = !hasDigits;
    this.again.hidden = true;
  }

  /**
   * @param {string} digits
   * @param {string} name of the new browser, as it calls itself
   */
  showDigits(digits, name) {
    this.step(true);
    setText(find("[data-browser]", HTMLElement, this.digits), name);
    setText(this.six, digits);
    find("h2", HTMLElement, this.node).focus();
  }

  async confirm() {
    const invitation = this.#invitation;
    if (!invitation || this.isHeld) return;
    try {
      await this.hold(() => this.parts.proof.around(() => invitation.confirm()));
    } catch (error) {
      return this.fail(error);
    }
    this.setHeld(false);
    this.#invitation = null;
    this.close();
    this.parts.onAdded();
  }

  /** @param {unknown} failure */
  fail(failure) {
    this.forget();
    this.step(false);
    this.code.hidden = true;
    this.again.hidden = false;
    this.failed.hidden = false;
    setText(this.failed, sentence(asFailure(failure)));
  }

  forget() {
    clearInterval(this.#ticking);
    this.#invitation?.cancel();
    this.#invitation = null;
  }

  /** @override */
  closed() {
    super.closed();
    if (!this.isOpen) this.forget();
  }
}
