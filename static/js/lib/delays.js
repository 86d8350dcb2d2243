/** What a server or a clock says about time, brought to what makes sense: a timer takes 32 bits, and wraps to "at once". */

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const LONGEST_RETRY_AFTER_SECONDS = 300;

/**
 * @param {number} delayMs
 * @param {number} [atLeastMs]
 * @returns {number} that a timer can hold; where it was no number, the shortest
 */
export function timerMs(delayMs, atLeastMs = 0) {
  return Math.min(LONGEST_TIMER_MS, Math.max(atLeastMs, Number.isNaN(delayMs) ? 0 : delayMs));
}

/**
 * A server may ask for patience; it cannot silence a browser for a day.
 * @param {unknown} seconds as the server said it
 * @returns {number | null} 0 to 300; null: nothing that makes sense
 */
export function retryAfterSeconds(seconds) {
  const isSaid = typeof seconds === "number" || (typeof seconds === "string" && seconds.trim() !== "");
  const said = isSaid ? Number(seconds) : NaN;
  return said >= 0 ? Math.min(LONGEST_RETRY_AFTER_SECONDS, said) : null;
}
