/**
 * The content of the archive's segments (docs/protocol.md §14.8): the messages that this browser has opened or sent, and how
 * they are divided into segments. Only this file knows their form.
 */
import { utf8Encode } from "../../lib/bytes.js";
import { BROWSER_ID, HASH, isCounter, isNamed, isObject, matches } from "../../types/members.js";
import { Refusal } from "../server/model-errors.js";
import { email, uuidOrNull } from "../server/validators.js";

/**
 * A message in the archive. The server's word is in the outer members; what its writer has said is in `content`.
 * @typedef {object} ArchivedMessage
 * @property {number} id the server's
 * @property {string | null} client_id
 * @property {string} peer email of the other person
 * @property {boolean} mine
 * @property {number} at when the server had it: milliseconds since 1970
 * @property {number} delivered_at 0: not known
 * @property {number} read_at 0: not known
 * @property {boolean} seen whether it had been on the screen
 * @property {string | null} nonce of the envelope that was opened; null: it was sent from the browser that archived it
 * @property {string[]} marks those of `MARKS` that its row has
 * @property {StoredContent} content
 */
/** @typedef {{ v: 1, messages: ArchivedMessage[] }} ArchiveContent */

export const MESSAGES_LIMIT = 500;
// Of JSON. What cannot be compressed has to fit into a segment of 256 KiB as well.
export const JSON_LIMIT = 250_000;
const FRAME = `{"v":1,"messages":[]}`.length;
/** What a row says of its message that does not follow from the content, by the name in the archive. */
const MARKS = /** @type {const} */ ([
  ["late", "late"], ["conflict", "conflict"], ["names_unsent", "namesUnsent"], ["taken_back", "takenBack"], ["passed", "passed"],
]);

/**
 * @param {MessageRow} row
 * @param {StoredContent} content
 * @returns {ArchivedMessage}
 */
export function archivedMessage(row, content) {
  const { id, clientId, peer, mine, createdAtMs, deliveredAtMs, readAtMs, seen, nonce = null } = row;
  return {
    id, client_id: clientId, peer, mine, at: createdAtMs, delivered_at: deliveredAtMs, read_at: readAtMs, seen, nonce,
    marks: MARKS.filter(([, property]) => row[property]).map(([mark]) => mark), content,
  };
}

/**
 * @param {ArchivedMessage} message
 * @returns {Omit<MessageRow, "chat">} without what depends on this browser
 */
export function rowOf(message) {
  const { id, client_id: clientId, peer, mine, at, delivered_at, read_at, seen, nonce, marks, content } = message;
  const marked = Object.fromEntries(MARKS.filter(([mark]) => marks.includes(mark)).map(([, property]) => [property, true]));
  const { browser, counter } = content;
  const times = { createdAtMs: at, deliveredAtMs: delivered_at, readAtMs: read_at };
  return { id, clientId, peer, mine, seen, ...times, ...(nonce === null ? {} : { nonce }), ...marked, browser, counter };
}

/**
 * @param {ArchivedMessage} message
 * @returns {string} the same for the same message in any segment: its chat, writer, browser, counter and hash
 */
export function nameOf({ peer, mine, content: { browser, counter, hash } }) {
  return `${peer} ${mine} ${browser} ${counter} ${hash}`;
}

/** @param {ArchivedMessage[]} messages */
export function contentOf(messages) {
  return { v: 1, messages };
}

/**
 * @param {ArchivedMessage[]} present those of the segment
 * @param {ArchivedMessage[]} more
 * @returns {ArchivedMessage[]} those that the segment can take, from the first on
 */
export function fitting(present, more) {
  const sizeOf = (/** @type {ArchivedMessage} */ message) => utf8Encode(JSON.stringify(message)).length + 1;
  let room = JSON_LIMIT - FRAME - present.reduce((sum, message) => sum + sizeOf(message), 0);
  const free = Math.max(0, MESSAGES_LIMIT - present.length);
  const end = more.slice(0, free).findIndex((message) => (room -= sizeOf(message)) < 0);
  return more.slice(0, end < 0 ? free : end);
}

/**
 * @param {any} content of a segment, opened
 * @returns {ArchivedMessage[]} those of a form that this page knows; each once
 * @throws {Refusal} `archive_newer`: a newer version of the page has written it; `archive_damaged`
 */
export function readContent(content) {
  if (isObject(content) && content.v !== 1 && isCounter(content.v)) {
    throw new Refusal("archive_newer");
  }
  if (!isObject(content) || content.v !== 1 || !Array.isArray(content.messages) || !content.messages.every(isMessage)) {
    throw new Refusal("archive_damaged");
  }
  return [...new Map(content.messages.map((/** @type {ArchivedMessage} */ message) => [nameOf(message), message])).values()];
}

/** @param {any} message */
function isMessage(message) {
  return isObject(message)
    && typeof message.id === "number" && message.id > 0 && message.id <= Number.MAX_SAFE_INTEGER
    && [message.at, message.delivered_at, message.read_at].every(isTime)
    && typeof message.mine === "boolean" && typeof message.seen === "boolean"
    && (message.nonce === null || typeof message.nonce === "string")
    && Array.isArray(message.marks)
    && passes(() => email(message.peer)) && passes(() => uuidOrNull(message.client_id))
    && isContent(message.content);
}

/** @param {any} content */
function isContent(content) {
  return isObject(content)
    && typeof content.type === "string" && typeof content.body === "string"
    && matches(BROWSER_ID, content.browser) && isCounter(content.counter) && matches(HASH, content.hash)
    && (content.previous === null || matches(HASH, content.previous))
    && Array.isArray(content.received)
    && content.received.every((/** @type {any} */ entry) => isObject(entry) && matches(BROWSER_ID, entry.browser) && isNamed(entry))
    && isTime(content.sent_at);
}

/** @param {unknown} value */
function isTime(value) {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** @param {() => unknown} validator */
function passes(validator) {
  try {
    validator();
    return true;
  } catch {
    return false;
  }
}
