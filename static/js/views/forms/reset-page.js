/** The page that sets a new password, by a link. */
import { find } from "../../lib/dom.js";
import { credentialsForm, strengthBars } from "./credentials.js";

export class ResetPage {
  #form = find("#credentials", HTMLFormElement);

  /** @param {(password: string) => Promise<unknown>} set */
  ask(set) {
    this.#form.hidden = false;
    const action = async (/** @type {Record<string, string>} */ { new_password: password = "" }) => {
      await set(password);
      this.#form.hidden = true;
      this.#show("#done");
    };
    credentialsForm(action, { new_password: "Enter a password." });
    strengthBars();
  }

  showNoLink() {
    this.#show("#no-link");
  }

  /** @param {string} selector of a notice, which takes the focus since what had it may be gone */
  #show(selector) {
    const notice = find(selector, HTMLElement);
    notice.hidden = false;
    find("a", HTMLAnchorElement, notice).focus();
  }
}
