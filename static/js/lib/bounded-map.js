/**
 * A map that forgets its oldest entry when a new one exceeds the limit.
 * @template Key, Value
 * @extends {Map<Key, Value>}
 */
export class BoundedMap extends Map {
  #limit;

  /** @param {number} limit number of entries */
  constructor(limit) {
    super();
    this.#limit = limit;
  }

  /**
   * @override
   * @param {Key} key
   * @param {Value} value
   */
  set(key, value) {
    if (this.size >= this.#limit && !this.has(key)) {
      const [oldest] = this.keys();
      this.delete(oldest);
    }
    return super.set(key, value);
  }
}
