/**
 * How long to wait before trying again: twice as long each time, and never as long as everybody else.
 * @param {number} attempt 0 after the first failure
 * @param {{ baseMs?: number, limitMs?: number }} [bounds]
 * @returns {number} milliseconds, from half the bound to the bound
 */
export function backoffMs(attempt, { baseMs = 1000, limitMs = 30_000 } = {}) {
  return Math.min(limitMs, baseMs * 2 ** Math.min(attempt, 20)) * (0.5 + Math.random() / 2);
}
