/** The forms of /register, /login and /reset. */
import { find, setText } from "../../lib/dom.js";
import { AskingForm } from "./form.js";

/** @type {Record<"session_over" | "signed_out" | "other_account", string>} */
const ENDED = {
  session_over: "You have been logged out. Log in again to go on.",
  signed_out: "Another of your browsers has signed this one out. Log in again to go on.",
  other_account:
    "The server answered as if this were another account. So your chats were closed, and nothing was sent to it. " +
    "Log in again. If this comes back, ask the people who run this server.",
};
const REQUIRED = { email: "Enter your email address.", password: "Enter a password." };

/**
 * Enables the page's buttons: before this they would submit the form without the script.
 * @param {import("./form.js").Action} action
 * @param {Record<string, string>} [required]
 */
export function credentialsForm(action, required = REQUIRED) {
  const show = find("#show", HTMLButtonElement);
  showButton(show, find("#password", HTMLInputElement));
  new AskingForm(find("#credentials", HTMLFormElement), action, required);
  for (const button of [show, find("#submit", HTMLButtonElement)]) button.disabled = false;
}

/**
 * @param {HTMLButtonElement} button
 * @param {HTMLInputElement} input
 */
function showButton(button, input) {
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    setText(button, shown ? "Show" : "Hide");
    input.focus();
  });
  /* A password manager saves the field only if it is of type password at submission. */
  input.form?.addEventListener("submit", () => {
    input.type = "password";
    setText(button, "Show");
  });
}

/** The strength bars below a new password. The server decides what is accepted. */
export function strengthBars() {
  const input = find("#password", HTMLInputElement);
  const bars = find("#strength", HTMLElement);
  input.addEventListener("input", () => {
    bars.dataset.level = String(strength(input.value));
  });
}

/**
 * Strength from 0 to 4: by length first, then by the number of different characters.
 * @param {string} password
 */
export function strength(password) {
  if (password === "") return 0;
  const different = new Set(password.toLowerCase()).size;
  if (password.length < 8 || different < 5) return 1;
  if (password.length < 12 || different < 7) return 2;
  return password.length < 16 ? 3 : 4;
}

/**
 * As stored in this browser. The server is not asked: most visitors of these pages have no account.
 * @param {import("../../storage/device.js").Resident | null} resident null: nothing can be read here, as the form will say
 * @returns {boolean} whether somebody is logged in
 */
export function offerToGoOn(resident) {
  if (!resident?.user || resident.leaving) return false;
  const { user } = resident;
  setText(find("#go-on-name", HTMLElement), user.displayName || user.email);
  find("#go-on", HTMLElement).hidden = false;
  return true;
}

/**
 * The reason for a log-out that the person did not ask for.
 * @param {import("../../storage/device.js").Resident | null} resident
 */
export function sayWhyEnded(resident) {
  const ended = resident?.ended;
  if (!ended) return;
  const why = find("#ended", HTMLElement);
  setText(why, ENDED[ended]);
  why.hidden = false;
}
