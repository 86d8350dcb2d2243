/** Asks for the password where the server wants it again: before a change of the ways back in, or of the browsers. */
import { find } from "../../lib/dom.js";
import { AskingDialog } from "../dialogs/dialog.js";
import { asFailure } from "../parts/strings.js";

/**
 * @typedef {object} ProofParts
 * @property {{prove: (proof: {password: string}) => Promise<unknown>}} vault
 * @property {() => string} email
 * @property {ParentNode} home
 */

export class ProofDialog {
  /** @param {ProofParts} parts */
  constructor({ vault, email, home }) {
    this.vault = vault;
    this.email = email;
    /** @type {(isGiven: boolean) => void} */
    this.answer = () => {};
    const prove = async ({ password = "" }) => {
      await vault.prove({ password });
      return () => this.answer(true);
    };
    this.dialog = new AskingDialog("proof", prove, { password: "Enter your password." }, home);
    this.username = find("[name=username]", HTMLInputElement, this.dialog.node);
    this.dialog.node.addEventListener("close", () => this.answer(false));
  }

  /** @returns {Promise<boolean>} false: the person has cancelled */
  async ask() {
    this.dialog.open();
    this.username.value = this.email();
    return new Promise((resolve) => (this.answer = resolve));
  }

  /**
   * Does what may need a proof: a log-in is one for a while, and after that the server asks for another.
   * @template Result
   * @param {() => Promise<Result>} work that changes nothing where it throws `proof_needed`
   * @returns {Promise<Result>}
   */
  async around(work) {
    try {
      return await work();
    } catch (error) {
      if (asFailure(error).code !== "proof_needed" || !(await this.ask())) throw error;
      return work();
    }
  }
}
