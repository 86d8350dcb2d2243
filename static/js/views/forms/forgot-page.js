/** The page on which a person asks for a link, with which they set a new password. */
import { find, setText } from "../../lib/dom.js";
import { AskingForm } from "./form.js";

/* The same for every address: nobody learns from it who has an account. */
const SENT =
  "If there is an account with this address, a link is on its way. It works once, within 24 hours. " +
  "Nothing there? Look among unwanted mail.";

export class ForgotPage {
  #form = find("#forgot", HTMLFormElement);

  /** @param {(email: string) => Promise<unknown>} ask */
  constructor(ask) {
    const sent = find("#sent", HTMLElement);
    const action = async (/** @type {Record<string, string>} */ { email = "" }) => {
      setText(sent, "");
      await ask(email);
      setText(sent, SENT);
    };
    new AskingForm(this.#form, action, { email: "Enter your email address." });
    find("#submit", HTMLButtonElement).disabled = false;
  }

  showNoMail() {
    find("#no-mail", HTMLElement).hidden = false;
    this.#form.hidden = true;
  }
}
