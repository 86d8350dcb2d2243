/**
 * Receipts: tell the peer's browsers what was decrypted and seen in this one (docs/protocol.md §5.6). Receipts are not part
 * of the message chain; model/receipts/ writes and reads them.
 */
import { isCounter, isListOfBrowsers, isNamed, isObject } from "./members.js";

/**
 * A receipt's entry for one browser of the peer. The messages from `from` to `delivered`, except those in `missing`, were
 * opened here. Those up to `read` were on the screen.
 * @typedef {object} Seen
 * @property {string} browser 32 lower-case hexadecimal digits
 * @property {number} from a counter
 * @property {number} delivered a counter, at least `from`
 * @property {number} read 0: none; else a counter from `from` to `delivered`
 * @property {number[]} missing at most 64 counters, ascending, each at least `from` and below `delivered`
 */

/**
 * @typedef {object} Receipt
 * @property {{ counter: number, hash: string } | null} head the last of this browser's own messages that the server has
 *   taken, and its hash, 64 lower-case hexadecimal digits; null: none yet
 * @property {Seen[]} seen at most 8, each browser once
 */

export const SEEN_LIMIT = 8;
export const MISSING_LIMIT = 64;

/** @type {import("./content-types.js").ContentType} */
export const receipt = Object.freeze({
  name: "receipt",
  messageType: "receipt",
  compose: (/** @type {Receipt} */ value) => (isReceipt(value) ? { body: spelled(value) } : { refusal: "body" }),
  isBody: (/** @type {string} */ body) => readReceipt(body) !== null,
  reportsReceived: false,
  textOf: () => null,
  isShown: false,
  countsAsUnread: false,
});

/**
 * @param {string} body
 * @returns {Receipt | null} every member checked; null: no receipt, or not in its one spelling
 */
export function readReceipt(body) {
  const value = parsed(body);
  return isReceipt(value) && spelled(value) === body ? value : null;
}

/** @param {string} body */
function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/**
 * @param {Receipt} receipt checked
 * @returns {string}
 */
function spelled({ head, seen }) {
  return JSON.stringify({
    head: head && { counter: head.counter, hash: head.hash },
    seen: seen.map(({ browser, from, delivered, read, missing }) => ({ browser, from, delivered, read, missing })),
  });
}

/**
 * @param {any} value
 * @returns {boolean}
 */
function isReceipt(value) {
  return (
    isObject(value) &&
    (value.head === null || (isObject(value.head) && isNamed(value.head))) &&
    isListOfBrowsers(value.seen, SEEN_LIMIT, isSeen)
  );
}

/**
 * @param {any} value an object
 * @returns {boolean}
 */
function isSeen({ from, delivered, read, missing }) {
  return (
    isCounter(from) &&
    isCounter(delivered) &&
    from <= delivered &&
    (read === 0 || (isCounter(read) && from <= read && read <= delivered)) &&
    Array.isArray(missing) &&
    missing.length <= MISSING_LIMIT &&
    missing.every((counter, index) => isCounter(counter) && counter >= (index ? missing[index - 1] + 1 : from)) &&
    (missing.at(-1) ?? 0) < delivered
  );
}
