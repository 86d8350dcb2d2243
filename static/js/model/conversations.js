/**
 * The chats of the account: connects receiving, sending, receipts and the screens, and is their interface for the views.
 *
 * Events: `chats`, `thread` {email}, `announce` {email, name, text}, `connection` {state}.
 */
import { Emitter } from "../lib/emitter.js";
import { isVisible } from "../lib/text.js";
import { after } from "../lib/timing.js";
import { OPENING_PATIENCE_MS } from "./history/gaps.js";
import { EMPTY } from "./receive/unopened.js";
import { Screens } from "./screen/screens.js";
import { Drafts } from "./send/drafts.js";

/** @typedef {import("./screen/chat-list.js").ChatSummary} ChatSummary */

// After another tab has announced a message: by then it has stored it, or was closed.
const LOOK_AFTER_MS = 1000;
// A page whose socket opens within this time fetches the contacts only once, when it is open.
const SOCKET_PATIENCE_MS = 3000;
// If more messages come at once, none is announced.
const ANNOUNCED_AT_ONCE = 3;

export class Conversations extends Emitter {
  #parts;
  #screens;
  #drafts;
  /** @type {Set<number>} ids of messages to announce once they are decrypted */
  #fresh = new Set();
  #isSynced = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #lookAgain;

  /** @param {ConversationsParts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
    this.#screens = new Screens(parts);
    this.#drafts = new Drafts({
      ...parts,
      thread: (email) => this.#screens.thread(email),
      changed: (email) => this.#touchEverywhere(email),
      adopted: (email) => this.emit("thread", { email }),
    });
    this.#listen();
  }

  #listen() {
    const { accountKey, contacts, sendQueue, connection, sync, decryptQueue, peerKeys, peerReceipts, people } = this.#parts;
    const { preferences, tabs } = this.#parts;
    contacts.on("added", () => this.#noteReceipts());
    sync.on("behind", () => this.#screens.jump().catch(() => {}));
    this.#screens.on("chats", () => this.emit("chats"));
    this.#screens.on("thread", (detail) => this.emit("thread", detail));
    decryptQueue.on("opened", ({ row, text }) => this.#opened(row, text));
    decryptQueue.on("failed", ({ row }) => this.#silent(row));
    decryptQueue.on("repeated", ({ row }) => this.#silent(row));
    peerReceipts.on("changed", ({ email, named }) => {
      this.#screens.touch(email);
      decryptQueue.openNamed(email, named);
    });
    sync.on("synced", ({ isDone }) => isDone && this.#complete());
    sync.on("late", () => this.#complete());
    sendQueue.on("moved", ({ peer }) => this.#touchEverywhere(peer));
    people.on("changed", ({ email }) => this.#screens.touch(email));
    people.on("changed", () => decryptQueue.catchUp().catch(() => {}));
    preferences.on("changed", () => this.#screens.touchAll());
    tabs.on("chat", ({ email }) => {
      this.#screens.touch(email);
      this.#drafts.adopt([email]);
    });
    tabs.on("outbox", () => sendQueue.hurry());
    tabs.on("sending", ({ email }) => after(LOOK_AFTER_MS, () => this.#lookAt(email)));
    accountKey.on("changed", () => this.#tryAgain());
    peerKeys.on("usable", ({ email }) => this.#outboxChanged(email));
    connection.on("changed", (detail) => this.emit("connection", detail));
    connection.on("open", () => {
      this.#hurry();
      this.#parts.contacts.refresh().catch(() => {});
      accountKey.ensure().catch(() => {});
      this.#reconsiderKeys().catch(() => {});
      peerKeys.refresh().catch(() => {});
    });
    // Another browser may have taken over the account's key.
    connection.on("resync", () => void accountKey.ensure().catch(() => {}));
    connection.on("reached", () => this.#reached());
  }

  /** @returns {ChatSummary[]} latest first */
  chats() {
    return this.#parts.chatList.all();
  }

  get connection() {
    return this.#parts.connection.state;
  }

  /** Shows the stored chats, then connects to the server. */
  async start() {
    const { accountKey, chatList, sendQueue, connection, outbox, peerReceipts, receipts, receiptWriter } = this.#parts;
    await chatList.load(await outbox.peers());
    this.emit("chats");
    this.#drafts.adopt();
    accountKey.ensure().catch(() => {});
    sendQueue.wake();
    receipts.note();
    receiptWriter.note();
    peerReceipts.takeAll().catch(() => {});
    await connection.start();
  }

  stop() {
    const { clearing, sendQueue, connection, receipts, receiptWriter } = this.#parts;
    [clearing, sendQueue, connection, receipts, receiptWriter, this.#drafts, this.#screens].forEach((part) => part.stop());
    clearTimeout(this.#lookAgain);
  }

  /**
   * @param {string} email
   * @returns {Thread} the same one each time; it loads itself, and event `thread` follows
   */
  open(email) {
    if (!this.#screens.thread(email)) {
      this.#parts.peerKeys.askAgain(email).catch(() => {});
    }
    return this.#screens.open(email, () => this.#drafts.draft(email));
  }

  /** @param {string} email of a chat that is not shown any more */
  close(email) {
    this.#screens.close(email);
  }

  /** @returns {Promise<void>} resolves when no screen waits for anything */
  calm() {
    return this.#screens.calm();
  }

  /**
   * @param {string} email
   * @param {string} text
   * @returns {Promise<string>} its client_id, once the message is stored
   * @throws {import("./server/model-errors.js").Refusal} `empty`, `too_long`, or `storage`: this browser cannot store it
   */
  async send(email, text) {
    const clientId = await this.#drafts.send(email, text);
    this.#outboxChanged(email);
    this.#noteReceipts();
    this.#parts.decryptQueue.catchUp().catch(() => {});
    return clientId;
  }

  /** Called when receipts may be due, for example because a stranger has become a contact. */
  #noteReceipts() {
    this.#parts.receipts.note();
    this.#parts.receiptWriter.note();
  }

  /**
   * Sends a failed message again.
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
   * Takes back a message that has failed or is held.
   * @param {string} email
   * @param {string} clientId
   */
  async remove(email, clientId) {
    await this.#parts.outbox.remove(clientId);
    this.#outboxChanged(email);
  }

  /**
   * Accepts the peer's offered key: held messages are sent, and messages under that key are decrypted.
   * @param {string} email
   * @param {string} [fingerprint] of the key that was on the screen when the person decided
   * @throws {Refusal} `key_changed`: another key is offered by now
   */
  async acceptKey(email, fingerprint = this.#parts.peerKeys.offered(email) ?? "") {
    const { peerKeys, retiredKeys } = this.#parts;
    const what = peerKeys.exactly(email);
    if (await peerKeys.reconsider(email)) {
      await retiredKeys.keepArrivals(email);
      await peerKeys.accept(email, fingerprint, what);
      // If only a message had named the key, the server's key is the next to decide about.
      peerKeys.keyFor(email).catch(() => {});
    }
    await this.#release(email);
    this.#tryAgain();
  }

  /** @param {string} email of a peer without an offered key */
  async #release(email) {
    await this.#parts.outbox.release(email);
    this.#outboxChanged(email);
  }

  /** Sends held messages to peers without an offered key. */
  async #reconsiderKeys() {
    const { outbox, peerKeys } = this.#parts;
    for (const email of await outbox.peersHeld()) {
      if (!(await peerKeys.reconsider(email))) {
        await this.#release(email);
      }
    }
  }

  /**
   * Marks messages as read that are on the screen while the person is looking.
   * @param {string} email
   * @param {import("./history/seen.js").Seen} [seen] default: all messages that the chat shows
   */
  async markRead(email, seen) {
    const { messageStore, chatList } = this.#parts;
    const thread = this.#screens.thread(email);
    const shown = seen && new Set(seen.shown);
    const isShown = (/** @type {number} */ id) => shown?.has(id) ?? thread?.hasShown(id) ?? true;
    const isNews = seen?.shown.length || seen?.passed.length || (seen?.atEnd !== false && chatList.unread(email) > 0);
    if (isNews && (await messageStore.markSeen(email, isShown, seen))) {
      this.#touchEverywhere(email);
      this.#noteReceipts();
    }
  }

  /**
   * Clears a chat for the person, not for the peer.
   * @param {string} email
   */
  async clear(email) {
    await this.#parts.clearing.clear(email).finally(() => this.#touchEverywhere(email));
  }

  /**
   * Keeps a chat here that the server says was cleared elsewhere.
   * @param {string} email
   */
  async keepCleared(email) {
    await this.#parts.messageStore.changeChat(email, { clearedElsewhere: false });
    this.#touchEverywhere(email);
  }

  /**
   * @param {string} email
   * @param {string} text "" for none
   */
  setDraft(email, text) {
    this.#drafts.setDraft(email, text);
  }

  /**
   * Applies events of the mailbox. All events come through here: responses, pushes and sync.
   * @param {MailboxEvent[]} events checked, in their order
   * @param {number | null} sequence of the last of them; null: the stored sequence does not change
   */
  async receive(events, sequence) {
    const { messageStore, contacts, sync, decryptQueue, peerReceipts, receipts } = this.#parts;
    const { chats, arrived, receipts: told } = await messageStore.enter(events, sequence, sync.isComplete);
    told.forEach((email) => void peerReceipts.take(email));
    receipts.noteLater();
    const peers = [...chats.keys()];
    peers.forEach((email) => this.#screens.touch(email));
    if (this.#isSynced && arrived.length <= ANNOUNCED_AT_ONCE) {
      arrived.forEach((id) => this.#fresh.add(id));
    }
    if (arrived.length > 0) {
      decryptQueue.catchUp().catch(() => {});
      this.#lookAgain ??= after(OPENING_PATIENCE_MS + 1000, () => this.#lookAtAll());
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
      this.#noteReceipts();
    }
    if (this.#fresh.delete(row.id)) {
      const name = this.#parts.people.labelOf(row.peer);
      this.emit("announce", { email: row.peer, name, text: isVisible(text) ? text : EMPTY });
    }
  }

  /** @param {MessageRow} row of a message that is not announced */
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
    this.#parts.sendQueue.hurry();
  }

  /** The network is back. Another tab may be the one that sends, so it is told too. */
  #hurry() {
    const { sendQueue, receipts, receiptWriter, tabs } = this.#parts;
    sendQueue.hurry();
    receipts.hurry();
    receiptWriter.hurry();
    tabs.tell("outbox");
  }

  /** @param {string} email of a chat in which another tab has sent a message */
  #lookAt(email) {
    this.#screens.touch(email);
    this.#drafts.adopt([email]);
    this.#parts.sendQueue.wake();
  }

  /** @param {string} email */
  #touchEverywhere(email) {
    this.#screens.touch(email);
    this.#parts.tabs.tell("chat", { email });
  }

  /** Tries failed messages again, because keys have changed. */
  #tryAgain() {
    this.#parts.decryptQueue.forgetFailures();
    this.#screens.touchAll();
    this.#parts.peerReceipts.takeAll().catch(() => {});
    this.#parts.receiptWriter.hurry();
  }

  /** Reads the screens again: messages that wait for decryption no longer hide gaps. */
  #lookAtAll() {
    this.#lookAgain = undefined;
    this.#screens.touchAll();
  }

  /** A sync is complete or late, so gaps show from now on. */
  #complete() {
    this.#screens.touchAll();
    this.#screens.widen();
  }

  #reached() {
    const { accountKey, clearing, contacts, connection, decryptQueue } = this.#parts;
    this.#isSynced = true;
    decryptQueue.catchUp().catch(() => {});
    // Only now are all earlier messages here.
    clearing.askDue().catch(() => {});
    this.#hurry();
    // A socket that opens does the same.
    after(SOCKET_PATIENCE_MS, () => connection.state !== "ok" && void contacts.refresh().catch(() => {}));
    if (accountKey.status === "unknown") {
      accountKey.ensure().catch(() => {});
    }
  }
}
