/**
 * How far the clocks of others' browsers are from the server's times. A message that was held back differs from the others
 * of its browser; a clock that is wrong makes all of them differ by the same. Pure.
 */

/** @typedef {{ id: number, browser?: string, createdAtMs: number }} Row */

/**
 * @param {{ row: Row, sentAtMs: number | undefined }[]} shown sentAtMs: by the clock of the sender's browser
 * @returns {(row: Row) => number} the smallest difference in milliseconds, server's time less sender's, of the other
 *   messages from that browser; 0 where there is no other
 */
export function usualDelays(shown) {
  /** @type {Map<string, { id: number, delayMs: number }[]>} by browser: the two smallest */
  const smallest = new Map();
  for (const { row: { id, browser, createdAtMs }, sentAtMs } of shown) {
    if (browser !== undefined && sentAtMs !== undefined) {
      const known = smallest.get(browser) ?? [];
      const delays = [...known, { id, delayMs: createdAtMs - sentAtMs }];
      smallest.set(browser, delays.sort((left, right) => left.delayMs - right.delayMs).slice(0, 2));
    }
  }
  return ({ id, browser = "" }) => smallest.get(browser)?.find((other) => other.id !== id)?.delayMs ?? 0;
}
