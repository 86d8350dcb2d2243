/**
 * The peer's counters for which only a skip is here (docs/protocol.md §5.5). A receipt names them as missing, so that the
 * writer learns whether a message that was taken back has arrived nevertheless.
 */
import { messagesAtCounter } from "../../storage/queries.js";

/** @typedef {{ browser: string, counter: number }} Place a place in a chain */

// Skips are not shown, so a peer could fill the disk with them unnoticed.
const SKIPS_LIMIT = 200;
const TWINS_LIMIT = 20;

/**
 * @param {Stores} stores of a transaction with `messages`
 * @param {ChatRow} chat
 * @param {MessageRow} row of the peer, just decrypted and stored
 * @returns {Promise<ChatRow>} the changed chat, not stored yet
 */
export async function withSkipsAfter(stores, chat, row) {
  const { browser, counter = 0 } = row;
  if (browser === undefined) {
    return chat; // It is a repetition.
  }
  const place = { browser, counter };
  const others = (chat.skips ?? []).filter((skip) => !isAt(skip, place));
  if (!row.isSkip || !(await isAlone(stores, row))) {
    return { ...chat, skips: others };
  }
  const skips = [...others, place];
  for (const old of skips.slice(0, -SKIPS_LIMIT)) {
    await drop(stores, chat.id, old);
  }
  return { ...chat, skips: skips.slice(-SKIPS_LIMIT) };
}

/**
 * @param {Place} one
 * @param {Place} other
 */
function isAt(one, other) {
  return one.browser === other.browser && one.counter === other.counter;
}

/**
 * @param {Stores} stores
 * @param {MessageRow} skip
 * @returns {Promise<boolean>} whether the message with that counter has not come
 */
async function isAlone(stores, { chat, browser = "", counter = 0 }) {
  const rows = await messagesAtCounter(stores("messages"), chat, browser, counter, TWINS_LIMIT);
  return rows.every(({ isSkip }) => isSkip);
}

/**
 * @param {Stores} stores
 * @param {ChatId} chat
 * @param {Place} place
 */
async function drop(stores, chat, { browser, counter }) {
  const rows = await messagesAtCounter(stores("messages"), chat, browser, counter, TWINS_LIMIT);
  rows.filter(({ isSkip, hidden }) => isSkip && hidden).forEach(({ id }) => stores("messages").delete(id));
}
