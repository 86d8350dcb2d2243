/** Named events: whoever holds the object may listen, and nobody needs to know who does. */
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
   * A listener that throws must not keep the others from hearing: its error is reported as an uncaught one.
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
 * The page's own events, where there is a page.
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
