/** Named events. */
export class Emitter {
  /** @type {Map<string, Set<(detail: any) => void>>} */
  #listeners = new Map();

  /**
   * @param {string} name
   * @param {(detail: any) => void} listener
   * @returns {() => void} stops listening
   */
  on(name, listener) {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /**
   * An error of a listener is reported as an uncaught error, so that the other listeners still run.
   * @param {string} name
   * @param {any} [detail]
   */
  emit(name, detail) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(detail);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

/**
 * Listens to events of the page; does nothing outside a browser.
 * @param {"page" | "document"} where
 * @param {string[]} names of events
 * @param {(event: any) => void} listener
 * @returns {() => void} stops listening
 */
export function listen(where, names, listener) {
  const target = where === "page" ? globalThis : globalThis.document;
  names.forEach((name) => target?.addEventListener?.(name, listener));
  return () => names.forEach((name) => target?.removeEventListener?.(name, listener));
}
