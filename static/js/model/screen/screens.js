/**
 * The list of chats and the open chats. They listen to the other parts, and are read again from the database after each
 * change, at a bounded rate.
 *
 * Events: `chats` {emails}, `thread` {email}.
 */
import { Emitter } from "../../lib/emitter.js";
import { after, pause, SerialQueue } from "../../lib/timing.js";
import { OPENING_PATIENCE_MS } from "../history/gaps.js";

// The bound of the rate: while many messages are decrypted, the screens are not read again for each.
const REFRESH_EVERY_MS = 40;
const LOAD_AGAIN_MS = 1000;

export class Screens extends Emitter {
  #parts;
  /** @type {typeof import("./thread.js").Thread | undefined} */
  #threadClass;
  #refreshing = new SerialQueue();
  /** @type {Map<string, Thread>} */
  #threads = new Map();
  /** @type {Set<string>} emails of chats that have changed */
  #touched = new Set();
  #lastRefreshMs = -REFRESH_EVERY_MS;
  #isStopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #lookAgain;

  /** @param {ScreenParts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
    this.#listenToMessages();
    this.#listenToPeople();
    this.#listenToDrafts();
  }

  #listenToMessages() {
    const { decryptQueue, sendQueue, sync, tabs } = this.#parts;
    for (const outcome of ["opened", "failed", "repeated"]) {
      decryptQueue.on(outcome, ({ row }) => this.#shows(row) && this.touch(row.peer));
    }
    sendQueue.on("moved", ({ peer }) => this.touchEverywhere(peer));
    tabs.on("chat", ({ email }) => this.touch(email));
    tabs.on("history", ({ email }) => this.#reach(email));
    sync.on("applied", (change) => this.#applied(change));
    sync.on("behind", () => this.#jump().catch(() => {}));
    sync.on("synced", ({ isDone }) => isDone && this.#complete());
    sync.on("late", () => this.#complete());
  }

  #listenToPeople() {
    const { people, preferences } = this.#parts;
    people.on("changed", ({ email }) => this.touch(email));
    preferences.on("changed", () => this.touchAll());
  }

  #listenToDrafts() {
    const { drafts } = this.#parts;
    drafts.on("changed", ({ email }) => this.touchEverywhere(email));
    drafts.on("adopted", ({ email }) => this.emit("thread", { email }));
    drafts.on("sending", ({ email, echo }) => this.thread(email)?.echo(echo));
    drafts.on("unsent", ({ email, clientId }) => this.thread(email)?.dropEcho(clientId));
  }

  stop() {
    this.#isStopped = true;
    clearTimeout(this.#lookAgain);
    this.#threads.forEach((thread) => thread.leave());
  }

  /** @param {typeof import("./thread.js").Thread} threadClass comes with the views of an open chat, since the first screen does not need it */
  useThreads(threadClass) {
    this.#threadClass = threadClass;
  }

  /**
   * @param {string} email
   * @returns {Thread} the same one each time; it loads itself
   */
  open(email) {
    const thread = this.#threads.get(email) ?? this.#newThread(email);
    this.#threads.set(email, thread);
    return thread;
  }

  /** @param {string} email */
  #newThread(email) {
    if (!this.#threadClass) throw new TypeError("useThreads comes before open");
    const thread = new this.#threadClass(email, this.#parts);
    thread.on("changed", () => this.emit("thread", { email }));
    thread.on("counted", () => this.touch(email));
    this.#load(thread);
    return thread;
  }

  /** @param {Thread} thread is read again while it is open, if the database could not be read */
  #load(thread) {
    const again = () => !this.#isStopped && this.#threads.get(thread.email) === thread && this.#load(thread);
    this.#parts.screenWork.add(thread.load()).then(() => thread.fill()).catch(() => after(LOAD_AGAIN_MS, again));
  }

  /** @param {string} email */
  close(email) {
    this.#threads.get(email)?.leave();
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
  #shows({ id, peer }) {
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

  /** @param {string} email of a chat that has changed, in the other tabs as well */
  touchEverywhere(email) {
    this.touch(email);
    this.#parts.tabs.tell("chat", { email });
  }

  /** @param {string} email of a chat to which messages of the archive have come, in this tab */
  reachEverywhere(email) {
    this.#reach(email);
    this.#parts.tabs.tell("history", { email });
  }

  /** @param {string} email */
  #reach(email) {
    this.#threads.get(email)?.reach().catch(() => {});
    this.touch(email);
  }

  /** @param {Change} change */
  #applied({ chats, arrived }) {
    [...chats.keys()].forEach((email) => this.touch(email));
    if (arrived.length > 0) {
      this.#lookAgain ??= after(OPENING_PATIENCE_MS + 1000, () => this.#lookAtAll());
    }
  }

  /** Reads the screens again: messages that wait for decryption no longer hide gaps. */
  #lookAtAll() {
    this.#lookAgain = undefined;
    this.touchAll();
  }

  /** A sync is complete or late, so gaps show from now on. */
  #complete() {
    this.touchAll();
    this.#widen();
  }

  async #refresh() {
    await pause(this.#lastRefreshMs + REFRESH_EVERY_MS - performance.now());
    this.#lastRefreshMs = performance.now();
    const emails = [...this.#touched];
    this.#touched.clear();
    if (!this.#isStopped) {
      await this.#parts.chatList.refresh(emails);
      this.emit("chats", { emails });
      await Promise.all(emails.map((email) => this.#threads.get(email)?.refresh()));
    }
  }

  /** Extends the open chats up to their first unread messages, which are here now. */
  #widen() {
    this.#threads.forEach((thread) => thread.widen().catch(() => {}));
  }

  /** Fetches the newest messages first, because a long sync has begun. */
  async #jump() {
    await Promise.all([...this.#threads.values()].map((thread) => this.#parts.screenWork.add(thread.jump())));
    (await this.#parts.olderMessages.fetchHeads()).forEach((email) => this.touch(email));
  }
}
