/**
 * A value that several browsers may change: the later change counts, so that all browsers end with the same, in whatever order they
 * are told.
 */

/**
 * @template Value
 * @typedef {{ value: Value, at: number, by: string }} Setting at: milliseconds, more than those of the change before it; by: the browser
 */

/**
 * @template Value
 * @param {Setting<Value> | undefined} one
 * @param {Setting<Value> | undefined} other
 * @returns {Setting<Value> | undefined} the later one; of two equally late ones, in each browser the same
 */
export function later(one, other) {
  if (!one || !other) return one ?? other;
  return one.at > other.at || (one.at === other.at && one.by >= other.by) ? one : other;
}

/**
 * @template Value
 * @param {Setting<Value> | undefined} before
 * @param {Value} value
 * @param {string} browser this one
 * @returns {Setting<Value>} later than the one before, whatever the clocks say
 */
export function changed(before, value, browser) {
  return { value, at: Math.max(Date.now(), (before?.at ?? 0) + 1), by: browser };
}
