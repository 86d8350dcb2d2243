/**
 * The heart: what is written goes out from here, and whatever comes in comes in here.
 *
 * Events: `chats`, `thread` {email}, `announce` {email, name, text}, `connection` {state}.
 */
import { CryptoManager } from "../crypto/crypto.js";
import { BODY_LIMIT } from "../crypto/plaintext.js";
import { isWellFormed } from "../lib/bytes.js";
import { Emitter } from "../lib/emitter.js";
import { Sequence } from "../lib/timing.js";
import { Drafts } from "./drafts.js";
import { Refusal } from "./errors.js";
import { Screens } from "./screens.js";

/** @import { History } from "./history.js" */

/** @typedef {import("./chat-list.js").ChatSummary} ChatSummary */

/**
 * @typedef {object} Parts
 * @property {string} ownEmail
 * @property {Api} api
 * @property {AccountKey} accountKey
 * @property {Archive} archive
 * @property {ChatList} chatList
 * @property {Contacts} contacts
 * @property {Courier} courier
 * @property {History} history
 * @property {Link} link
 * @property {Mailbox} mailbox
 * @property {Opener} opener
 * @property {Outbox} outbox
 * @property {PeerKeys} peerKeys
 * @property {People} people
 * @property {Receipts} receipts
 * @property {Tabs} tabs
 * @property {Vault} vault
 */

// More at once than a person would listen to.
const ANNOUNCED_AT_ONCE = 3;

export class Conversations extends Emitter {
  #parts;
  #drafts;
  #screens;
  #sending = new Sequence();
  /** @type {Set<number>} ids of messages that are to be announced once they are open */
  #fresh = new Set();
  #isSynced = false;

  /** @param {Parts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
    this.#screens = new Screens(parts);
    this.#drafts = new Drafts({ ...parts, kept: (email) => this.#touchEverywhere(email) });
    this.#listen();
  }

  #listen() {
    const { accountKey, courier, link, mailbox, opener, people, tabs } = this.#parts;
    mailbox.on("behind", () => this.#screens.jump().catch(() => {}));
    this.#screens.on("chats", () => this.emit("chats"));
    this.#screens.on("thread", (detail) => this.emit("thread", detail));
    opener.on("opened", ({ row, text }) => this.#opened(row, text));
    opener.on("failed", ({ row }) => this.#silent(row));
    opener.on("repeated", ({ row }) => this.#silent(row));
    courier.on("moved", ({ peer }) => this.#touchEverywhere(peer));
    people.on("changed", ({ email }) => this.#screens.touch(email));
    tabs.on("chat", ({ email }) => this.#screens.touch(email));
    tabs.on("outbox", () => courier.wake());
    accountKey.on("changed", () => this.#tryAgain());
    link.on("connection", (detail) => this.emit("connection", detail));
    link.on("open", () => {
      courier.hurry();
      accountKey.ensure().catch(() => {});
    });
    link.on("reached", () => this.#reached());
  }

  /** @returns {ChatSummary[]} latest first */
  chats() {
    return this.#parts.chatList.all();
  }

  get connection() {
    return this.#parts.link.state;
  }

  /** Shows what is stored; then asks the server what has happened since. */
  async start() {
    const { accountKey, chatList, contacts, courier, link, outbox, receipts } = this.#parts;
    await chatList.load(await outbox.peers());
    this.emit("chats");
    accountKey.ensure().catch(() => {});
    contacts.refresh().catch(() => {});
    courier.wake();
    receipts.note();
    await link.start();
  }

  stop() {
    const { courier, link, receipts } = this.#parts;
    [courier, link, receipts, this.#drafts, this.#screens].forEach((part) => part.stop());
  }

  /**
   * @param {string} email
   * @returns {Thread} the same one each time; it fills itself, and says so by `thread`
   */
  open(email) {
    return this.#screens.open(email, () => this.#drafts.get(email));
  }

  /** @param {string} email whose messages need not be kept in memory any longer */
  close(email) {
    this.#screens.close(email);
  }

  /** @returns {Promise<void>} when all screens have what they wait for */
  calm() {
    return this.#screens.calm();
  }

  /**
   * @param {string} email
   * @param {string} text
   * @returns {Promise<string>} its client_id, as soon as the message cannot be lost any more
   * @throws {Refusal} `empty`, `too_long`, or `storage`: this browser cannot keep it
   */
  async send(email, text) {
    const echo = { clientId: CryptoManager.randomUuid(), text: sendable(text), atMs: Date.now() };
    this.#screens.thread(email)?.echo(echo);
    try {
      await this.#sending.run(() => this.#parts.outbox.add({ ...echo, peer: email }));
    } catch {
      this.#screens.thread(email)?.dropEcho(echo.clientId);
      throw new Refusal("storage");
    }
    this.#outboxChanged(email);
    return echo.clientId;
  }

  /**
   * Tries again what could not be sent.
   * @param {string} email
   * @param {string} clientId
   */
  async retry(email, clientId) {
    await this.#parts.outbox.retry(clientId);
    this.#outboxChanged(email);
  }

  /** @param {string} email */
  async retryAll(email) {
    await this.#parts.outbox.retryAll(email);
    this.#outboxChanged(email);
  }

  /**
   * Takes back what could not be sent.
   * @param {string} email
   * @param {string} clientId
   */
  async remove(email, clientId) {
    await this.#parts.outbox.remove(clientId);
    this.#outboxChanged(email);
  }

  /**
   * The person has decided to go on with the other's new key: what was held goes out, and what came under it opens.
   * @param {string} email
   * @param {string} [fingerprint] of the key that was on the screen when the person decided
   * @throws {Refusal} `key_changed`: it has changed again since
   */
  async acceptKey(email, fingerprint = this.#parts.peerKeys.offered(email) ?? "") {
    const { outbox, peerKeys } = this.#parts;
    await peerKeys.accept(email, fingerprint);
    await outbox.release(email);
    this.#outboxChanged(email);
    this.#tryAgain();
  }

  /**
   * The newest of the chat is on the screen, and somebody is looking.
   * @param {string} email
   */
  async markRead(email) {
    const { archive, chatList, receipts } = this.#parts;
    const newestId = this.#screens.thread(email)?.newestId ?? Infinity;
    if (chatList.unread(email) > 0 && (await archive.markSeen(email, newestId))) {
      this.#touchEverywhere(email);
      receipts.note();
    }
  }

  /**
   * Clears a chat for oneself alone.
   * @param {string} email
   */
  async clear(email) {
    await this.#parts.api.clearConversation(email);
    // The mailbox knows what came before the clearing and what after.
    await this.#parts.mailbox.sync();
  }

  /**
   * @param {string} email
   * @param {string} text what was begun and not sent; "" for nothing
   */
  setDraft(email, text) {
    this.#drafts.set(email, text);
  }

  /**
   * The one way in: answers, pushes, and what `sync` tells.
   * @param {MailboxEvent[]} events checked, in their order
   * @param {number | null} cursor up to where the mailbox stands here afterwards; null: where it did
   */
  async receive(events, cursor) {
    const { archive, contacts, opener } = this.#parts;
    const { chats, arrived } = await archive.enter(events, cursor);
    const peers = [...chats.keys()];
    peers.forEach((email) => this.#screens.touch(email));
    if (this.#isSynced && arrived.length <= ANNOUNCED_AT_ONCE) {
      arrived.forEach((id) => this.#fresh.add(id));
    }
    if (arrived.length > 0) {
      opener.catchUp().catch(() => {});
    }
    contacts.askForNames(peers).catch(() => {});
  }

  /**
   * @param {MessageRow} row
   * @param {string} text
   */
  #opened(row, text) {
    if (this.#screens.shows(row)) {
      this.#screens.touch(row.peer);
    }
    if (!row.mine) {
      this.#parts.receipts.note();
    }
    if (this.#fresh.delete(row.id)) {
      this.emit("announce", { email: row.peer, name: this.#parts.people.nameOf(row.peer), text });
    }
  }

  /** @param {MessageRow} row that is nothing to announce */
  #silent(row) {
    this.#fresh.delete(row.id);
    if (this.#screens.shows(row)) {
      this.#screens.touch(row.peer);
    }
  }

  /** @param {string} email */
  #outboxChanged(email) {
    this.#touchEverywhere(email);
    this.#parts.tabs.tell("outbox");
    this.#parts.courier.wake();
  }

  /** @param {string} email */
  #touchEverywhere(email) {
    this.#screens.touch(email);
    this.#parts.tabs.tell("chat", { email });
  }

  /** Other keys: what could not be opened may be opened now. */
  #tryAgain() {
    this.#parts.opener.forgetFailures();
    this.#screens.touchAll();
  }

  #reached() {
    const { accountKey, courier, opener } = this.#parts;
    this.#isSynced = true;
    opener.catchUp().catch(() => {});
    courier.hurry();
    if (accountKey.status === "unknown") {
      accountKey.ensure().catch(() => {});
    }
  }
}

/**
 * @param {string} text
 * @returns {string} the same, without halves of characters that no encoding has
 * @throws {Refusal} `empty` or `too_long`
 */
function sendable(text) {
  if (text.trim() === "") {
    throw new Refusal("empty");
  }
  if ([...text].length > BODY_LIMIT) {
    throw new Refusal("too_long");
  }
  return isWellFormed(text) ? text : text.replace(/\p{Surrogate}/gu, "\ufffd");
}
