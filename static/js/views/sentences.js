/** What is said when something did not work: codes in, sentences for people out. Pure. */
import { NOT_KEPT, UNREACHED } from "./connection.js";
import { plural } from "./format.js";

/** @typedef {{code: string, detail: string}} FieldError */
/**
 * @typedef {object} Failure
 * @property {string} [code]
 * @property {string} [detail]
 * @property {Record<string, FieldError[]>} [fields]
 * @property {number | null} [retryAfterSeconds]
 */

/** @type {Record<string, string>} */
const SENTENCES = {
  network: UNREACHED,
  unavailable: "The server can't answer just now. Try again in a moment.",
  wrong_credentials: "That email and password don't go together. Check both and try again.",
  registration_closed: "This needs an invitation link that nobody has used yet. Ask the person who runs this server.",
  email_taken: "There is an account with this address already.",
  user_not_found: "We couldn't find anyone with that address on this server.",
  yourself: "That is your own address.",
  another_address: "The server answered for another address. Nobody was added.",
  wrong_password: "That is not your current password.",
  key_changed: "Another browser was quicker. Look again, then choose.",
  key_taken: "Another account has this browser's key. Forget the key and messages here, and log in again.",
  unsigned_key: "Nothing has confirmed these keys yet. The other person has to open VibeChat once.",
  storage: NOT_KEPT,
};

/** @type {Record<string, string>} */
const FAILURES = {
  user_not_found: "This account no longer exists.",
  no_key: "They have not opened VibeChat in a browser yet.",
  key_not_theirs: "The key on the server is not theirs.",
  message_deleted: "The server says that it had this once, and that it was deleted there.",
  storage_full: "There's no room left for your messages on this server. Ask the person who runs it.",
  stale_key: "Keys changed while this was on its way.",
  unreachable: "The server could not be reached.",
};

/** @type {Record<string, string>} the field that a refusal of the whole is about */
const FIELD_OF = { registration_closed: "invite", email_taken: "email", user_not_found: "email", yourself: "email" };

/** @param {unknown} error */
export function asFailure(error) {
  return /** @type {Failure} */ (typeof error === "object" && error !== null ? error : {});
}

/** @param {Failure} failure */
export function sentence(failure) {
  if (failure.code === "rate_limited") return waitSentence(failure.retryAfterSeconds ?? 60);
  return SENTENCES[failure.code ?? ""] ?? failure.detail ?? "Something went wrong. Try again.";
}

/**
 * @param {Failure} failure
 * @returns {[string, string][]} field names with what to say there
 */
export function fieldSentences({ code = "", fields = {} }) {
  const field = FIELD_OF[code];
  if (field) return [[field, SENTENCES[code] ?? ""]];
  return Object.entries(fields).flatMap(([name, [first]]) => (first ? [[name, fieldSentence(first)]] : []));
}

/** @param {FieldError} error */
function fieldSentence(error) {
  return SENTENCES[error.code] ?? error.detail;
}

/** @param {string} code */
export function failureSentence(code) {
  return FAILURES[code] ?? "The server did not take it.";
}

/** @param {number} seconds */
function waitSentence(seconds) {
  const wait =
    seconds > 90
      ? plural(Math.ceil(seconds / 60), "minute", "minutes")
      : plural(Math.ceil(seconds), "second", "seconds");
  return `Too many tries. Wait ${wait}, then try again.`;
}
