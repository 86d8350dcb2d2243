/** Creates, compares and changes the rows of messages. */
import { isNews, typeOf } from "../../types/content-types.js";
import { messageRecord } from "../keys/storage-cipher.js";

/** The initial state of a row of the outbox. */
export const FRESH = /** @type {const} */ ({ state: "sending", reason: null, stale: false, envelope: null });

/**
 * @param {{ type: string, v?: number, replaces?: string | null }} content
 * @returns {Pick<MessageRow, "isSkip" | "isQuiet">} what the row says of it in the clear
 */
export function marksOf(content) {
  const { marks } = typeOf(content.type, content.v);
  return { isSkip: undefined, ...marks, isQuiet: isNews(content) ? undefined : true };
}

/**
 * @param {{ type: string }} content of an own message that came from the server: another browser of the person's has sent it
 * @returns {Pick<MessageRow, "takenBack">} a skip's message may have left there
 */
export function takenBack({ type }) {
  return { takenBack: typeOf(type).marks?.isSkip };
}

/**
 * @param {ServerMessage} message
 * @param {OutboxRow | null} sent the row that it was sent from, whose content is known; null: it is to be decrypted
 * @param {boolean} [isLive]
 * @returns {MessageRow}
 */
export function newRow(message, sent, isLive = false) {
  const { raw: _, ...known } = message;
  return mark({ ...known, seen: false, arrivedAtMs: Date.now(), isLive, ...(sent ? contentOf(sent) : closed(message)) });
}

/**
 * @param {OutboxRow} sent
 * @returns {Partial<MessageRow>}
 */
function contentOf({ sealed, browser, counter, isSkip, hidden, isCleared, mayHaveLeft }) {
  const isForgotten = (isCleared && !isSkip && !hidden) || undefined;
  return { sealed, browser, counter, hidden: isSkip || hidden || isCleared, isForgotten, takenBack: (isSkip && mayHaveLeft) || undefined };
}

/**
 * @param {ServerMessage} message
 * @returns {Partial<MessageRow>}
 */
function closed({ raw, chat }) {
  return { raw, nonce: nonceOf(raw), pending: chat };
}

/**
 * @param {MessageRow} row
 * @param {ServerMessage | MessageRow} message with the same id
 * @returns {boolean}
 */
export function isSameMessage(row, message) {
  return row.clientId === message.clientId && row.peer === message.peer && row.mine === message.mine
    && hasNonceOf(row, message);
}

/**
 * @param {MessageRow} row
 * @param {ServerMessage | MessageRow} message
 * @returns {boolean} true as well if one of them was sent from here, because its client_id was drawn here
 */
function hasNonceOf({ nonce }, { raw, ...message }) {
  const other = "nonce" in message ? message.nonce : raw && nonceOf(raw);
  return nonce === undefined || other === undefined || nonce === other;
}

/** @param {any} raw */
function nonceOf({ nonce }) {
  return typeof nonce === "string" ? nonce : "";
}

export const SEALED_BY = ["nonce", "salt", "ciphertext", "sender_fingerprint", "recipient_fingerprint", "message_type", "suite", "tag"];

const STAMP = /^[A-Za-z0-9+/]{43}=$/;
const SERVER_TIME = /^[0-9T:.-]{19,26}Z$/;

/**
 * @param {Pick<MessageRow, "mine" | "raw">} row of a message that was decrypted
 * @returns {Pick<StoredContent, "stamp">} what a report of it gives besides the content; the server's word
 */
export function stampOf({ mine, raw }) {
  const { id, created_at, tag, stamp } = raw;
  const isOne = !mine && tag && STAMP.test(stamp) && SERVER_TIME.test(created_at);
  return isOne ? { stamp: { id, created_at, stamp } } : {};
}

/**
 * Whether the stored message is still the decrypted one. The server may have given its id to another message meanwhile.
 * @param {MessageRow} row with `raw`
 * @param {MessageRow | ServerMessage} opened with `raw`
 * @returns {boolean}
 */
export function isSameEnvelope(row, opened) {
  return isSameMessage(row, opened) && SEALED_BY.every((name) => row.raw[name] === opened.raw[name]);
}

/**
 * @param {MessageRow} row
 * @returns {string} a key for caches in memory; different for another message with the same id
 */
export function identityOf(row) {
  return `${row.id} ${messageRecord(row)}`;
}

/**
 * The first time of each kind stays.
 * @param {MessageRow} row
 * @param {{ deliveredAtMs: number, readAtMs: number }} times
 * @returns {MessageRow}
 */
export function mergeTimes(row, times) {
  return mark({
    ...row,
    ...(row.unconfirmed ? { unconfirmed: undefined, passed: times.readAtMs > 0 || undefined } : {}),
    deliveredAtMs: row.deliveredAtMs || times.deliveredAtMs || times.readAtMs,
    readAtMs: row.readAtMs || times.readAtMs,
  });
}

/**
 * Sets the properties of the row that are indexed.
 * @param {MessageRow} row
 * @returns {MessageRow}
 */
export function mark(row) {
  // What the server says about read messages is ignored: only this browser can have shown what it has decrypted.
  const isCounted = !row.mine && !row.hidden && !row.isQuiet;
  const isUnread = isCounted && !row.seen && !row.passed && (row.sealed !== undefined || !row.readAtMs);
  // Without a counter it is a repetition.
  const unarchived = row.sealed && row.counter && !row.archived ? 1 : undefined;
  return { ...row, unread: isUnread ? row.chat : undefined, due: isDue(row) ? row.chat : undefined, unarchived };
}

/**
 * A message counts as delivered once it was decrypted, and as read once it was also on the screen. The server does not know
 * the fractional ids of messages that were moved aside.
 * @param {MessageRow} row
 * @returns {boolean} whether the server is to be told that it was delivered or read
 */
function isDue({ id, mine, sealed, seen, deliveredAtMs, readAtMs }) {
  const isTellable = !mine && sealed !== undefined && Number.isInteger(id);
  return isTellable && !readAtMs && (seen || !deliveredAtMs);
}

/**
 * @param {OutboxRow} row
 * @returns {boolean} whether it is not shown
 */
export function isSilent({ isSkip, hidden, isCleared, state }) {
  return Boolean(isSkip || hidden || (isCleared && state === "sending"));
}

/**
 * @param {SealedMessage} envelope as it was sent
 * @param {ServerMessage} message
 * @returns {boolean} whether the server's message has the same members
 */
export function wasSentAs(envelope, { raw }) {
  const isSame = (/** @type {string} */ name, /** @type {unknown} */ value) => raw[name] === (Array.isArray(value) ? String(value) : value);
  // When the server deletes it is the server's word.
  return Object.entries(envelope).every(([name, value]) => name === "delete_after" || isSame(name, value));
}
