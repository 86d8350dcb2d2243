/**
 * Sentences for error codes. Pure. The server's own sentences are not shown: a reader would take them for the page's.
 */
import { dictionary } from "../../lib/dictionary.js";
import { UNREACHED } from "./connection-state.js";
import { plural } from "./format.js";
import { damagedSentence, VAULT_SENTENCES } from "./vault-sentences.js";

/**
 * @typedef {object} Failure
 * @property {string} [code]
 * @property {Record<string, {code: string}[]>} [fields]
 * @property {number | null} [retryAfterSeconds]
 * @property {number | null} [group] of a recovery code, from 1
 */

const SENTENCES = dictionary({
  network: UNREACHED,
  unavailable: "The server can't answer just now. Try again in a moment.",
  bad_answer: "The server's answer makes no sense. Try again; if this comes back, ask the person who runs it.",
  session_over: "You have been logged out. Reload the page.",
  wrong_credentials: "Wrong email or password. Forgotten it? Press the link below.",
  registration_closed: "This needs an invitation link that nobody has used yet. Ask the person who runs this server.",
  mail_off: "This server sends no email. Ask the person who runs it for a link.",
  reset_link_over: "This link has been used, or is too old.",
  email_taken: "There is an account with this address already.",
  user_not_found: "We couldn't find anyone with that address on this server.",
  yourself: "That is your own address.",
  another_address: "The server answered for another address. Nobody was added.",
  wrong_password: "That is not your current password.",
  changed_again: "Their keys have just changed again. Close this and look again.",
  key_changed: "You've just switched in another browser. Close this and look again.",
  key_taken:
    "The server says that another account has this browser's key. Nothing was deleted here. Ask the person who runs the " +
    "server before you forget anything.",
  unsigned_key: "Nothing has confirmed these keys yet. The other person has to open VibeChat once.",
  key_not_theirs: "These keys belong to somebody else. Keep the keys you know.",
  too_long: "This message is too long.",
  too_late: "A message can be edited for a day.",
  no_version_2: "The other person has to open VibeChat once more before you can do this.",
  no_report_key: "The people who run this server take no reports here.",
  report_key_changed: "The people who run this server have a new key. Close this and report again.",
  too_many_reports: "You have reported so often that this server takes no more of yours for now.",
  report_too_long: "That is too much for one report. Choose fewer messages.",
  too_old: "This browser is too old for VibeChat. Update it, or use another.",
  insecure_page: "Your browser can't encrypt on a page without https. Ask the person who runs this server for its address.",
  device_blocked:
    "This browser lets VibeChat keep nothing. Allow cookies and site data for this site; if this is a private window, " +
    "use a normal one.",
  device_full: "There is no space left for VibeChat in this browser. Free some space on this device, then try again.",
  device_held: "Another tab of VibeChat doesn't let go of your messages. Close all other tabs of it, then try again.",
  device_newer: "A newer version of VibeChat was used in this browser. Reload the page.",
  device_closed: "VibeChat has been closed in this tab. Reload the page.",
  ...VAULT_SENTENCES,
  device_failed: "This browser can't read or keep your messages just now. Restart the browser, then try again.",
});
const SOMETHING = "Something went wrong. Try again.";

/** Looked up by "field.code", then by code. */
const FIELD_SENTENCES = dictionary({
  "email.invalid": "This is not an email address.",
  "email.max_length": "This is not an email address.",
  "display_name.max_length": "This name is too long.",
  "display_name.invalid_characters": "A name needs something to see, and has no control characters.",
  "password.max_length": "This password is too long.",
  blank: "Fill this in.",
  required: "Fill this in.",
  yourself: SENTENCES.yourself,
  wrong_password: SENTENCES.wrong_password,
  password_too_short: "Use at least 8 characters.",
  password_too_common: "Too many people use this password. Choose another.",
  password_too_similar: "This is too much like your name or address.",
  password_entirely_numeric: "Use more than digits.",
  max_length: "This is too long.",
});
const FIELD_WRONG = "This can't be used. Change it and try again.";

const FAILURES = dictionary({
  user_not_found: "This account no longer exists.",
  no_key: "They hadn't opened VibeChat yet.",
  key_not_theirs: "The key on the server is not theirs.",
  message_deleted: "This message was already sent once and then deleted on the server.",
  storage_full: "There's no room left for your messages on this server. Ask the person who runs it.",
  stale_key: "Keys changed while this was on its way.",
  declined_key: "The server takes it only for the keys that you did not accept. Press Retry to look at them again.",
  unreachable: "The server could not be reached.",
});

/** The field that a refusal without fields belongs to, by code. */
const FIELD_OF = dictionary({
  registration_closed: "invite",
  email_taken: "email",
  user_not_found: "email",
  yourself: "email",
  wrong_password: "password",
  code_malformed: "code",
  code_damaged: "code",
  code_unknown: "code",
  invitation_unknown: "code",
});

/** @param {unknown} error */
export function asFailure(error) {
  return /** @type {Failure} */ (typeof error === "object" && error !== null ? error : {});
}

/** @param {Failure} failure */
export function sentence(failure) {
  if (failure.code === "code_damaged") return damagedSentence(failure.group ?? null);
  if (failure.code === "code_malformed" && failure.group) return `Group ${failure.group} has a character that no code has. Look again.`;
  if (failure.code === "rate_limited") return waitSentence(failure.retryAfterSeconds ?? 60);
  return SENTENCES[failure.code ?? ""] ?? SOMETHING;
}

/**
 * @param {Failure} failure
 * @returns {[string, string][]} field names with what to say there
 */
export function fieldSentences(failure) {
  const { code = "", fields = {} } = failure;
  const field = FIELD_OF[code];
  if (field) return [[field, sentence(failure)]];
  return Object.entries(fields).flatMap(([name, [first]]) => (first ? [[name, fieldSentence(name, first.code)]] : []));
}

/**
 * @param {string} field
 * @param {string} code
 */
function fieldSentence(field, code) {
  return FIELD_SENTENCES[`${field}.${code}`] ?? FIELD_SENTENCES[code] ?? FIELD_WRONG;
}

/** @param {string} code */
export function failureSentence(code) {
  return FAILURES[code] ?? "The server refused this message.";
}

/** @param {number} seconds */
function waitSentence(seconds) {
  const wait =
    seconds > 90
      ? plural(Math.ceil(seconds / 60), "minute", "minutes")
      : plural(Math.ceil(seconds), "second", "seconds");
  return `Too many tries. Wait ${wait}, then try again.`;
}
