/** There is no chat to show in this browser: why, and what can be done. */
import { append, button, element, find, setText } from "../lib/dom.js";
import { asFailure, sentence } from "./sentences.js";

/** @typedef {{forget: () => Promise<unknown>, logOut: () => Promise<unknown>}} Actions */

/** @type {Record<string, {words: string, more: string, forgets: boolean}>} */
const REASONS = {
  too_old: {
    words: "This browser is too old for VibeChat. Update it, or use another.",
    more: "",
    forgets: false,
  },
  other_account_here: {
    words: "This browser keeps messages of an earlier account with this address.",
    more: "They belong to an account that is no longer there, and this one cannot use them. If that surprises you, ask the people who run this server before you forget them: nobody can bring them back.",
    forgets: true,
  },
};

/**
 * @param {string | undefined} code
 * @param {Actions} actions
 * @returns {boolean} false: it is something else, and has been said elsewhere
 */
export function showStopped(code, { forget, logOut }) {
  const reason = REASONS[code ?? ""];
  if (!reason) return false;
  setText(find("#connection", HTMLElement), "");
  find("#opening", HTMLElement).hidden = true;
  const said = element("p", { role: "alert", class: "form-error" });
  /** @param {() => Promise<unknown>} action */
  const run = (action) => () => void action().catch((error) => setText(said, sentence(asFailure(error))));
  const forgetAndReload = async () => {
    await forget();
    location.reload();
  };
  append(
    document.body,
    element(
      "main",
      { class: "stopped" },
      element("h1", {}, reason.words),
      reason.more !== "" && element("p", {}, reason.more),
      element(
        "div",
        { class: "dialog-actions" },
        reason.forgets && button("Forget them", run(forgetAndReload), { class: "button danger" }),
        button("Log out", run(logOut), { class: "button quiet" }),
      ),
      said,
    ),
  );
  return true;
}
