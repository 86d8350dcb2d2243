/** Builds the content of a receipt: which messages of each of the peer's browsers are here, and this browser's own head. */
import { chainPart, chatOrNew, marked, messageInChain, theirChains, unsent } from "../../storage/queries.js";
import { MISSING_LIMIT, SEEN_LIMIT } from "../../types/receipt-type.js";
import { messageRecord } from "../keys/storage-cipher.js";

/** @typedef {import("../../types/receipt-type.js").Receipt} Receipt */
/** @typedef {Receipt["seen"][number]} Seen */
/** @typedef {{ skipped: Set<number>, unseen: Set<number>, dropped: number }} Absent counters that count as missing: skipped:
 *   only a skip is here; unseen: the message came late and was not on the screen yet; dropped: up to this one skips are not
 *   kept any more */

/**
 * @param {{ chains: Chains, database: Database, cipher: StorageCipher }} parts
 * @param {ChatId} chatId
 * @param {{ isReadTold: boolean }} choice
 * @returns {Promise<Receipt>}
 */
export async function receiptOf({ chains, database, cipher }, chatId, { isReadTold }) {
  const seen = await database.read(["chains", "chats", "messages"], async (stores) => {
    const chat = await chatOrNew(stores("chats"), chatId);
    const rows = await theirChains(stores("chains"), chatId);
    const known = new Map(rows.map((row) => [row.browser, row]));
    const latest = rows.sort((left, right) => right.atMs - left.atMs).map(({ browser }) => browser);
    const browsers = [...new Set([...latest, ...Object.keys(chat.seen ?? {})])].slice(0, SEEN_LIMIT);
    const unseen = isReadTold ? await marked(stores("messages"), "unread", chatId) : [];
    const entries = await Promise.all(browsers.map((browser) => {
      const read = isReadTold ? (chat.seen?.[browser] ?? 0) : 0;
      return entryOf(stores, { chatId, browser, row: known.get(browser), read, absent: absentOf(browser, read, { chat, unseen }) });
    }));
    return entries.filter((entry) => entry !== null);
  });
  return { head: await headOf({ chains, database, cipher }, chatId), seen };
}

/**
 * @param {string} browser
 * @param {number} read
 * @param {{ chat: ChatRow, unseen: MessageRow[] }} here
 * @returns {Absent}
 */
function absentOf(browser, read, { chat, unseen }) {
  const of = (/** @type {{ browser?: string, counter?: number }[]} */ places) =>
    places.filter((place) => place.browser === browser).map(({ counter = 0 }) => counter);
  const unseenBelow = new Set(of(unseen).filter((counter) => counter < read));
  return { skipped: new Set(of(chat.skips ?? [])), unseen: unseenBelow, dropped: chat.droppedSkips?.[browser] ?? 0 };
}

/**
 * @param {Stores} stores
 * @param {{ chatId: ChatId, browser: string, row: ChainRow | undefined, read: number, absent: Absent }} chain
 * @returns {Promise<Seen | null>} null: no message of that browser is here
 */
async function entryOf(stores, { chatId, browser, row, read, absent }) {
  const messages = stores("messages");
  const beginning = row?.from ?? (row ? 1 : (await messageInChain(messages, chatId, browser, 1))?.counter);
  if (beginning === undefined) {
    return null;
  }
  // After all skips that are not kept any more: otherwise the receipt would say that their messages have arrived.
  const from = Math.max(beginning, absent.dropped + 1);
  const whole = Math.max(row?.counter ?? 0, from - 1);
  const beyond = (await chainPart(messages, chatId, browser, { from: whole + 1 })).map(({ counter = 0 }) => counter);
  const part = latestPart({ from, whole, beyond: beyond.filter((counter) => !absent.skipped.has(counter)) }, absent);
  return part && { browser, ...part, read: readOf(part, read) };
}

/**
 * @param {{ from: number, whole: number, beyond: number[] }} here all from `from` to `whole`, and `beyond` after it, ascending
 * @param {Absent} absent
 * @returns {Pick<Seen, "from" | "delivered" | "missing"> | null} the latest part with at most `MISSING_LIMIT` missing;
 *   null: nothing is here
 */
function latestPart({ from, whole, beyond }, absent) {
  let delivered = beyond.at(-1) ?? whole;
  while (delivered >= from && absent.skipped.has(delivered)) {
    delivered -= 1;
  }
  const missing = [...first(MISSING_LIMIT + 1, lacking({ from, whole, beyond }, absent, delivered))].reverse();
  if (missing.length <= MISSING_LIMIT) {
    return delivered < from ? null : { from, delivered, missing };
  }
  let start = (missing.shift() ?? 0) + 1;
  while (missing[0] === start) {
    missing.shift();
    start += 1;
  }
  return { from: start, delivered, missing };
}

/**
 * @param {{ from: number, whole: number, beyond: number[] }} here
 * @param {Absent} absent
 * @param {number} delivered
 * @returns {Generator<number>} the missing counters below `delivered`, descending; lazily, because there may be quadrillions
 */
function* lacking({ from, whole, beyond }, { skipped, unseen }, delivered) {
  const here = new Set(beyond);
  for (let counter = delivered - 1; counter > whole; counter -= 1) {
    if (!here.has(counter) || unseen.has(counter)) {
      yield counter;
    }
  }
  const below = [...skipped, ...unseen].filter((counter) => counter >= from && counter <= whole && counter < delivered);
  yield* [...new Set(below)].sort((left, right) => right - left);
}

/**
 * @template Value
 * @param {number} limit
 * @param {Iterable<Value>} values
 * @returns {Generator<Value>}
 */
function* first(limit, values) {
  let left = limit;
  for (const value of values) {
    yield value;
    left -= 1;
    if (left === 0) {
      return;
    }
  }
}

/**
 * @param {Pick<Seen, "from" | "delivered">} part
 * @param {number} seen the greatest counter that was on the screen
 * @returns {number} at most `delivered`; 0: none
 */
function readOf({ from, delivered }, seen) {
  const read = Math.min(delivered, seen);
  return read >= from ? read : 0;
}

/**
 * @param {{ chains: Chains, database: Database, cipher: StorageCipher }} parts
 * @param {ChatId} chatId
 * @returns {Promise<Receipt["head"]>} the last of one's own messages that was sent; null: none was
 */
async function headOf({ chains, database, cipher }, chatId) {
  let { counter, hash } = await chains.own(chatId);
  const waiting = await database.read(["outbox"], (stores) => unsent(stores("outbox"), chatId));
  // Only unsent messages at the end count: a failed one may be followed by others that were sent.
  for (const row of waiting.sort((left, right) => right.counter - left.counter)) {
    if (row.counter === counter) {
      hash = (await cipher.open(messageRecord(row), row.sealed)).previous;
      counter -= 1;
    }
  }
  return hash === null ? null : { counter, hash };
}
