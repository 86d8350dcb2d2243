/** CacheStorage in memory. */

export class MemoryCaches {
  /** @type {Map<string, MemoryCache>} */
  #caches = new Map();

  async open(/** @type {string} */ name) {
    const cache = this.#caches.get(name) ?? new MemoryCache();
    this.#caches.set(name, cache);
    return cache;
  }

  async keys() {
    return [...this.#caches.keys()];
  }

  async delete(/** @type {string} */ name) {
    return this.#caches.delete(name);
  }

  async match(/** @type {string} */ path) {
    for (const cache of this.#caches.values()) {
      const found = await cache.match(path);
      if (found) return found;
    }
    return undefined;
  }

  /** As a script of a page can. */
  async poison(/** @type {string} */ path, /** @type {string} */ text, headers = {}) {
    for (const cache of this.#caches.values()) await cache.put(path, new Response(text, { headers }));
  }
}

class MemoryCache {
  #answers = new Map();

  async match(/** @type {string} */ path) {
    return this.#answers.get(path)?.clone();
  }

  async put(/** @type {string} */ path, /** @type {Response} */ answer) {
    this.#answers.set(path, answer);
  }
}
