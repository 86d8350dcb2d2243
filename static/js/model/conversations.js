/**
 * The chats of the account: connects receiving, sending, receipts and the screens, and is their interface for the views.
 *
 * Events: `chats` {emails} (of those that have changed; none: all), `thread` {email}, `cleared`, `announce`
 * {email, name, text}, `connection` {state}.
 */
import { Emitter } from "../lib/emitter.js";
import { after } from "../lib/timing.js";
import { chatWith } from "../storage/chat-ids.js";
import { keepArrivals } from "./history/retired-keys.js";

/** @typedef {import("./screen/chat-list.js").ChatSummary} ChatSummary */

// After another tab has announced a message: by then it has stored it, or was closed.
const LOOK_AFTER_MS = 1000;
// A page whose socket opens within this time fetches the contacts only once, when it is open.
const SOCKET_PATIENCE_MS = 3000;

export class Conversations extends Emitter {
  #parts;
  /** whether the stored chats have been read */
  isLoaded = false;
  /** how often the server was asked since there was a socket */
  #polls = 0;

  /** @param {ConversationsParts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
    this.#listen();
  }

  #listen() {
    const { accountKey, announcements, connection, contacts, decryptQueue, drafts, peerKeys } = this.#parts;
    const { peerReceipts, screens, sendQueue, serverDeletions, sync, tabs } = this.#parts;
    screens.on("chats", (detail) => this.emit("chats", detail));
    screens.on("thread", (detail) => this.emit("thread", detail));
    announcements.on("announce", (detail) => this.emit("announce", detail));
    sync.on("applied", (change) => this.#applied(change));
    contacts.on("added", ({ email }) => {
      this.#noteReceipts();
      this.set(email, { deleted: false }).catch(() => {});
    });
    decryptQueue.on("opened", ({ row }) => {
      this.#noteReceipts();
      // It shows that the user has written to that person: receipts of them may have waited.
      if (row.mine) void peerReceipts.take(row.chat);
    });
    peerReceipts.on("changed", ({ email, named }) => {
      screens.touch(email);
      decryptQueue.openNamed(email, named);
      this.#tellNamed({ email, hash: named });
    });
    decryptQueue.on("repeated", () => this.#noteReceipts()); // a skip may close a hole
    decryptQueue.on("named", (detail) => this.#tellNamed(detail));
    tabs.on("named", ({ email, hash }) => decryptQueue.openNamed(email, hash));
    sync.on("synced", ({ isReached }) => isReached && this.#askWithoutSocket());
    tabs.on("chat", ({ email }) => drafts.adopt([email]));
    tabs.on("outbox", () => sendQueue.hurry());
    tabs.on("sending", ({ email }) => after(LOOK_AFTER_MS, () => this.#lookAt(email)));
    accountKey.on("changed", () => this.#tryAgain());
    peerKeys.on("usable", ({ email }) => this.#outboxChanged(email));
    connection.on("changed", (detail) => this.emit("connection", detail));
    sendQueue.on("moved", ({ peer }) => {
      void serverDeletions.run();
      this.#tellProfile(peer).catch(() => {});
    });
    connection.on("open", () => {
      void serverDeletions.run();
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

  /**
   * Another tab may hold a message that a retired key opens once it is named.
   * @param {{ email: string, hash: string | null }} named
   */
  #tellNamed(named) {
    const { peerKeys, tabs } = this.#parts;
    if (named.hash !== null && peerKeys.hasRetired(named.email)) {
      tabs.tell("named", named);
    }
  }

  /** @returns {ChatSummary[]} latest first */
  chats() {
    return this.#parts.chatList.all();
  }

  /** @param {string} email */
  isMuted(email) {
    return Boolean(this.#parts.chatList.summary(email)?.isMuted);
  }

  /** @returns {import("./screen/chat-list.js").Request[]} of strangers, latest first */
  requests() {
    return this.#parts.chatList.requests();
  }

  get connection() {
    return this.#parts.connection.state;
  }

  /** Shows the stored chats, then connects to the server. */
  async start() {
    const { accountKey, chatList, sendQueue, connection, outbox, peerReceipts, receipts, receiptWriter } = this.#parts;
    await chatList.load(await outbox.peers());
    this.isLoaded = true;
    this.emit("chats");
    this.#parts.drafts.adopt();
    accountKey.ensure().catch(() => {});
    sendQueue.wake();
    receipts.note();
    receiptWriter.note();
    peerReceipts.takeAll().catch(() => {});
    await connection.start();
  }

  stop() {
    const { clearing, connection, drafts, receipts, receiptWriter, screens, sendQueue } = this.#parts;
    [clearing, sendQueue, connection, receipts, receiptWriter, drafts, screens].forEach((part) => part.stop());
  }

  /** @param {typeof import("./screen/thread.js").Thread} threadClass of the chats that are opened */
  useThreads(threadClass) {
    this.#parts.screens.useThreads(threadClass);
  }

  /**
   * @param {string} email
   * @returns {Thread} the same one each time; it loads itself, and event `thread` follows
   */
  open(email) {
    if (!this.#parts.screens.thread(email)) {
      this.#parts.peerKeys.askAgain(email).catch(() => {});
      if (this.#parts.chatList.summary(email)?.isMarkedUnread) this.set(email, { unread: false }).catch(() => {});
    }
    return this.#parts.screens.open(email);
  }

  /** @param {string} email of a chat that is not shown any more */
  close(email) {
    this.#parts.screens.close(email);
  }

  /**
   * @param {string} email
   * @param {string} text
   * @param {string | null} [reply] the hash of the message that it answers
   * @returns {Promise<string>} its client_id, once the message is stored
   * @throws {import("./server/model-errors.js").Refusal} `empty`, `too_long`, or `storage`: this browser cannot store it
   */
  async send(email, text, reply = null) {
    const clientId = await this.#parts.drafts.send(email, text, reply);
    this.#outboxChanged(email);
    this.#retrySkips();
    this.#noteReceipts();
    this.#parts.decryptQueue.catchUp().catch(() => {});
    return clientId;
  }

  /** @param {string} email of somebody who has got something and may not know the person's present name and picture */
  async #tellProfile(email) {
    const { tellProfile } = await import("./send/profile-sending.js");
    if (await tellProfile(this.#parts, email)) this.#outboxChanged(email);
  }

  /**
   * Tells those whom the person writes to another name or picture.
   * @param {{ name: string, picture?: import("../types/profile-type.js").Picture | null }} change
   */
  async changeProfile(change) {
    const { changeProfile } = await import("./send/profile-sending.js");
    (await changeProfile(this.#parts, change)).forEach((email) => this.#outboxChanged(email));
  }

  /**
   * Changes or reacts to a message.
   * @param {string} email
   * @param {import("./send/message-actions.js").Action} action
   * @throws {import("./server/model-errors.js").Refusal} `empty`, `too_long`, `too_late`, or `no_version_2`: the other person's
   *   browsers do not read it yet
   */
  async change(email, action) {
    const { change } = await import("./send/message-actions.js");
    await change(this.#parts, email, action);
    this.#outboxChanged(email);
  }

  /**
   * @param {string} email
   * @returns {Promise<{ seconds: number, isPossible: boolean }>} how long new messages of the chat are kept, 0: for ever; and whether
   *   that can be changed: all browsers of both have to know it
   */
  async timer(email) {
    const { timer } = await this.#parts.messageStore.chat(chatWith(email));
    return { seconds: timer?.seconds ?? 0, isPossible: this.#parts.people.contentVersion(email) === 2 };
  }

  /**
   * Removes a message for the person, not for the peer. The server is told; whatever it answers, the message does not come back.
   * @param {string} email
   * @param {{ content: { hash: string } | null }} message
   */
  async forget(email, message) {
    const { forget } = await import("./send/message-actions.js");
    await forget(this.#parts, email, message).finally(() => this.#parts.screens.touchEverywhere(email));
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
    await this.#askAboutDeclined(email);
    await this.#parts.outbox.retry(clientId);
    this.#outboxChanged(email);
  }

  /** @param {string} email */
  async retryAll(email) {
    await this.#askAboutDeclined(email);
    await this.#parts.outbox.retryAll(email);
    this.#outboxChanged(email);
  }

  /** @param {string} email to whom something was not sent, for the server takes it only for keys that were declined */
  async #askAboutDeclined(email) {
    const { outbox, peerKeys } = this.#parts;
    if (await outbox.hasFailed(email, "declined_key")) {
      await peerKeys.askAboutDeclined(email).catch(() => {});
    }
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
   * @param {string} [offer] the id of the offer that was on the screen
   * @throws {Refusal} `key_changed`: another key, or another statement for it, is offered by now
   */
  async acceptKey(email, fingerprint = this.#parts.peerKeys.offered(email) ?? "", offer = this.#parts.peerKeys.exactly(email)) {
    const { peerKeys } = this.#parts;
    if (await peerKeys.reconsider(email)) {
      await peerKeys.accept(email, fingerprint, offer, keepArrivals);
      // If only a message had named the key, the server's key is the next to decide about.
      peerKeys.keyFor(email).catch(() => {});
    }
    await this.#release(email);
    this.#tryAgain();
  }

  /**
   * Declines the peer's offered key: held messages are sent for the accepted key, and messages under the offered one stay
   * closed.
   * @param {string} email
   * @param {string} [fingerprint] of the key that was on the screen when the person decided
   * @param {string} [offer] the id of the offer that was on the screen
   * @throws {Refusal} `key_changed`: another key, or another statement for it, is offered by now
   */
  async declineKey(email, fingerprint = this.#parts.peerKeys.offered(email) ?? "", offer = this.#parts.peerKeys.exactly(email)) {
    const { peerKeys } = this.#parts;
    await peerKeys.decline(email, fingerprint, offer);
    // If only a message had named the key, the server may name another one.
    peerKeys.keyFor(email).catch(() => {});
    await this.#release(email);
    this.#tryAgain();
  }

  /** @param {string} email of a peer without an offered key */
  async #release(email) {
    await this.#parts.outbox.release(email);
    this.#outboxChanged(email);
  }

  /** Another browser of the person's has decided about keys. */
  pinsChanged() {
    this.#reconsiderKeys().catch(() => {});
    this.#tryAgain();
  }

  /** @param {string[]} emails of chats that another browser of the person's has changed */
  changedElsewhere(emails) {
    emails.forEach((email) => this.#parts.screens.touchEverywhere(email));
    this.#parts.drafts.adopt(emails);
  }

  /** @param {string} email of a chat of which messages came from the archive */
  tookHistory(email) {
    this.#parts.screens.reachEverywhere(email);
    this.#noteReceipts();
    this.tookPage(email);
  }

  /**
   * The messages may show that the user has written to that person, so that receipts are taken that have waited, or that came with them.
   * @param {string} email of a chat of which older messages came
   */
  tookPage(email) {
    void this.#parts.peerReceipts.take(chatWith(email));
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
    const thread = this.#parts.screens.thread(email);
    const shown = seen && new Set(seen.shown);
    const isShown = (/** @type {number} */ id) => shown?.has(id) ?? thread?.hasShown(id) ?? true;
    // The list's count can be older than the open chat.
    const isNews = !seen || seen.shown.length > 0 || seen.passed.length > 0 || (seen.atEnd && chatList.unread(email) > 0);
    if (isNews && (await messageStore.markSeen(chatWith(email), isShown, seen))) {
      this.#parts.screens.touchEverywhere(email);
      this.#noteReceipts();
    }
  }

  /**
   * Clears a chat for the person, not for the peer.
   * @param {string} email
   */
  async clear(email) {
    await this.#parts.clearing.clear(chatWith(email)).finally(() => this.#parts.screens.touchEverywhere(email));
    this.emit("cleared");
  }

  /**
   * Changes the person's own settings of a chat, in all their browsers. A deleted chat is also cleared, for the person alone.
   * @param {string} email
   * @param {import("./screen/chat-settings-change.js").Wish} wish
   */
  async set(email, wish) {
    const { changeSettings } = await import("./screen/chat-settings-change.js");
    await changeSettings(this.#parts, email, wish).finally(() => this.#parts.screens.touchEverywhere(email));
    if (wish.deleted) this.emit("cleared");
  }

  /**
   * Keeps a chat here that the server says was cleared elsewhere.
   * @param {string} email
   */
  async keepCleared(email) {
    await this.#parts.messageStore.changeChat(chatWith(email), { clearedElsewhere: false });
    this.#parts.screens.touchEverywhere(email);
  }

  /**
   * @param {string} email
   * @param {string} text "" for none
   */
  setDraft(email, text) {
    this.#parts.drafts.setDraft(email, text);
  }

  /** @param {string | null} email of the chat whose composer has the focus; null: none has it */
  focusDraft(email) {
    this.#parts.drafts.focus(email);
  }

  /** @param {Change} change */
  #applied({ chats, arrived, receipts: told }) {
    const { contacts, decryptQueue, peerReceipts, receipts } = this.#parts;
    told.forEach((email) => void peerReceipts.take(email));
    receipts.noteLater();
    if (arrived.length > 0) {
      decryptQueue.catchUp().catch(() => {});
    }
    contacts.askForNames([...chats.keys()]).catch(() => {});
  }

  #retrySkips() {
    const { outbox, sendQueue } = this.#parts;
    outbox.retrySilent().then((isAny) => isAny && sendQueue.wake()).catch(() => {});
  }

  /** @param {string} email */
  #outboxChanged(email) {
    this.#parts.screens.touchEverywhere(email);
    this.#parts.tabs.tell("outbox");
    this.#parts.sendQueue.hurry();
  }

  /** The network is back. Another tab may be the one that sends, so it is told too. */
  #hurry() {
    this.#retrySkips();
    const { sendQueue, receipts, receiptWriter, tabs } = this.#parts;
    sendQueue.hurry();
    receipts.hurry();
    receiptWriter.hurry();
    tabs.tell("outbox");
  }

  /** @param {string} email of a chat in which another tab has sent a message */
  #lookAt(email) {
    this.#parts.screens.touch(email);
    this.#parts.drafts.adopt([email]);
    this.#parts.sendQueue.wake();
  }

  /** Tries failed messages again, because keys have changed. */
  #tryAgain() {
    this.#parts.decryptQueue.forgetFailures();
    this.#parts.screens.touchAll();
    this.#parts.peerReceipts.takeAll().catch(() => {});
    this.#parts.receiptWriter.hurry();
  }

  /** With a socket, the server pushes `resync` when another browser replaces the key. Without one, each poll asks. */
  #askWithoutSocket() {
    const { accountKey, connection } = this.#parts;
    this.#polls = connection.state === "ok" ? 0 : this.#polls + 1;
    // The first is no poll yet: the socket is being opened, and then the key is asked for.
    if (this.#polls > 1) {
      accountKey.ensure().catch(() => {});
    }
  }

  #reached() {
    const { accountKey, clearing, contacts, connection, decryptQueue } = this.#parts;
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
