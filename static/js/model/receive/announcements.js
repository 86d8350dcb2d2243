/**
 * Announces new messages to screen readers, once they are decrypted.
 *
 * Event: `announce` {email, name, text}.
 */
import { Emitter } from "../../lib/emitter.js";
import { isVisible } from "../../lib/text.js";
import { mayDisturb } from "../history/standing.js";
import { EMPTY } from "./unopened.js";

// If more messages come at once, none is announced.
const ANNOUNCED_AT_ONCE = 3;

export class Announcements extends Emitter {
  #database;
  #people;
  /** @type {Set<number>} ids of messages to announce once they are decrypted */
  #fresh = new Set();
  #isSynced = false;

  /** @param {{ connection: Connection, database: Database, decryptQueue: DecryptQueue, people: People, sync: Sync }} parts */
  constructor({ connection, database, decryptQueue, people, sync }) {
    super();
    this.#database = database;
    this.#people = people;
    // Earlier messages are not announced.
    connection.on("reached", () => (this.#isSynced = true));
    sync.on("applied", ({ arrived }) => this.#note(arrived));
    decryptQueue.on("opened", ({ row, text }) => void this.#announce(row, text).catch(() => {}));
    decryptQueue.on("failed", ({ row }) => this.#fresh.delete(row.id));
    decryptQueue.on("repeated", ({ row }) => this.#fresh.delete(row.id));
  }

  /** @param {number[]} arrived */
  #note(arrived) {
    if (this.#isSynced && arrived.length <= ANNOUNCED_AT_ONCE) {
      arrived.forEach((id) => this.#fresh.add(id));
    }
  }

  /**
   * @param {MessageRow} row
   * @param {string} text
   */
  async #announce({ id, peer, chat }, text) {
    if (this.#fresh.delete(id) && (await mayDisturb(this.#database, chat))) {
      this.emit("announce", { email: peer, name: this.#people.labelOf(peer), text: isVisible(text) ? text : EMPTY });
    }
  }
}
