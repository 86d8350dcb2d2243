/** A message's row in the database: how it comes to be and how it changes. */
import { typeOf } from "../../types/content-types.js";
import { messageRecord } from "../keys/storage-cipher.js";

/** A row of the outbox that is to go out and was not sealed yet. */
export const FRESH = /** @type {const} */ ({ state: "sending", reason: null, stale: false, envelope: null });

/**
 * @param {string} type of a content
 * @returns {Pick<MessageRow, "isSkip" | "isQuiet">} what the row says of it in the clear
 */
export function marksOf(type) {
  const { marks, countsAsUnread } = typeOf(type);
  return { isSkip: undefined, ...marks, isQuiet: countsAsUnread ? undefined : true };
}

/**
 * @param {ServerMessage} message
 * @param {OutboxRow | null} sent the row that it was sent from: then there is nothing to open
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
  return { sealed, browser, counter, hidden: isSkip || hidden || isCleared, takenBack: (isSkip && mayHaveLeft) || undefined };
}

/**
 * @param {ServerMessage} message
 * @returns {Partial<MessageRow>}
 */
function closed({ raw, peer }) {
  return { raw, nonce: nonceOf(raw), pending: peer };
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
 * @returns {boolean} true as well where one of them was sent from here: its client_id was drawn here
 */
function hasNonceOf({ nonce }, { raw, ...message }) {
  const other = "nonce" in message ? message.nonce : raw && nonceOf(raw);
  return nonce === undefined || other === undefined || nonce === other;
}

/** @param {any} raw */
function nonceOf({ nonce }) {
  return typeof nonce === "string" ? nonce : "";
}

export const SEALED_BY = ["nonce", "salt", "ciphertext", "sender_fingerprint", "recipient_fingerprint", "message_type", "suite"];

/**
 * Whether what was opened is still what stands there: the server may have given its id to another message meanwhile.
 * @param {MessageRow} row with `raw`
 * @param {MessageRow | ServerMessage} opened with `raw`
 * @returns {boolean}
 */
export function isSameEnvelope(row, opened) {
  return isSameMessage(row, opened) && SEALED_BY.every((name) => row.raw[name] === opened.raw[name]);
}

/**
 * @param {MessageRow} row
 * @returns {string} for what is remembered of it while the page is open: another message under its id has another one
 */
export function identityOf(row) {
  return `${row.id} ${messageRecord(row)}`;
}

/**
 * The first time stays.
 * @param {MessageRow} row
 * @param {{ deliveredAtMs: number, readAtMs: number }} times
 * @returns {MessageRow}
 */
export function mergeTimes(row, times) {
  return mark({
    ...row,
    deliveredAtMs: row.deliveredAtMs || times.deliveredAtMs || times.readAtMs,
    readAtMs: row.readAtMs || times.readAtMs,
  });
}

/**
 * Brings what the indexes are made of in line with the rest of the row.
 * @param {MessageRow} row
 * @returns {MessageRow}
 */
export function mark(row) {
  // Nobody else can have shown what this browser has opened, whatever the server says.
  const isCounted = !row.mine && !row.hidden && !row.isQuiet;
  const isUnread = isCounted && !row.seen && !row.passed && (row.sealed !== undefined || !row.readAtMs);
  return { ...row, unread: isUnread ? row.peer : undefined, due: isDue(row) ? row.peer : undefined };
}

/**
 * Only what was opened is called delivered, and only what was opened and on the screen is called read. The server does
 * not know the ids of those that were moved aside.
 * @param {MessageRow} row
 * @returns {boolean} whether there is something that the server has not been told
 */
function isDue({ id, mine, sealed, seen, deliveredAtMs, readAtMs }) {
  const isTellable = !mine && sealed !== undefined && Number.isInteger(id);
  return isTellable && !readAtMs && (seen || !deliveredAtMs);
}

/**
 * @param {OutboxRow} row
 * @returns {boolean} whether there is nothing to show of it
 */
export function isSilent({ isSkip, hidden, isCleared, state }) {
  return Boolean(isSkip || hidden || (isCleared && state === "sending"));
}

/**
 * @param {SealedMessage} envelope as it was sent
 * @param {ServerMessage} message
 * @returns {boolean} whether the server tells of exactly that
 */
export function wasSentAs(envelope, { raw }) {
  return Object.entries(envelope).every(([name, value]) => raw[name] === value);
}
