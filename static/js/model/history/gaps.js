/**
 * Finds the peer's messages that were sent and are not here, by the counters of the peer's browsers (docs/protocol.md §7.3).
 * Gaps are computed again at each reading, so a gap disappears when its messages come.
 */
import { chainPart, lastCounter, marked, theirChains } from "../../storage/queries.js";
import { isFirstBrowser } from "./chains.js";
import { withDeleted } from "./deleted-places.js";

/** @typedef {{ key: string, browser: string, count: number, before: number | null }} Gap before: the id of the next message;
 *   null: the gap is at the end */
/** @typedef {{ chat: ChatId, browser: string, gone: Map<number, string>, start: number | null,
 *   whole: { from: number, counter: number } }} Chain start: the counter before its first message here; null: not known.
 *   From `whole.from` to `whole.counter` nothing is missing */

const WAITING_LIMIT = 100;
/** How long a message may wait to be decrypted before the message that it may be counts as missing. */
export const OPENING_PATIENCE_MS = 30_000;

/**
 * @param {Stores} stores of a transaction with `chains`, `messages` and `state`
 * @param {{ chat: ChatRow, rows: MessageRow[], gone: Map<string, Map<number, string>> }} shown gone: what was cleared
 *   here, by browser
 * @returns {Promise<Gap[]>} none while messages wait to be decrypted, because they may fill the gaps
 */
export async function gapsIn(stores, { chat, rows, gone }) {
  const opened = rows.filter((row) => !row.mine && row.browser);
  const browsers = new Set([...opened.map((row) => row.browser ?? ""), ...Object.keys(chat.heads ?? {})]);
  const waiting = await marked(stores("messages"), "pending", chat.id, WAITING_LIMIT);
  if (browsers.size === 0 || isBeingOpened(waiting.filter(({ tried }) => !tried))) {
    return [];
  }
  const isFirst = await isFirstBrowser(stores);
  const chains = new Map((await theirChains(stores("chains"), chat.id)).map((row) => [row.browser, row]));
  const found = [];
  for (const browser of browsers) {
    const head = chat.heads?.[browser];
    const start = isFirst ? 0 : (head?.from ?? null);
    const { from: first = 1, counter = 0 } = chains.get(browser) ?? {};
    const chain = { chat: chat.id, browser, gone: withDeleted(chat, browser, gone.get(browser)), start, whole: { from: first, counter } };
    found.push(...(await gapsOf(stores, chain, opened.filter((row) => row.browser === browser), head)));
  }
  return found;
}

/**
 * @param {MessageRow[]} untried
 * @returns {boolean} false if one of them has waited for long: a server can keep the call for its key open, and can deliver
 *   new messages at any time
 */
function isBeingOpened(untried) {
  const isNew = (/** @type {MessageRow} */ { arrivedAtMs = 0 }) => Math.abs(Date.now() - arrivedAtMs) < OPENING_PATIENCE_MS;
  return untried.length > 0 && untried.every(isNew);
}

/**
 * @param {Stores} stores
 * @param {Chain} chain
 * @param {MessageRow[]} rows of that chain
 * @param {{ from: number, to: number } | undefined} head
 * @returns {Promise<Gap[]>}
 */
async function gapsOf(stores, chain, rows, head) {
  const shown = new Map(rows.filter(({ hidden }) => !hidden).map((row) => [row.counter ?? 0, row.id]));
  const counters = [...new Set(rows.map(({ counter = 0 }) => counter))].sort((left, right) => left - right);
  const gaps = [];
  let last = counters.length > 0 ? await lastKnown(stores, chain, counters[0] ?? 1) : null;
  // What is missing before a message that is not shown, a skip say, is told before the next one that is.
  let untold = 0;
  for (const counter of counters) {
    untold += last === null || counter - last < 2 ? 0 : await missing(stores, chain, { from: last + 1, to: counter - 1 });
    const before = shown.get(counter);
    if (untold > 0 && before !== undefined) {
      gaps.push({ key: keyOf(chain, counter), browser: chain.browser, count: untold, before });
      untold = 0;
    }
    last = counter;
  }
  const count = untold + (await missingAtEnd(stores, chain, head));
  return count > 0 ? [...gaps, { key: keyOf(chain, Infinity), browser: chain.browser, count, before: null }] : gaps;
}

/**
 * @param {Stores} stores
 * @param {Chain} chain
 * @param {{ from: number, to: number } | undefined} head
 * @returns {Promise<number>}
 */
async function missingAtEnd(stores, chain, head) {
  const last = await lastKnown(stores, chain, Infinity);
  return head && last !== null ? Math.max(0, head.to - last) : 0;
}

/**
 * @param {Stores} stores
 * @param {Chain} chain
 * @param {number} below
 * @returns {Promise<number | null>} the greatest counter below that is here, or was; null: not known
 */
async function lastKnown(stores, { chat, browser, gone, start, whole }, below) {
  const passed = whole.counter < below ? whole.counter : 0;
  let last = Math.max(await lastCounter(stores("messages"), chat, browser, below), passed);
  // There may be more cleared messages than a call can have arguments.
  for (const counter of gone.keys()) {
    last = counter < below ? Math.max(last, counter) : last;
  }
  return last > 0 ? last : start;
}

/**
 * @param {Stores} stores
 * @param {Chain} chain
 * @param {{ from: number, to: number }} part both included
 * @returns {Promise<number>} how many of these messages are not here, and never were
 */
async function missing(stores, { chat, browser, gone, whole }, { from: first, to }) {
  // All messages before the end of the chain were here, though not all are stored, for example not all skips.
  const from = first >= whole.from ? Math.max(first, whole.counter + 1) : first;
  if (from > to) {
    return 0;
  }
  const rows = await chainPart(stores("messages"), chat, browser, { from, to });
  const here = new Set(rows.map((row) => row.counter));
  const cleared = [...gone.keys()].filter((counter) => counter >= from && counter <= to && !here.has(counter));
  return to - from + 1 - here.size - cleared.length;
}

/**
 * @param {Chain} chain
 * @param {number} counter
 */
function keyOf({ browser }, counter) {
  return `gap-${browser}-${counter}`;
}
