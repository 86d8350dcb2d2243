/** Builds all that belongs to one account in this browser, and takes it down again. */
import { Emitter } from "../lib/emitter.js";
import { Realtime } from "../net/realtime.js";
import { Database } from "../storage/database.js";
import { readForgot, writeForgot } from "../storage/device.js";
import { Conversations } from "./conversations.js";
import { Chains } from "./history/chains.js";
import { Cleared } from "./history/cleared-messages.js";
import { Clearing } from "./history/clearing.js";
import { Archive } from "./history/message-store.js";
import { History } from "./history/older-messages.js";
import { Retirement } from "./history/retired-keys.js";
import { AccountKey } from "./keys/account-key.js";
import { Contacts } from "./keys/contacts.js";
import { PeerKeys } from "./keys/peer-keys.js";
import { People } from "./keys/people.js";
import { Safety } from "./keys/safety.js";
import { Vault } from "./keys/storage-cipher.js";
import { Forgetting } from "./keys/storage-loss.js";
import { PeerReceipts } from "./receipts/peer-receipts.js";
import { ReceiptWriter } from "./receipts/receipt-writer.js";
import { Receipts } from "./receipts/receipts.js";
import { Link } from "./receive/connection.js";
import { Opener } from "./receive/decrypt-queue.js";
import { Mailbox } from "./receive/sync.js";
import { Unsealer } from "./receive/unsealer.js";
import { ChatList } from "./screen/chat-list.js";
import { Outbox } from "./send/outbox.js";
import { Courier } from "./send/send-queue.js";
import { Transmitter } from "./send/transport.js";
import { requireIdentities } from "./session/browser-support.js";
import { keptOf } from "./session/leftover-data.js";
import { claim } from "./session/owner.js";
import { Persistence } from "./session/persistence.js";
import { Preferences } from "./session/preferences.js";
import { Tabs } from "./session/tabs.js";

const FORGOT_LIMIT = 100;

/**
 * What differs between a browser and a test.
 * @typedef {object} Surroundings
 * @property {string} [socketUrl]
 * @property {Pick<LockManager, "request">} [locks]
 */

/** Event: `forgetting` (it has changed). */
export class Account extends Emitter {
  #database;
  #forgetting;
  #people;
  #tabs;
  #chatList;

  /**
   * @param {Session} session
   * @param {Database} database
   * @param {ReturnType<typeof build>} parts
   */
  constructor(session, database, parts) {
    super();
    this.session = session;
    this.key = parts.accountKey;
    this.contacts = parts.contacts;
    this.conversations = parts.conversations;
    this.preferences = parts.preferences;
    this.persistence = new Persistence({ database });
    this.safety = parts.safety;
    this.#forgetting = parts.forgetting;
    this.#database = database;
    this.#people = parts.people;
    this.#tabs = parts.tabs;
    this.#chatList = parts.chatList;
    database.on("closed", () => session.end("logged_out"));
    parts.tabs.on("ended", () => session.end("logged_out"));
    parts.tabs.on("user", () => session.learnFromTab().catch(() => {}));
    session.on("renamed", () => parts.tabs.tell("user"));
    session.on("ended", () => this.close());
    parts.forgetting.on("changed", () => this.emit("forgetting"));
    parts.conversations.on("connection", () => this.#settle());
  }

  /**
   * @param {Session} session of somebody who is logged in
   * @param {Surroundings} [surroundings]
   * @returns {Promise<Account>} as this browser knows it; nothing has been asked of the server yet
   * @throws {import("./server/model-errors.js").Refusal | import("../storage/storage-errors.js").StorageError} `other_account_here`: another
   *   account that had this address; `insecure_page`, `too_old`, `device_…`: this browser cannot hold a key
   */
  static async open(session, surroundings = {}) {
    const user = /** @type {User} */ (session.user);
    const database = await Database.open(user.email);
    try {
      await requireIdentities();
      await claim(database, user);
      const parts = build({ session, database, vault: await Vault.of(database), email: user.email, surroundings });
      const forgot = await readForgot(user.id);
      parts.accountKey.takeForgot(forgot.keys);
      parts.forgetting.takeCompared(forgot.compared);
      await Promise.all([parts.people.load(), parts.accountKey.load(), parts.forgetting.load(), parts.preferences.load()]);
      return new Account(session, database, parts);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /**
   * Makes room for the account of this session, where `open` says `other_account_here`.
   * @param {Session} session
   */
  static forget(session) {
    return Database.delete(/** @type {User} */ (session.user).email);
  }

  /**
   * What `forget` would delete.
   * @param {Session} session
   */
  static kept(session) {
    return keptOf(/** @type {User} */ (session.user).email);
  }

  /** Whether the account is older than what this browser knows of it. */
  get forgetting() {
    return this.#forgetting.isToBeSaid;
  }

  /** With how many people the person had compared numbers, where the page is to say that this is lost; 0: it is not. */
  get comparedBefore() {
    return this.#forgetting.comparedBefore;
  }

  async forgettingSaid() {
    await this.#forgetting.said();
  }

  #settle() {
    this.#forgetting.settle().catch(() => {});
  }

  /** Shows what is stored, then asks the server. */
  async start() {
    this.#settle();
    await this.conversations.start();
  }

  /** Finds out which names look alike: the table for it is no part of the first screen. */
  async tellLookalikesApart() {
    const { lookalikeKeys } = await import("../lib/skeleton.js");
    this.#people.compareBy(lookalikeKeys);
  }

  /** @returns {number} how many messages have not left yet */
  unsent() {
    return this.#chatList.unsent;
  }

  /**
   * @param {{ forget: boolean }} choice forget: this browser's key and messages of this account as well
   */
  async logOut({ forget }) {
    const { email } = /** @type {User} */ (this.session.user);
    if (forget) {
      await this.#noteForgot().catch(() => {});
    }
    this.#tabs.tell("ended");
    this.close();
    await this.session.logOut(async () => forget && Database.delete(email).catch(() => false));
  }

  async #noteForgot() {
    const { id } = /** @type {User} */ (this.session.user);
    const compared = this.#people.all().filter(({ checked }) => checked !== null).length;
    const keys = [...(await readForgot(id)).keys, ...this.key.pairs.map(({ fingerprint }) => fingerprint)];
    await writeForgot(id, { compared, keys: [...new Set(keys)].slice(-FORGOT_LIMIT) });
  }

  /**
   * Deletes the account, on the server and here. Others keep what they have received.
   * @param {{ password: string }} proof
   */
  async deleteAccount({ password }) {
    await this.session.api.deleteAccount(password);
    await this.logOut({ forget: true });
  }

  close() {
    this.conversations.stop();
    this.#tabs.close();
    this.#database.close();
  }
}

/**
 * @param {{ session: Session, database: Database, vault: Vault, email: string, surroundings: Surroundings }} given
 */
function build({ session, database, vault, email, surroundings }) {
  const { api } = session;
  const tabs = new Tabs(email);
  const people = new People({ database, tabs });
  const accountKey = new AccountKey({ database, api, tabs, email });
  const cleared = new Cleared({ database, vault });
  const chains = new Chains({ database, vault, cleared });
  const forgetting = new Forgetting({ api, database, accountKey, people, tabs, ownEmail: email });
  const peerKeys = new PeerKeys({ api, people, accountKey, forgetting });
  const unsealer = new Unsealer({ accountKey, peerKeys, ownEmail: email });
  const archive = new Archive({ database, vault, cleared });
  const retirement = new Retirement({ database, vault, cleared, people });
  const opener = new Opener({ archive, chains, people, retirement, unsealer });
  const preferences = new Preferences({ database, tabs });
  const stored = {
    tabs, people, accountKey, peerKeys, archive, opener, vault, api, database, chains, cleared, retirement, unsealer, preferences, ownEmail: email,
    locks: surroundings.locks ?? navigator.locks,
  };
  const outbox = new Outbox(stored);
  const contacts = new Contacts(stored);
  const realtime = realtimeOf(session, surroundings);
  const mailbox = new Mailbox({
    ...stored,
    enter: (events, cursor) => conversations.receive(events, cursor),
    calm: () => conversations.calm(),
    restart: () => archive.restart(),
  });
  const transmitter = new Transmitter({ ...stored, realtime, accepted: (event) => mailbox.accepted(event) });
  const chatList = new ChatList(stored);
  const conversations = new Conversations({
    ...stored,
    chatList,
    clearing: new Clearing({ ...stored, mailbox }),
    contacts,
    courier: new Courier({ ...stored, outbox, transmitter }),
    history: new History(stored),
    link: new Link({ ...stored, contacts, mailbox, realtime }),
    mailbox,
    outbox,
    peerReceipts: new PeerReceipts(stored),
    receipts: new Receipts(stored),
    receiptWriter: new ReceiptWriter({ ...stored, transmitter }),
  });
  const safety = new Safety(stored);
  return { accountKey, chatList, contacts, conversations, forgetting, people, preferences, safety, tabs };
}

/**
 * @param {Session} session
 * @param {Surroundings} surroundings
 */
function realtimeOf(session, { socketUrl = socketAddress() }) {
  return new Realtime({
    url: socketUrl,
    accessToken: () => session.accessToken(),
    renewToken: (refused) => session.renewToken(refused),
    renewInMs: () => session.renewInMs(),
  });
}

/** @returns {string} */
function socketAddress() {
  const address = new URL("/ws/chat/", location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}
