/**
 * Orders the messages of a chat. The server gives an order, and the counters of each browser correct it (docs/protocol.md
 * §7.3).
 */

import { behindNamed, withUnaware } from "./causality.js";

/** @typedef {import("./thread-items.js").ThreadItem} ThreadItem */
/** @typedef {import("./thread-items.js").GapItem} GapItem */
/** @typedef {import("./thread-items.js").Words} Words */
/** @typedef {import("../history/gaps.js").Gap & { mayBeBlocked: boolean }} ShownGap */
/** @typedef {{ row: MessageRow, item: ThreadItem, words?: Words }} Placed */

/**
 * @param {Placed[]} shown in the server's order
 * @param {ShownGap[]} gaps
 * @param {import("./causality.js").Around} around
 * @returns {(ThreadItem | GapItem)[]}
 */
export function arranged(shown, gaps, around) {
  const placed = withUnaware(withLateOnes(behindNamed(byArrival(shown))), around);
  const told = (/** @type {number | null} */ id, /** @type {number} */ place) =>
    gaps.filter(({ before }) => before === id).flatMap((gap) => gapItems(gap, placed.slice(0, place)));
  return [...placed.flatMap(({ row, item }, place) => [...told(row.id, place), item]), ...told(null, placed.length)];
}

/**
 * @param {Placed[]} shown
 * @returns {Placed[]}
 */
function withLateOnes(shown) {
  /** @type {Placed[]} */
  const placed = [];
  /** @type {Map<string, number>} by browser: the greatest counter so far */
  const greatest = new Map();
  for (const one of shown) {
    const { browser, counter = 0, mine } = one.row;
    const isLate = !mine && browser !== undefined && counter < (greatest.get(browser) ?? 0);
    if (isLate) {
      const next = placed.findIndex(({ row }) => row.browser === browser && (row.counter ?? 0) > counter);
      placed.splice(next, 0, { ...one, item: { ...one.item, late: true, at: placed[next]?.item.at ?? one.item.at } });
    } else {
      placed.push(one);
      greatest.set(browser ?? "", counter);
    }
  }
  return placed;
}

/**
 * The server may give a new message the id of an old one. Then the others are not late.
 * @param {Placed[]} shown
 * @returns {Placed[]} a message is moved to the end if one of its browser below it was written and came earlier
 */
function byArrival(shown) {
  /** @type {Map<string, MessageRow>} by browser: the lowest counter from here on */
  const lowest = new Map();
  /** @type {Placed[]} */
  const misplaced = [];
  for (const one of shown.toReversed()) {
    const { browser = "", counter = 0, mine } = one.row;
    const other = mine ? undefined : lowest.get(browser);
    if (other && isLater(one.row, other)) {
      misplaced.unshift(one);
    } else if (browser && counter < (other?.counter ?? Infinity)) {
      lowest.set(browser, one.row);
    }
  }
  return misplaced.length === 0 ? shown : [...shown.filter((one) => !misplaced.includes(one)), ...misplaced];
}

/**
 * @param {MessageRow} row
 * @param {MessageRow} other
 * @returns {boolean} whether the row was written and came after the other
 */
function isLater({ isLive = false, counter = 0, arrivedAtMs = 0 }, other) {
  return isLive && counter > (other.counter ?? 0) && arrivedAtMs > (other.arrivedAtMs ?? Infinity);
}

/**
 * Turns a gap into items. Messages above that could not be decrypted may be the missing ones, so they are subtracted.
 * Messages to a former browser, before this one's first message, do not count as missing.
 * @param {ShownGap} gap
 * @param {Placed[]} above the messages before it
 * @returns {GapItem[]}
 */
function gapItems({ key, browser, count, mayBeBlocked }, above) {
  const last = above.findLastIndex(({ row }) => row.browser === browser);
  const isOne = (/** @type {ThreadItem} */ { unopened }) => unopened && !(last < 0 && unopened.isForAnother);
  const unopened = above.slice(last + 1).filter(({ row, item }) => !row.mine && isOne(item)).length;
  return count > unopened ? [{ kind: "gap", key, count: count - unopened, mayBeBlocked }] : [];
}
