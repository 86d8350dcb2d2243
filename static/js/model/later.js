/** Parts of the model that no first screen needs, loaded when they are first asked for something. */
import { once } from "../lib/once.js";
import { all } from "../storage/queries.js";

export class LaterReceiptWriter {
  #isStopped = false;
  #isAsked = false;
  #database;
  #writer;

  /** @param {ReceiptWriterParts} parts */
  constructor(parts) {
    this.#database = parts.database;
    this.#writer = once(async () => new (await import("./receipt-writer.js")).ReceiptWriter(parts));
  }

  note() {
    this.#ask((writer) => writer.note());
  }

  hurry() {
    this.#ask((writer) => writer.hurry());
  }

  stop() {
    this.#isStopped = true;
    if (this.#isAsked) {
      this.#writer().then((writer) => writer.stop(), () => {});
    }
  }

  /** @param {(writer: import("./receipt-writer.js").ReceiptWriter) => void} work */
  #ask(work) {
    // What could not be loaded now is asked for again with the next one.
    this.#whereDue(work).catch(() => {});
  }

  /** @param {(writer: import("./receipt-writer.js").ReceiptWriter) => void} work */
  async #whereDue(work) {
    const chats = await this.#database.read(["chats"], (stores) => all(stores("chats")));
    if (chats.some(({ receiptDue }) => receiptDue) && !this.#isStopped) {
      this.#isAsked = true;
      const writer = await this.#writer();
      if (!this.#isStopped) {
        work(writer);
      }
    }
  }
}

export class LaterClearing {
  #isStopped = false;
  #database;
  #clearing;
  /** @type {import("./clearing.js").Clearing | null} */
  #loaded = null;

  /** @param {ClearingParts} parts */
  constructor(parts) {
    this.#database = parts.database;
    this.#clearing = once(async () => (this.#loaded = new (await import("./clearing.js")).Clearing(parts)));
  }

  /** @param {string} email */
  async clear(email) {
    await (await this.#clearing()).clear(email);
  }

  /** The server can be reached again. */
  async askDue() {
    const chats = await this.#database.read(["chats"], (stores) => all(stores("chats")));
    if (chats.some(({ clearingDue }) => clearingDue) && !this.#isStopped) {
      await (await this.#clearing()).askDue();
    }
  }

  stop() {
    this.#isStopped = true;
    this.#loaded?.stop();
  }
}

/** @type {() => Promise<typeof import("../lib/skeleton.js")>} */
export const loadLookalikes = once(() => import("../lib/skeleton.js"));

/** It is wanted where there is no network. */
export const loadTakingBack = once(() => import("./taking-back.js"));

/** @type {typeof import("./taking-back.js").takeBack} */
export const takeBack = async (parts, clientId) => (await loadTakingBack()).takeBack(parts, clientId);

/** @param {{ accountKey: AccountKey, people: People, peerKeys: PeerKeys, ownEmail: string }} parts */
export function laterSafety(parts) {
  return once(async () => new (await import("./safety.js")).Safety(parts));
}
