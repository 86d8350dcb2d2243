/**
 * The files and pages of one release, stored in this browser. Scripts of a page can change what is stored; so everything is compared
 * with the table of the release, which is part of the worker's own code, and headers are taken from there.
 */
import { toBase64 } from "../lib/bytes.js";
import { CryptoManager } from "../crypto/crypto.js";

/**
 * The table that the server puts in front of the worker's code (vibechat/service_worker.py).
 * @typedef {object} Release
 * @property {string} id
 * @property {Record<string, string>} files integrity by address: "sha256-" and base64
 * @property {Record<string, string>} pages the same
 * @property {Record<string, Record<string, string>>} headers of the pages
 */

const PREFIX = "vibechat release ";
const AT_ONCE = 8;
/** @type {Record<string, string>} */
const TYPES = {
  css: "text/css", js: "text/javascript", json: "application/json", md: "text/plain", png: "image/png", svg: "image/svg+xml",
  txt: "text/plain", webmanifest: "application/manifest+json", woff2: "font/woff2",
};

export class ReleaseCache {
  #release;
  #storage;
  #load;

  /**
   * @param {{ release: Release, storage: CacheStorage, load: (address: string, how: RequestInit) => Promise<Response> }} parts
   */
  constructor({ release, storage, load }) {
    this.#release = release;
    this.#storage = storage;
    this.#load = load;
  }

  get #name() {
    return PREFIX + this.#release.id;
  }

  /** @param {string} path */
  isFile(path) {
    return Object.hasOwn(this.#release.files, path);
  }

  /** @param {string} path */
  isPage(path) {
    return Object.hasOwn(this.#release.pages, path);
  }

  /**
   * Stores everything, or nothing.
   * @throws {unknown} a file could not be loaded, or is another one than the release's
   */
  async fill() {
    const cache = await this.#storage.open(this.#name);
    const addresses = [...Object.keys(this.#release.files), ...Object.keys(this.#release.pages)];
    try {
      while (addresses.length > 0) {
        await Promise.all(addresses.splice(0, AT_ONCE).map((address) => this.#add(cache, address)));
      }
    } catch (error) {
      await this.#storage.delete(this.#name);
      throw error;
    }
  }

  /**
   * @param {string} path of a file or page of this release
   * @returns {Promise<Response | null>} null: it is not stored here as the release has it
   */
  async read(path) {
    const cache = await this.#storage.open(this.#name);
    const bytes = await intact(await cache.match(path), this.#integrityOf(path));
    return bytes && new Response(bytes, { headers: this.#headersOf(path) });
  }

  /**
   * @param {string} path of a file or page of this release
   * @returns {Promise<Response>} from the server where it is not stored here
   * @throws {unknown} the server does not answer, or has another one
   */
  async get(path) {
    const stored = await this.read(path);
    if (stored) return stored;
    const bytes = await this.#add(await this.#storage.open(this.#name), path);
    return new Response(bytes, { headers: this.#headersOf(path) });
  }

  /**
   * A file of another release, for a page of that release.
   * @param {string} path
   * @param {string} integrity as the page wants it
   * @returns {Promise<Response | null>}
   */
  async readOther(path, integrity) {
    const bytes = await intact(await this.#storage.match(path), integrity);
    return bytes && new Response(bytes, { headers: headersOfFile(path) });
  }

  /**
   * Deletes what other releases have stored.
   * @param {string[]} used ids of releases that pages are open of
   */
  async tidy(used) {
    const kept = [...used, this.#release.id].map((id) => PREFIX + id);
    const names = (await this.#storage.keys()).filter((name) => name.startsWith(PREFIX) && !kept.includes(name));
    await Promise.all(names.map((name) => this.#storage.delete(name)));
  }

  /**
   * @param {Cache} cache
   * @param {string} path
   */
  async #add(cache, path) {
    const integrity = this.#integrityOf(path);
    const bytes = (await intact(await this.#storage.match(path), integrity)) ?? (await this.#fetched(path, integrity));
    await cache.put(path, new Response(bytes, { headers: this.#headersOf(path) }));
    return bytes;
  }

  /**
   * @param {string} path
   * @param {string} integrity
   */
  async #fetched(path, integrity) {
    const answer = await this.#load(path, { integrity, redirect: "error", credentials: "omit" });
    const bytes = answer.ok ? await intact(answer, integrity) : null;
    if (!bytes) throw new TypeError(`${path} is not that of the release`);
    return bytes;
  }

  /** @param {string} path */
  #integrityOf(path) {
    return this.#release.files[path] ?? this.#release.pages[path] ?? "";
  }

  /** @param {string} path */
  #headersOf(path) {
    return this.#release.headers[path] ?? headersOfFile(path);
  }
}

/** @param {string} path */
function headersOfFile(path) {
  const type = TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream";
  return { "Content-Type": type, "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin" };
}

/**
 * @param {Response | undefined} answer
 * @param {string} integrity
 * @returns {Promise<Bytes | null>} null: it is missing, or its bytes are others
 */
async function intact(answer, integrity) {
  if (!answer) return null;
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return `sha256-${toBase64(await CryptoManager.sha256(bytes))}` === integrity ? bytes : null;
}
