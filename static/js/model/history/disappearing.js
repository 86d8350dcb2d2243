/**
 * Removes the contents of messages whose time is over, and of those that were deleted before they came, in all chats, open or
 * not. It looks when the page opens, when the next time is over, and every minute: a clock may have been changed.
 *
 * Event: `removed` {email}.
 */
import { Emitter } from "../../lib/emitter.js";
import { after, SerialQueue } from "../../lib/timing.js";
import { peerOf } from "../../storage/chat-ids.js";
import { all, unsent } from "../../storage/queries.js";
import { goneAtMs } from "../../types/expiry.js";
import { contentOf } from "./chain-check.js";

const LOOK_EVERY_MS = 60_000;
const SOONEST_MS = 200;

export class Disappearing extends Emitter {
  #parts;
  #inTurn = new SerialQueue();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isStopped = false;

  /** @param {{ cipher: StorageCipher, database: Database, messageStore: MessageStore, outbox: Outbox }} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
  }

  stop() {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** @returns {Promise<void>} resolves when everything is removed whose time was over */
  look() {
    return this.#inTurn.run(async () => {
      const chats = await this.#chats();
      for (const { id } of chats.filter(({ endsAtMs = Infinity }) => endsAtMs <= Date.now())) {
        await this.#takeBack(id);
        await this.#parts.messageStore.eraseDeleted(id);
        this.emit("removed", { email: peerOf(id) });
      }
      const next = Math.min(Infinity, ...(await this.#chats()).map(({ endsAtMs = Infinity }) => endsAtMs));
      this.#wait(Math.min(LOOK_EVERY_MS, Math.max(SOONEST_MS, next - Date.now())));
    });
  }

  /** @returns {Promise<ChatRow[]>} */
  #chats() {
    return this.#parts.database.read(["chats"], (stores) => all(stores("chats")));
  }

  /** @param {number} delayMs */
  #wait(delayMs) {
    clearTimeout(this.#timer);
    this.#timer = this.#isStopped ? undefined : after(delayMs, () => void this.look().catch(() => this.#wait(LOOK_EVERY_MS)));
  }

  /**
   * Takes back what was not sent in its time.
   * @param {ChatId} chatId
   */
  async #takeBack(chatId) {
    const { cipher, database, outbox } = this.#parts;
    for (const row of await database.read(["outbox"], (stores) => unsent(stores("outbox"), chatId))) {
      const content = await contentOf(cipher, row);
      if (content && goneAtMs(content, row.atMs) <= Date.now()) {
        await outbox.remove(row.clientId);
      }
    }
  }
}
