/** Requests over a socket that wait for their answers. */
import { after } from "../lib/timing.js";
import { NetworkError } from "./net-errors.js";

/**
 * @typedef {object} Waiting
 * @property {(frame: any) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {ReturnType<typeof setTimeout>} timer
 */

export class Pending {
  /** @type {Map<unknown, Waiting>} by id */
  #waiting = new Map();

  /**
   * @param {string} id
   * @param {number} patienceMs
   * @returns {Promise<any>} the answer
   * @throws {NetworkError} no answer came in time
   */
  wait(id, patienceMs) {
    return new Promise((resolve, reject) => {
      const timer = after(patienceMs, () => this.reject(id, new NetworkError()));
      this.#waiting.set(id, { resolve, reject, timer });
    });
  }

  /**
   * @param {unknown} id
   * @param {any} answer
   */
  resolve(id, answer) {
    this.#take(id)?.resolve(answer);
  }

  /**
   * @param {unknown} id
   * @param {Error} error
   */
  reject(id, error) {
    this.#take(id)?.reject(error);
  }

  /** The socket has closed. */
  rejectAll() {
    [...this.#waiting.keys()].forEach((id) => this.reject(id, new NetworkError()));
  }

  /**
   * @param {unknown} id
   * @returns {Waiting | undefined} the request, which no longer waits
   */
  #take(id) {
    const waiting = this.#waiting.get(id);
    clearTimeout(waiting?.timer);
    this.#waiting.delete(id);
    return waiting;
  }
}
