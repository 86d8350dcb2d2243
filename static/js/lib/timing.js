/**
 * Timers and delays. Browsers store a timer's delay in 32 bits, and a value out of that range wraps around. All timers are
 * started here, with a bounded delay. Measure durations with `performance.now()`: a change of the clock does not affect it.
 */

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const LONGEST_RETRY_AFTER_SECONDS = 300;
// An idle callback runs at the latest after this time.
const IDLE_WITHIN_MS = 2000;

/**
 * @param {number} delayMs
 * @param {number} [atLeastMs]
 * @returns {number} the delay within the range of a timer; `atLeastMs` for NaN
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

/** @param {() => unknown} work what nobody waits for */
export function whenIdle(work) {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(work, { timeout: IDLE_WITHIN_MS });
  else after(IDLE_WITHIN_MS, work);
}

/**
 * @param {number} delayMs
 * @returns {Promise<void>}
 */
export function pause(delayMs) {
  return new Promise((resolve) => after(delayMs, resolve));
}

/**
 * Bounds Retry-After, so that a server cannot silence a browser for a day.
 * @param {unknown} seconds as the server said it
 * @returns {number | null} 0 to 300; null: it is not a number of seconds
 */
export function retryAfterSeconds(seconds) {
  const isSaid = typeof seconds === "number" || (typeof seconds === "string" && seconds.trim() !== "");
  const said = isSaid ? Number(seconds) : NaN;
  return said >= 0 ? Math.min(LONGEST_RETRY_AFTER_SECONDS, said) : null;
}

/**
 * Exponential backoff with jitter.
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
   * @returns {Promise<void>} resolves at once if `wake` was called since the last wait
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

  /** Clears an earlier `wake`. */
  rest() {
    this.#woken = false;
  }

  wake() {
    this.#woken = true;
    this.#end?.();
  }
}

/** Runs asynchronous functions one after the other, in the order of the calls. */
export class SerialQueue {
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  /**
   * @template Result
   * @param {() => Promise<Result>} work
   * @returns {Promise<Result>} the result of this function; its failure does not stop the next ones
   */
  run(work) {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}
