/**
 * Decides which messages a retired key may still decrypt (docs/protocol.md §3.3 rule 5): those that had come before the key
 * was replaced, and those that a decrypted message or receipt names by hash. A thief of the key cannot write new ones.
 */
import { chatWith } from "../../storage/chat-ids.js";
import { chainPart, marked } from "../../storage/queries.js";
import { findKey } from "../keys/pinning.js";
import { contentOf } from "./chain-check.js";
import { namedHead } from "./heads.js";

export class RetiredKeys {
  #parts;

  /** @param {{ database: Database, cipher: StorageCipher, clearedMessages: ClearedMessages, people: People }} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * @param {MessageRow} row
   * @param {StoredContent} content
   * @param {string} fingerprint of the peer's key that decrypted it
   * @returns {Promise<boolean>} whether that key may not decrypt it. One's own messages are proven by their self tag
   */
  async refuses(row, content, fingerprint) {
    const person = this.#parts.people.get(row.peer);
    if (row.mine || person?.pinned === fingerprint || hasComeBefore(row, fingerprint, findKey(person, fingerprint))) {
      return false;
    }
    return !(await this.#isNamed(row.chat, content));
  }

  /**
   * @param {ChatId} chat
   * @param {StoredContent} content
   * @returns {Promise<boolean>} whether it was decrypted here before, or a decrypted message names it
   */
  async #isNamed(chat, { browser, counter, hash }) {
    const { database, cipher, clearedMessages } = this.#parts;
    const isCleared = (await clearedMessages.hashes(chat, browser)).get(counter) === hash;
    if (isCleared || (await this.#isHead(chat, { browser, counter, hash }))) {
      return true;
    }
    const part = { from: counter, to: counter + 1 };
    const rows = await database.read(["messages"], (stores) => chainPart(stores("messages"), chat, browser, part));
    const near = await Promise.all(rows.filter(({ mine }) => !mine).map((row) => contentOf(cipher, row)));
    return near.some((other) => (other?.counter === counter ? other.hash : other?.previous) === hash);
  }

  /**
   * @param {ChatId} chat
   * @param {Pick<StoredContent, "browser" | "counter" | "hash">} content
   * @returns {Promise<boolean>} whether a receipt has named it as the head of its browser
   */
  async #isHead(chat, { browser, counter, hash }) {
    const head = await namedHead(this.#parts, chat, browser);
    return head?.counter === counter && head.hash === hash;
  }
}

/**
 * What has come under the present key, and was not opened yet, still opens when that key is replaced.
 * @param {Stores} stores of the transaction that replaces it, with `messages`
 * @param {string} email
 * @param {string | null} present
 */
export async function keepArrivals(stores, email, present) {
  const rows = await marked(stores("messages"), "pending", chatWith(email));
  const arrived = rows.filter(({ raw }) => raw?.sender_fingerprint === present);
  arrived.forEach((row) => stores("messages").put({ ...row, arrivedUnder: present ?? undefined }));
}

/**
 * @param {MessageRow} row
 * @param {string} fingerprint
 * @param {KnownKey | null} key
 * @returns {boolean} whether it was here when that key was replaced
 */
function hasComeBefore({ arrivedUnder, arrivedAtMs = Infinity }, fingerprint, key) {
  return arrivedUnder === fingerprint || arrivedAtMs < (key?.retired?.atMs ?? 0);
}
