/**
 * Timers and delays. Browsers keep a timer's delay in 32 bits: a longer or more negative delay wraps around, to "at once" or
 * to weeks. All timers are started here, so that both ends are bounded. Durations are measured with `performance.now()`,
 * which does not follow the clock of the machine.
 */

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
 * @param {number} delayMs
 * @param {() => void} work
 * @returns {ReturnType<typeof setTimeout>} for `clearTimeout`
 */
export function after(delayMs, work) {
  return setTimeout(work, timerMs(delayMs));
}

/**
 * @param {number} periodMs
 * @param {() => void} work
 * @returns {ReturnType<typeof setInterval>} for `clearInterval`
 */
export function every(periodMs, work) {
  return setInterval(work, timerMs(periodMs));
}

/**
 * @param {number} delayMs
 * @returns {Promise<void>}
 */
export function pause(delayMs) {
  return new Promise((resolve) => after(delayMs, resolve));
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

/**
 * How long to wait before trying again: twice as long each time, and never as long as everybody else.
 * @param {number} attempt 0 after the first failure
 * @param {{ baseMs?: number, limitMs?: number }} [bounds]
 * @returns {number} milliseconds, from half the bound to the bound
 */
export function backoffMs(attempt, { baseMs = 1000, limitMs = 30_000 } = {}) {
  return Math.min(limitMs, baseMs * 2 ** Math.min(attempt, 20)) * (0.5 + Math.random() / 2);
}

/** A wait that can be cut short. */

export class Pause {
  #woken = false;
  /** @type {(() => void) | null} */
  #end = null;

  /**
   * @param {number} delayMs Infinity waits until it is woken
   * @returns {Promise<void>} at once where it was woken since the last wait
   */
  async wait(delayMs) {
    if (!this.#woken) {
      await new Promise((resolve) => {
        const timer = delayMs === Infinity ? undefined : after(delayMs, () => resolve(undefined));
        this.#end = () => {
          clearTimeout(timer);
          resolve(undefined);
        };
      });
    }
    this.#woken = false;
    this.#end = null;
  }

  get isWoken() {
    return this.#woken;
  }

  /** Forgets that it was woken. */
  rest() {
    this.#woken = false;
  }

  wake() {
    this.#woken = true;
    this.#end?.();
  }
}

/** Runs one piece of work after the other, in the order in which they were asked for. */
export class SerialQueue {
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  /**
   * @template Result
   * @param {() => Promise<Result>} work
   * @returns {Promise<Result>} what this piece of work gives; its failure does not stop the ones behind it
   */
  run(work) {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}
