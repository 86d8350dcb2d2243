/** The decrypted contents of an open chat's messages, cached in memory. */
import { loadVersion } from "../../types/content-types.js";
import { messageRecord } from "../keys/storage-cipher.js";
import { NEWER, UNREADABLE } from "../receive/unopened.js";
import { textKey } from "./thread-items.js";
import { loadChanges, wordsOf } from "./words.js";

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
    /** @type {typeof import("./message-changes.js") | null} null: nothing here is of version 2 */
    this.changes = null;
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
      await loadVersion(content.v);
      const words = wordsOf(content);
      if (content.v === 2) {
        this.changes ??= await loadChanges();
        words.goneAtMs = this.changes.goneAtMs(content, ("arrivedAtMs" in row && row.arrivedAtMs) || content.sent_at);
      }
      this.#words.set(key, words);
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
      return words.else ? { ...NEWER, reason: `“${words.else}” ${NEWER.reason}` } : NEWER;
    }
    return "raw" in row && row.raw ? this.#decryptQueue.failure(row) : null;
  }
}
