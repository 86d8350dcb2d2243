/**
 * Clears a chat for the person, not for the peer. Only the person clears a chat: an event of the server hides nothing
 * (docs/protocol.md §7.4). The server is asked until it has answered.
 */
import { after, backoffMs, pause } from "../../lib/timing.js";
import { peerOf } from "../../storage/chat-ids.js";
import { patienceMs } from "../../net/net-errors.js";
import { all, chatOrNew, newestMessages, unsent } from "../../storage/queries.js";
import { messageRecord } from "../keys/storage-cipher.js";
import { retryDecision } from "../server/retry-policy.js";
import { count, object } from "../server/validators.js";

const LONGEST_PAUSE_MS = 300_000;
// A server can keep a sync call open without end.
const SYNC_PATIENCE_MS = 5_000;

/** @typedef {{ ids: number[], named: import("./cleared-messages.js").Named[] }} Standing the messages that are here now */

export class Clearing {
  #parts;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #stopping = new AbortController();
  #attempt = 0;

  /** @param {ClearingParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * Clears the messages that are here now. Messages that come in meanwhile stay. If the server refuses or does not answer,
   * the chat is cleared here nevertheless, and the server is asked again later.
   * @param {ChatId} chatId
   */
  async clear(chatId) {
    const { database } = this.#parts;
    const rows = await database.read(["messages"], (stores) => newestMessages(stores("messages"), chatId, { limit: Infinity }));
    await this.forget(chatId, rows, () => ({ clearingDue: true, older: null, unreadBefore: 0 }), "sending");
    this.#attempt = 0;
    await this.askDue();
  }

  /** Asks the server to clear the chats that were cleared here and not there. It repeats this with a growing pause. */
  async askDue() {
    clearTimeout(this.#timer);
    const { database, locks, ownEmail } = this.#parts;
    let pauseMs = 0;
    const { signal } = this.#stopping;
    await locks.request(`vibechat clearing ${ownEmail}`, { signal }, async () => {
      const chats = await database.read(["chats"], (stores) => all(stores("chats")));
      const due = chats.filter(({ clearingDue }) => clearingDue);
      const mayAsk = due.length > 0 && (await this.#hasAll());
      for (const chat of due) {
        pauseMs = Math.max(pauseMs, mayAsk ? await this.#ask(chat) : this.#nextPauseMs());
      }
    });
    if (pauseMs > 0 && !signal.aborted) {
      clearTimeout(this.#timer);
      this.#timer = after(pauseMs, () => void this.askDue().catch(() => {}));
    }
  }

  stop() {
    this.#stopping.abort();
    clearTimeout(this.#timer);
  }

  /** @returns {Promise<boolean>} whether all messages of the server are here: it would clear those that are not, too */
  #hasAll() {
    return Promise.race([this.#parts.sync.catchUp(), pause(SYNC_PATIENCE_MS).then(() => false)]);
  }

  #nextPauseMs() {
    this.#attempt += 1;
    return backoffMs(this.#attempt, { limitMs: LONGEST_PAUSE_MS });
  }

  /**
   * @param {ChatRow} chat
   * @returns {Promise<number>} milliseconds until the server is asked again; 0: not again
   */
  async #ask({ id, clearedThrough }) {
    // The server sends an event only if it had something to clear. The event can come before the response.
    await this.#change(id, ({ ownClearings = 0 }) => ({ ownClearings: Math.max(1, ownClearings) }));
    try {
      const cleared = count(object(await this.#parts.api.clearConversation(peerOf(id), clearedThrough)).cleared);
      await this.#change(id, ({ ownClearings = 0 }) => ({
        clearingDue: undefined, ownClearings: cleared === 0 ? Math.max(0, ownClearings - 1) : ownClearings,
      }));
    } catch (error) {
      if (!retryDecision(error, { attempt: 0, ageMs: 0 }).isFinal) {
        return Math.max(patienceMs(error), this.#nextPauseMs());
      }
      // The server does not know a chat that it has made up, and will not clear it.
      await this.#change(id, () => ({ clearingDue: undefined, ownClearings: 0 }));
    }
    return 0;
  }

  /**
   * @param {MessageRow[]} rows
   * @returns {Promise<Standing>}
   */
  async #standing(rows) {
    const { cipher } = this.#parts;
    const named = rows.filter(({ sealed }) => sealed).map(async (row) => {
      const { browser, counter, hash } = await cipher.open(messageRecord(row), /** @type {Sealed} */ (row.sealed));
      return { browser, counter, hash };
    });
    const read = (await Promise.allSettled(named)).flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    return { ids: rows.map(({ id }) => id), named: read };
  }

  /**
   * @param {ChatId} chatId
   * @param {(chat: ChatRow) => Partial<ChatRow>} change
   */
  #change(chatId, change) {
    return this.#parts.database.write(["chats"], async (stores) => {
      const chat = await chatOrNew(stores("chats"), chatId);
      stores("chats").put({ ...chat, ...change(chat) });
    });
  }

  /**
   * Deletes messages here, and remembers them.
   * @param {ChatId} chatId
   * @param {MessageRow[]} rows ascending
   * @param {(chat: ChatRow) => Partial<ChatRow>} change of the chat
   * @param {OutboxRow["state"]} [leaving] unsent messages in this state are not shown any more unless they fail
   */
  async forget(chatId, rows, change, leaving) {
    const { clearedMessages, database } = this.#parts;
    const { ids, named } = await this.#standing(rows);
    const cleared = await clearedMessages.rowsWith(chatId, named);
    await database.write(["chats", "cleared", "messages", "outbox"], async (stores) => {
      ids.forEach((id) => stores("messages").delete(id));
      const hidden = (await unsent(stores("outbox"), chatId)).filter(({ state }) => state === leaving);
      // A message that is being sent is still sent. It shows again only if it fails.
      hidden.forEach((row) => stores("outbox").put({ ...row, isCleared: true }));
      cleared.forEach((row) => stores("cleared").put(row));
      const chat = await chatOrNew(stores("chats"), chatId);
      const clearedThrough = Math.max(chat.clearedThrough ?? 0, ...ids.slice(-1)) || undefined;
      const now = Date.now();
      stores("chats").put({ ...chat, clearedThrough, clearedAt: now, archiveDue: now, clearedElsewhere: false, shown: undefined, ...change(chat) });
    }, { durability: "strict" });
  }
}
