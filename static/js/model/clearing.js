/**
 * Clears a chat for oneself alone, because somebody here wants it. What the server says of clearings hides nothing
 * (docs/protocol.md §7.4).
 */
import { NetworkError } from "../net/errors.js";
import { chatOrNew, newestMessages, unsent } from "../storage/queries.js";
import { count, object } from "./checks.js";
import { messageRecord } from "./vault.js";

/** @typedef {{ ids: number[], named: import("./cleared.js").Named[] }} Standing what stands here now */

export class Clearing {
  #parts;

  /** @param {ClearingParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * What comes in meanwhile was not seen, and stays. If it throws, it is cleared here, and not on the server.
   * @param {string} email
   * @throws {import("../net/errors.js").ApiError | NetworkError}
   */
  async clear(email) {
    const standing = await this.#standing(email);
    await this.#expectToBeTold(email, 1);
    // Here first: a server that refuses, or made the chat up, keeps nobody from clearing it.
    await this.#forget(email, standing);
    if ((await this.#ask(email)) === 0) {
      await this.#expectToBeTold(email, -1);
    }
  }

  /**
   * @param {string} email
   * @returns {Promise<number>} how many the server has cleared; it tells of it only where there were any
   */
  async #ask(email) {
    try {
      return count(object(await this.#parts.api.clearConversation(email)).cleared);
    } catch (error) {
      // With the answer lost it may have been done, and is told of.
      if (!(error instanceof NetworkError)) {
        await this.#expectToBeTold(email, -1);
      }
      throw error;
    }
  }

  /**
   * @param {string} email
   * @returns {Promise<Standing>}
   */
  async #standing(email) {
    const { database, vault } = this.#parts;
    const rows = await database.read(["messages"], (stores) => newestMessages(stores("messages"), email, { limit: Infinity }));
    const named = rows.filter(({ sealed }) => sealed).map(async (row) => {
      const { browser, counter, hash } = await vault.open(messageRecord(row), /** @type {Sealed} */ (row.sealed));
      return { browser, counter, hash };
    });
    const read = (await Promise.allSettled(named)).flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    return { ids: rows.map(({ id }) => id), named: read };
  }

  /**
   * @param {string} email
   * @param {number} step
   */
  #expectToBeTold(email, step) {
    return this.#parts.database.write(["chats"], async (stores) => {
      const chat = await chatOrNew(stores("chats"), email);
      stores("chats").put({ ...chat, ownClearings: Math.max(0, (chat.ownClearings ?? 0) + step) });
    });
  }

  /**
   * @param {string} email
   * @param {Standing} standing
   */
  async #forget(email, { ids, named }) {
    const { cleared, database } = this.#parts;
    const rows = await cleared.rowsWith(email, named);
    await database.write(["chats", "cleared", "messages", "outbox"], async (stores) => {
      ids.forEach((id) => stores("messages").delete(id));
      const leaving = (await unsent(stores("outbox"), email)).filter(({ state }) => state === "sending");
      // It goes out, and has been on the screen: it comes back only if it fails.
      leaving.forEach((row) => stores("outbox").put({ ...row, isCleared: true }));
      rows.forEach((row) => stores("cleared").put(row));
      const chat = await chatOrNew(stores("chats"), email);
      const now = { clearedAt: Date.now(), clearedElsewhere: false, older: null, unreadBefore: 0 };
      stores("chats").put({ ...chat, ...now });
    }, { durability: "strict" });
  }
}
