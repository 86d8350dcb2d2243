/**
 * Estimates how far the clock of a sender's browser is from the server's clock. A wrong clock shifts all messages of the
 * browser by the same amount; a message that was held back differs from the others.
 */

/** @typedef {{ id: number, browser?: string, createdAtMs: number }} Row */

/**
 * @param {{ row: Row, sentAtMs: number | undefined }[]} shown sentAtMs: by the clock of the sender's browser
 * @returns {(row: Row) => number} the smallest difference, in milliseconds, of the server's time and the sender's, over the
 *   other messages of that browser; 0 if there is no other
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
