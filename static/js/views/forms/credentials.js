/** The forms of /register and /login. */
import { find, setText } from "../../lib/dom.js";
import { AskingForm } from "./form.js";

/** @type {Record<"session_over" | "other_account", string>} */
const ENDED = {
  session_over: "You have been logged out. Log in again to go on.",
  other_account:
    "The server answered as if this were another account. So your chats were closed, and nothing was sent to it. " +
    "Log in again. If this comes back, ask the people who run this server.",
};
const REQUIRED = { email: "Enter your email address.", password: "Enter a password." };

/**
 * The page's buttons wait for this: pressed any earlier, they would send the form past the script.
 * @param {import("./form.js").Action} action
 */
export function credentialsForm(action) {
  const show = find("#show", HTMLButtonElement);
  showButton(show, find("#password", HTMLInputElement));
  new AskingForm(find("#credentials", HTMLFormElement), action, REQUIRED);
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
  /* A password manager saves what is a password field when it is sent. */
  input.form?.addEventListener("submit", () => {
    input.type = "password";
    setText(button, "Show");
  });
}

/** The bars below a new password; the server decides what is enough. */
export function strengthBars() {
  const input = find("#password", HTMLInputElement);
  const bars = find("#strength", HTMLElement);
  input.addEventListener("input", () => {
    bars.dataset.level = String(strength(input.value));
  });
}

/**
 * 0 (nothing) to 4: length counts most, then how many different characters there are.
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
 * As this browser remembers it. The server is not asked: most visitors of these pages are nobody yet.
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
 * Of a log-out that nobody asked for.
 * @param {import("../../storage/device.js").Resident | null} resident
 */
export function sayWhyEnded(resident) {
  const ended = resident?.ended;
  if (!ended) return;
  const why = find("#ended", HTMLElement);
  setText(why, ENDED[ended]);
  why.hidden = false;
}
