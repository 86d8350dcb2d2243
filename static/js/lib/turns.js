/**
 * Runs a few pieces of work at once. A piece that waits for something else meanwhile, for the server say, gives its place to
 * others.
 */

/** @typedef {<Result>(wait: () => Promise<Result>) => Promise<Result>} Aside runs `wait` without a place */

export class Turns {
  #limit;
  #active = 0;
  /** @type {Map<unknown, () => void>} those that wait for a place, in their order */
  #waiting = new Map();

  /** @param {number} limit how many run at once */
  constructor(limit) {
    this.#limit = limit;
  }

  /**
   * @template Result
   * @param {(aside: Aside) => Promise<Result>} work
   * @param {unknown} [key] of this piece of work; no two that run at the same time have the same
   * @returns {Promise<Result>}
   */
  async run(work, key = Symbol("work")) {
    if (!this.#enter()) {
      await this.#wait(key);
    }
    try {
      return await work((wait) => this.#aside(key, wait));
    } finally {
      this.#leave();
    }
  }

  /** @param {unknown[]} keys of those that are to have the next places, in this order, before all others */
  prefer(keys) {
    const before = this.#waiting;
    const preferred = keys.flatMap((key) => {
      const begin = before.get(key);
      return begin ? [/** @type {[unknown, () => void]} */ ([key, begin])] : [];
    });
    this.#waiting = new Map([...preferred, ...before]);
  }

  /**
   * @template Result
   * @param {unknown} key
   * @param {() => Promise<Result>} wait
   * @returns {Promise<Result>}
   */
  async #aside(key, wait) {
    this.#leave();
    try {
      return await wait();
    } finally {
      if (!this.#enter()) {
        await this.#wait(key);
      }
    }
  }

  /** @returns {boolean} whether there was a free place */
  #enter() {
    const isFree = this.#active < this.#limit;
    this.#active += Number(isFree);
    return isFree;
  }

  /** @param {unknown} key */
  #wait(key) {
    // Replacing another one that waits would leave that one waiting for ever.
    const own = this.#waiting.has(key) ? Symbol("again") : key;
    return new Promise((resolve) => this.#waiting.set(own, () => resolve(undefined)));
  }

  #leave() {
    const [first] = this.#waiting;
    if (first) {
      this.#waiting.delete(first[0]);
      first[1]();
    } else {
      this.#active -= 1;
    }
  }
}
