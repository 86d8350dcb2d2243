/** The page that sets a new password, by a link. */
import { find, setText } from "../../lib/dom.js";
import { asFailure, sentence } from "../parts/strings.js";
import { credentialsForm, strengthBars } from "./credentials.js";

export class ResetPage {
  #form = find("#credentials", HTMLFormElement);

  /** @param {(password: string, removesPasskeys: boolean) => Promise<unknown>} set */
  ask(set) {
    this.#form.hidden = false;
    const action = async (/** @type {Record<string, string>} */ { new_password: password = "", remove_passkeys: removes }) => {
      const over = await set(password, removes !== undefined).then(() => null, asFailure);
      if (over && over.code !== "reset_link_over") throw over;
      this.#form.hidden = true;
      if (over) this.showNoLink(sentence(over));
      else this.#show("#done");
    };
    credentialsForm(action, { new_password: "Enter a password." });
    strengthBars();
  }

  /** @param {string} [why] */
  showNoLink(why) {
    if (why) setText(find("#no-link span", HTMLElement), why);
    this.#show("#no-link");
  }

  /** @param {string} selector of a notice, which takes the focus since what had it may be gone */
  #show(selector) {
    const notice = find(selector, HTMLElement);
    notice.hidden = false;
    find("a", HTMLAnchorElement, notice).focus();
  }
}
