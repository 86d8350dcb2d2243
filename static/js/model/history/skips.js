/**
 * The counters of the other person's that nothing but a skip has filled here (docs/protocol.md §5.5). A receipt names
 * them as missing, so that a message that was taken back and came all the same can be told from one that did not.
 */
import { messagesAtCounter } from "../../storage/queries.js";

/** @typedef {{ browser: string, counter: number }} Place in a chain */

// Nobody sees them: a peer must not be able to fill the disk with them.
const SKIPS_LIMIT = 200;
const TWINS_LIMIT = 20;

/**
 * @param {Stores} stores of a transaction with `messages`
 * @param {ChatRow} chat
 * @param {MessageRow} row of the other person's that was opened just now and stored
 * @returns {Promise<ChatRow>} the chat as it is to be stored
 */
export async function withSkipsAfter(stores, chat, row) {
  const { browser, counter = 0 } = row;
  if (browser === undefined) {
    return chat; // a repetition
  }
  const place = { browser, counter };
  const others = (chat.skips ?? []).filter((skip) => !isAt(skip, place));
  if (!row.isSkip || !(await isAlone(stores, row))) {
    return { ...chat, skips: others };
  }
  const skips = [...others, place];
  for (const old of skips.slice(0, -SKIPS_LIMIT)) {
    await drop(stores, chat.email, old);
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
 * @returns {Promise<boolean>} whether the message that it names has not come
 */
async function isAlone(stores, { peer, browser = "", counter = 0 }) {
  const rows = await messagesAtCounter(stores("messages"), peer, browser, counter, TWINS_LIMIT);
  return rows.every(({ isSkip }) => isSkip);
}

/**
 * @param {Stores} stores
 * @param {string} peer
 * @param {Place} place
 */
async function drop(stores, peer, { browser, counter }) {
  const rows = await messagesAtCounter(stores("messages"), peer, browser, counter, TWINS_LIMIT);
  rows.filter(({ isSkip, hidden }) => isSkip && hidden).forEach(({ id }) => stores("messages").delete(id));
}
