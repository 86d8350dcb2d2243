/** Which rows of messages were read, and what each of them held, so that a later change of what was read is noticed. */
import { newestMessages } from "../../storage/queries.js";

export class ReadRows {
  /** @type {Map<ChatId, Map<number, string>>} by the row's id: what it held */
  #held = new Map();

  /** @returns {ChatId[]} with rows that were read */
  chats() {
    return [...this.#held.keys()];
  }

  /** @param {MessageRow} row that is read */
  note(row) {
    const held = this.#held.get(row.chat) ?? new Map();
    this.#held.set(row.chat, held.set(row.id, heldBy(row)));
  }

  /**
   * @param {MessageRow} row
   * @returns {boolean} whether it is the same now
   */
  isAsRead(row) {
    return this.#held.get(row.chat)?.get(row.id) === heldBy(row);
  }

  /**
   * @param {Database} database
   * @param {ChatId} chat
   * @param {{ oldest: number, newest: number, limit: number }} range of the ids that were read, both included; limit: how many are read at once
   * @returns {Promise<boolean>} whether a row was added, removed or changed in it
   */
  async hasChanged(database, chat, { oldest, newest, limit }) {
    let left = this.#held.get(chat)?.size ?? 0;
    for (let below = Infinity, isMore = true; isMore;) {
      const part = { from: oldest, below, limit };
      const rows = await database.read(["messages"], (stores) => newestMessages(stores("messages"), chat, part));
      const known = rows.filter(({ id }) => id <= newest);
      if (!known.every((row) => this.isAsRead(row))) {
        return true;
      }
      left -= known.length;
      below = rows[0]?.id ?? 0;
      isMore = rows.length === limit;
    }
    return left !== 0;
  }
}

/**
 * @param {MessageRow} row
 * @returns {string} the nonce of its content and whether it is hidden: 13 characters at most, for there are many
 */
function heldBy({ hidden, sealed }) {
  return String.fromCharCode(...(sealed?.nonce ?? []), ...(hidden ? [1] : []));
}
