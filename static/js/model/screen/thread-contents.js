/** The decrypted contents of an open chat's messages, cached in memory. */
import { textOf } from "../../types/content-types.js";
import { messageRecord } from "../keys/storage-cipher.js";
import { NEWER, UNREADABLE } from "../receive/unopened.js";
import { textKey } from "./thread-items.js";

/** @import { Known, Words } from "./thread-items.js" */

export class ThreadContents {
  #cipher;
  #decryptQueue;
  /** @type {Map<string, Words>} by identity; keys are not unique if the server repeats an id */
  #words = new Map();
  /** @type {Set<string>} identities of stored messages that cannot be decrypted any more */
  #unreadable = new Set();

  /** @param {{ cipher: StorageCipher, decryptQueue: DecryptQueue }} parts */
  constructor({ cipher, decryptQueue }) {
    this.#cipher = cipher;
    this.#decryptQueue = decryptQueue;
  }

  /** @param {MessageRow | OutboxRow} row if it cannot be decrypted, it is shown as such */
  async read(row) {
    const key = textKey(row);
    if (!row.sealed || this.#words.has(key)) {
      return;
    }
    try {
      const content = await this.#cipher.open(messageRecord(row), row.sealed);
      const { type, body, hash, received, sent_at: sentAtMs } = content;
      this.#words.set(key, { type, body, text: textOf(content), sentAtMs, hash, received });
      this.#unreadable.delete(key);
    } catch {
      this.#unreadable.add(key);
    }
  }

  /**
   * @param {MessageRow | OutboxRow} row
   * @returns {Known}
   */
  known(row) {
    const identity = textKey(row);
    const words = this.#words.get(identity);
    return { words, unopened: this.#unreadable.has(identity) ? UNREADABLE : this.#unopened(row, words) };
  }

  /**
   * @param {MessageRow | OutboxRow} row
   * @param {Words | undefined} words
   */
  #unopened(row, words) {
    if (words?.text === null) {
      return NEWER;
    }
    return "raw" in row && row.raw ? this.#decryptQueue.failure(row) : null;
  }
}
