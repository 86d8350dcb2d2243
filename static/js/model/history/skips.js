/**
 * The peer's counters for which only a skip is here (docs/protocol.md §5.5). A receipt names them as missing, so that the
 * writer learns whether a message that was taken back has arrived nevertheless.
 */
import { chatOrNew, messagesAtCounter, theirChains } from "../../storage/queries.js";

/** @typedef {{ browser: string, counter: number }} Place a place in a chain */

// Skips are not shown, so a peer could fill the disk with them unnoticed.
// Those that the chain has not passed yet are kept longer: without them there would be a gap.
const SKIPS_LIMIT = 200;
const UNPASSED_LIMIT = 2000;
const TWINS_LIMIT = 20;
// Whoever holds the peer's key can make up as many as they like.
const BROWSERS_LIMIT = 32;

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
  return without(stores, { ...chat, skips }, skips.slice(0, -UNPASSED_LIMIT));
}

/**
 * @param {ChatRow} chat
 * @returns {boolean} whether there are more than need be kept
 */
export function hasManySkips({ skips = [] }) {
  return skips.length > SKIPS_LIMIT;
}

/**
 * Drops what need not be kept: the lowest of those that their chain has passed.
 * @param {Stores} stores of a transaction with `chains`, `chats` and `messages`
 * @param {ChatId} chatId
 */
export async function pruneSkips(stores, chatId) {
  const chat = await chatOrNew(stores("chats"), chatId);
  const { skips = [] } = chat;
  const ends = new Map((await theirChains(stores("chains"), chatId)).map(({ browser, counter }) => [browser, counter]));
  const passed = skips.filter(({ browser, counter }) => counter <= (ends.get(browser) ?? 0));
  const dropped = passed.sort((left, right) => left.counter - right.counter).slice(0, Math.max(0, skips.length - SKIPS_LIMIT));
  if (dropped.length > 0) {
    stores("chats").put(await without(stores, chat, dropped));
  }
}

/**
 * @param {Stores} stores of a transaction with `messages`
 * @param {ChatRow} chat
 * @param {Place[]} dropped
 * @returns {Promise<ChatRow>}
 */
async function without(stores, chat, dropped) {
  for (const place of dropped) {
    await drop(stores, chat.id, place);
  }
  const skips = (chat.skips ?? []).filter((place) => !dropped.some((one) => isAt(one, place)));
  return { ...chat, skips, droppedSkips: dropped.reduce(withDropped, chat.droppedSkips) };
}

/**
 * @param {Record<string, number> | undefined} greatest
 * @param {Place} dropped
 * @returns {Record<string, number>}
 */
function withDropped(greatest = {}, { browser, counter }) {
  const { [browser]: before = 0, ...others } = greatest;
  return Object.fromEntries([...Object.entries(others).slice(1 - BROWSERS_LIMIT), [browser, Math.max(before, counter)]]);
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
