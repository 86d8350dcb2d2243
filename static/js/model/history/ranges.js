/** Sets of counters, stored as ranges, so that a long chat needs only a few entries. */

/** @typedef {[number, number]} Range both ends included */

/**
 * @param {number} from
 * @param {number} to
 * @param {Iterable<number>} without
 * @returns {Range[]} ascending; empty if `to` is below `from`
 */
export function rangesOf(from, to, without) {
  /** @type {Range[]} */
  const ranges = [];
  let start = from;
  for (const left of [...without].filter((one) => one >= from && one <= to).sort((one, other) => one - other)) {
    if (left > start) {
      ranges.push([start, left - 1]);
    }
    start = left + 1;
  }
  return start <= to ? [...ranges, [start, to]] : ranges;
}

/**
 * @param {Range[]} one
 * @param {Range[]} other
 * @returns {Range[]} the union, ascending
 */
export function union(one, other) {
  /** @type {Range[]} */
  const joined = [];
  for (const [from, to] of [...one, ...other].sort((left, right) => left[0] - right[0])) {
    const last = joined.at(-1);
    if (last && from <= last[1] + 1) {
      last[1] = Math.max(last[1], to);
    } else {
      joined.push([from, to]);
    }
  }
  return joined;
}

/**
 * @param {Range[]} ranges
 * @param {number} counter
 */
export function has(ranges, counter) {
  return ranges.some(([from, to]) => counter >= from && counter <= to);
}

/**
 * @param {ChatRow} chat whose row keeps what the person has read in other browsers
 * @param {{ browser: string, counter: number }} message
 * @returns {{ seen: boolean, passed: boolean }} in another browser
 */
export function marksElsewhere({ elsewhere }, { browser, counter }) {
  const isIn = (/** @type {"seen" | "passed"} */ what) => has(elsewhere?.[what][browser] ?? [], counter);
  return { seen: isIn("seen"), passed: isIn("passed") };
}
