/** Runs one piece of work after the other, in the order in which they were asked for. */
export class Sequence {
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
