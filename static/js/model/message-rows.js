/** A message's row in the database: how it comes to be and how it changes. */

/** @import { SealedMessage } from "../crypto/envelope.js" */
/** @import { MessageRow, OutboxRow } from "../storage/rows.js" */
/** @import { ServerMessage } from "./answers.js" */

/**
 * @param {ServerMessage} message
 * @param {OutboxRow | null} sent the row that it was sent from: then there is nothing to open
 * @returns {MessageRow}
 */
export function newRow(message, sent) {
  const { raw, ...known } = message;
  const content = sent ? { sealed: sent.sealed } : { raw, pending: message.peer };
  return mark({ ...known, seen: false, ...content });
}

/**
 * @param {MessageRow} row
 * @param {ServerMessage} message with the same id
 * @returns {boolean}
 */
export function isSameMessage(row, message) {
  return row.clientId === message.clientId && row.peer === message.peer && row.mine === message.mine;
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
  const isUnread = !row.mine && !row.seen && !row.readAtMs;
  return { ...row, unread: isUnread ? row.peer : undefined, due: dueReceipt(row) };
}

/**
 * Only what was opened is called delivered, and only what was opened and on the screen is called read.
 * @param {MessageRow} row
 * @returns {"delivered" | "read" | undefined}
 */
function dueReceipt(row) {
  if (row.mine || !row.sealed || row.readAtMs) {
    return undefined;
  }
  if (row.seen) {
    return "read";
  }
  return row.deliveredAtMs ? undefined : "delivered";
}

/**
 * @param {SealedMessage} envelope as it was sent
 * @param {ServerMessage} message
 * @returns {boolean} whether the server tells of exactly that
 */
export function wasSentAs(envelope, { raw }) {
  return Object.entries(envelope).every(([name, value]) => raw[name] === value);
}
