/** The loading of screens that the person waits for. A sync waits for it before it applies a large page. */
export class ScreenWork {
  /** @type {Set<Promise<void>>} */
  #running = new Set();

  /**
   * @param {Promise<void>} work
   * @returns {Promise<void>} settled like the work
   */
  add(work) {
    this.#running.add(work);
    return work.finally(() => this.#running.delete(work));
  }

  /** @returns {Promise<void>} resolves when the work that runs now has settled */
  async done() {
    await Promise.allSettled(this.#running);
  }
}
