/**
 * The list of chats and the open chats. They are read again from the database after each change, at a bounded rate.
 *
 * Events: `chats`, `thread` {email}.
 */
import { Emitter } from "../../lib/emitter.js";
import { after, pause, SerialQueue } from "../../lib/timing.js";
import { Thread } from "./thread.js";

// The bound of the rate: while many messages are decrypted, the screens are not read again for each.
const REFRESH_EVERY_MS = 40;
const LOAD_AGAIN_MS = 1000;

export class Screens extends Emitter {
  #parts;
  #refreshing = new SerialQueue();
  /** @type {Map<string, Thread>} */
  #threads = new Map();
  /** @type {Set<string>} emails of chats that have changed */
  #touched = new Set();
  /** @type {Set<Promise<void>>} */
  #filling = new Set();
  #lastRefreshMs = -REFRESH_EVERY_MS;
  #isStopped = false;

  /** @param {ScreenParts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
  }

  stop() {
    this.#isStopped = true;
  }

  /**
   * @param {string} email
   * @param {() => string} draft
   * @returns {Thread} the same one each time; it fills itself
   */
  open(email, draft) {
    const thread = this.#threads.get(email) ?? this.#newThread(email, draft);
    this.#threads.set(email, thread);
    return thread;
  }

  /**
   * @param {string} email
   * @param {() => string} draft
   */
  #newThread(email, draft) {
    const changed = () => this.emit("thread", { email });
    const thread = new Thread(email, { ...this.#parts, changed, draft });
    this.#load(thread);
    return thread;
  }

  /** @param {Thread} thread is read again while it is open, if the database could not be read */
  #load(thread) {
    const again = () => !this.#isStopped && this.#threads.get(thread.email) === thread && this.#load(thread);
    this.#onScreen(thread.load()).then(() => thread.fill()).catch(() => after(LOAD_AGAIN_MS, again));
  }

  /** @param {string} email */
  close(email) {
    this.#threads.delete(email);
  }

  /**
   * @param {string} email
   * @returns {Thread | undefined} undefined: the chat is not open
   */
  thread(email) {
    return this.#threads.get(email);
  }

  /**
   * @param {MessageRow} row
   * @returns {boolean} whether a screen changes when the message is decrypted
   */
  shows({ id, peer }) {
    return Boolean(this.#threads.get(peer)?.covers(id)) || this.#parts.chatList.lastId(peer) <= id;
  }

  /** @param {string} email of a chat that has changed */
  touch(email) {
    this.#touched.add(email);
    if (this.#touched.size === 1) {
      this.#refreshing.run(() => this.#refresh()).catch(() => {});
    }
  }

  touchAll() {
    [...this.#threads.keys()].forEach((email) => this.touch(email));
  }

  async #refresh() {
    await pause(this.#lastRefreshMs + REFRESH_EVERY_MS - performance.now());
    this.#lastRefreshMs = performance.now();
    const emails = [...this.#touched];
    this.#touched.clear();
    if (!this.#isStopped) {
      await this.#parts.chatList.refresh(emails);
      this.emit("chats");
      await Promise.all(emails.map((email) => this.#threads.get(email)?.refresh()));
    }
  }

  /** Extends the open chats up to their first unread messages, which are here now. */
  widen() {
    this.#threads.forEach((thread) => thread.widen().catch(() => {}));
  }

  /** Fetches the newest messages first, because a long sync has begun. */
  async jump() {
    await Promise.all([...this.#threads.values()].map((thread) => this.#onScreen(thread.jump())));
    (await this.#parts.olderMessages.fetchHeads()).forEach((email) => this.touch(email));
  }

  /**
   * @param {Promise<void>} filling the loading of a screen that the person waits for
   * @returns {Promise<void>}
   */
  #onScreen(filling) {
    this.#filling.add(filling);
    return filling.finally(() => this.#filling.delete(filling));
  }

  /** @returns {Promise<void>} resolves when no screen waits for anything; background work waits for this */
  async calm() {
    await Promise.allSettled(this.#filling);
    await this.#parts.decryptQueue.calm();
  }
}
