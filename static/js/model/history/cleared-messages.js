/**
 * Remembers the browser, counter and hash of cleared messages, so that they do not come back under another id of the server
 * (docs/protocol.md §7.4).
 */
import { clearedOf, get } from "../../storage/queries.js";

/** @typedef {Map<number, string>} Hashes by counter */
/** @typedef {{ browser: string, counter: number, hash: string }} Named the reference by which other messages name a message */

export class ClearedMessages {
  #database;
  #cipher;
  /** @type {Map<string, { nonce: string, hashes: Hashes }>} a cache of the decrypted rows */
  #known = new Map();

  /** @param {{ database: Database, cipher: StorageCipher }} parts */
  constructor({ database, cipher }) {
    this.#database = database;
    this.#cipher = cipher;
  }

  /**
   * @param {ChatId} chat
   * @param {string} browser
   * @returns {Promise<Hashes>} of that browser's cleared messages
   */
  async hashes(chat, browser) {
    return this.#read(await this.#database.read(["cleared"], (stores) => get(stores("cleared"), [chat, browser])));
  }

  /**
   * @param {ChatId} chat
   * @returns {Promise<Map<string, Hashes>>} by browser
   */
  async all(chat) {
    const rows = await this.#database.read(["cleared"], (stores) => clearedOf(stores("cleared"), chat));
    return new Map(await Promise.all(rows.map(async (row) => /** @type {[string, Hashes]} */ ([row.browser, await this.#read(row)]))));
  }

  /**
   * @param {ChatId} chat
   * @param {Named[]} messages to be cleared too
   * @returns {Promise<import("../../storage/rows.js").ClearedRow[]>} to be stored in the transaction that deletes them
   */
  async rowsWith(chat, messages) {
    const browsers = [...new Set(messages.map(({ browser }) => browser))];
    return Promise.all(browsers.map(async (browser) => {
      const hashes = new Map(await this.hashes(chat, browser));
      messages.filter((message) => message.browser === browser).forEach(({ counter, hash }) => hashes.set(counter, hash));
      return { chat, browser, sealed: await this.#cipher.seal(recordOf({ chat, browser }), [...hashes]) };
    }));
  }

  /**
   * @param {import("../../storage/rows.js").ClearedRow | undefined} row
   * @returns {Promise<Hashes>}
   */
  async #read(row) {
    if (!row) {
      return new Map();
    }
    const name = recordOf(row);
    const nonce = String(row.sealed.nonce);
    const known = this.#known.get(name);
    if (known?.nonce === nonce) {
      return known.hashes;
    }
    const hashes = new Map(await this.#cipher.open(name, row.sealed));
    this.#known.set(name, { nonce, hashes });
    return hashes;
  }
}

/** @param {{ chat: ChatId, browser: string }} row */
function recordOf({ chat, browser }) {
  return `cleared ${chat} ${browser}`;
}
