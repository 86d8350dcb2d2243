/**
 * Announces new messages to screen readers, once they are decrypted.
 *
 * Event: `announce` {email, name, text}.
 */
import { Emitter } from "../../lib/emitter.js";
import { isVisible } from "../../lib/text.js";
import { EMPTY } from "./unopened.js";

// If more messages come at once, none is announced.
const ANNOUNCED_AT_ONCE = 3;

export class Announcements extends Emitter {
  #people;
  /** @type {Set<number>} ids of messages to announce once they are decrypted */
  #fresh = new Set();
  #isSynced = false;

  /** @param {{ connection: Connection, decryptQueue: DecryptQueue, people: People, sync: Sync }} parts */
  constructor({ connection, decryptQueue, people, sync }) {
    super();
    this.#people = people;
    // Earlier messages are not announced.
    connection.on("reached", () => (this.#isSynced = true));
    sync.on("applied", ({ arrived }) => this.#note(arrived));
    decryptQueue.on("opened", ({ row, text }) => this.#announce(row, text));
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
  #announce({ id, peer }, text) {
    if (this.#fresh.delete(id)) {
      this.emit("announce", { email: peer, name: this.#people.labelOf(peer), text: isVisible(text) ? text : EMPTY });
    }
  }
}
