/** A wait that can be cut short. */
import { timerMs } from "./delays.js";

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
        const timer = delayMs === Infinity ? undefined : setTimeout(resolve, timerMs(delayMs));
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
