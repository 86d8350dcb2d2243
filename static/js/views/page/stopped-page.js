/** The page that is shown when no chat can be opened in this browser: the reason, and what the person can do. */
import { dictionary } from "../../lib/dictionary.js";
import { append, button, element, find, setText } from "../../lib/dom.js";
import { plural } from "../parts/format.js";
import { asFailure, sentence } from "../parts/strings.js";

/** @typedef {import("../../model/session/leftover-data.js").LeftoverData} Kept */
/**
 * @typedef {object} Actions
 * @property {() => Promise<Kept>} kept what an earlier account has left here
 * @property {() => Promise<unknown>} forget
 * @property {() => Promise<unknown>} logOut
 */

/** @type {Record<string, {heading: string, canRetry?: boolean, forgets?: boolean}>} by code; the rest can be tried again */
const REASONS = dictionary({
  too_old: { heading: sentence({ code: "too_old" }) },
  insecure_page: { heading: sentence({ code: "insecure_page" }) },
  other_account_here: {
    heading: "This browser keeps messages of an earlier account with this address.",
    forgets: true,
  },
});
const OF_THE_DEVICE = /^device_/;

/**
 * @param {unknown} error
 * @param {Actions} actions
 * @returns {boolean} false: nobody knows what it is
 */
export function showStopped(error, actions) {
  const failure = asFailure(error);
  const { code = "" } = failure;
  const reason = REASONS[code];
  setText(find("#connection", HTMLElement), "");
  find("#opening", HTMLElement).hidden = true;
  const heading = element("h1", {}, reason?.heading ?? sentence(failure));
  const said = element("p", { role: "alert", class: "form-error" });
  /** @param {() => Promise<unknown>} action */
  const run = (action) => () => void action().catch((problem) => setText(said, sentence(asFailure(problem))));
  append(document.body, element("main", { class: "stopped" }, heading, ...choices(reason, actions, run), said));
  return reason !== undefined || OF_THE_DEVICE.test(code);
}

/**
 * The browser has deleted the account's data while the page was open.
 * @param {number} unsent how many messages were not sent yet
 */
export function showLost(unsent) {
  setText(find("#connection", HTMLElement), "");
  for (const id of ["#opening", "#app"]) {
    find(id, HTMLElement).hidden = true;
  }
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.close();
  }
  const heading = element("h1", { tabindex: -1 }, "This browser has lost what VibeChat kept in it.");
  const ask = "If you didn't clear this site's data yourself, ask the people who run this server.";
  const again = element("a", { class: "button", href: "/login" }, "Log in again");
  const parts = [element("p", { role: "alert" }, lostWords(unsent)), element("p", {}, ask), element("p", {}, again)];
  append(document.body, element("main", { class: "stopped" }, heading, ...parts));
  heading.focus();
}

/** @param {number} unsent */
export function lostWords(unsent) {
  const words = "Your key and your messages are gone from here.";
  return unsent === 0 ? words : `${words} ${plural(unsent, "message", "messages")} had not been sent yet.`;
}

/**
 * @param {{forgets?: boolean} | undefined} reason
 * @param {Actions} actions
 * @param {(action: () => Promise<unknown>) => () => void} run
 */
function choices(reason, { kept, forget, logOut }, run) {
  const reload = async () => location.reload();
  const tryAgain = button("Try again", run(reload), { class: "button" });
  if (!reason) return [element("div", { class: "dialog-actions" }, tryAgain)];
  const leave = button(reason.forgets ? "Keep them and log out" : "Log out", run(logOut), { class: "button quiet" });
  if (!reason.forgets) return [element("div", { class: "dialog-actions" }, leave)];
  const what = element("p", {});
  kept().then((found) => setText(what, keptWords(found)), () => {});
  const warning =
    "The server says that your account is a new one, which cannot open them. Forget them only if you know that the " +
    "earlier account is gone: nobody can bring them back. If this surprises you, ask the people who run this server.";
  const forgetThem = button("Forget them", run(() => forget().then(reload)), { class: "button danger" });
  return [what, element("p", {}, warning), element("div", { class: "dialog-actions" }, forgetThem, leave)];
}

/** @param {Kept} kept */
export function keptWords({ peers, messages, unsent }) {
  const parts = [plural(messages, "message", "messages"), `with ${peers.join(", ") || "nobody"}`];
  const waiting = unsent === 0 ? "" : ` ${plural(unsent, "message was", "messages were")} never sent.`;
  return `Here are its key and ${parts.join(" ")}.${waiting}`;
}
