/** One account in this browser: builds its parts, and closes or deletes them. */
import { Emitter } from "../lib/emitter.js";
import { once } from "../lib/once.js";
import { whenIdle } from "../lib/timing.js";
import { Realtime } from "../net/realtime.js";
import { Database } from "../storage/database.js";
import { readForgotten } from "../storage/device.js";
import { Conversations } from "./conversations.js";
import { Chains } from "./history/chains.js";
import { ClearedMessages } from "./history/cleared-messages.js";
import { Clearing } from "./history/clearing.js";
import { keepListed } from "./history/standing.js";
import { watchEndings } from "./history/ending-watch.js";
import { MessageStore } from "./history/message-store.js";
import { OlderMessages } from "./history/older-messages.js";
import { RetiredKeys } from "./history/retired-keys.js";
import { AccountKey } from "./keys/account-key.js";
import { Contacts } from "./keys/contacts.js";
import { ListedBrowsers } from "./keys/listed-browsers.js";
import { PeerKeys } from "./keys/peer-keys.js";
import { People } from "./keys/people.js";
import { Safety } from "./keys/safety.js";
import { StorageCipher } from "./keys/storage-cipher.js";
import { StorageLoss } from "./keys/storage-loss.js";
import { PeerReceipts } from "./receipts/peer-receipts.js";
import { ReceiptWriter } from "./receipts/receipt-writer.js";
import { Receipts } from "./receipts/receipts.js";
import { Announcements } from "./receive/announcements.js";
import { Connection } from "./receive/connection.js";
import { DecryptQueue } from "./receive/decrypt-queue.js";
import { ScreenWork } from "./receive/screen-work.js";
import { Sync } from "./receive/sync.js";
import { Unsealer } from "./receive/unsealer.js";
import { ChatList } from "./screen/chat-list.js";
import { Screens } from "./screen/screens.js";
import { Drafts } from "./send/drafts.js";
import { Outbox } from "./send/outbox.js";
import { SendQueue } from "./send/send-queue.js";
import { ServerDeletions } from "./send/server-deletions.js";
import { Transport } from "./send/transport.js";
import { requireIdentities } from "./session/browser-support.js";
import { claim } from "./session/owner.js";
import { Preferences } from "./session/preferences.js";
import { Tabs } from "./session/tabs.js";
import { Vault } from "./vault/account-vault.js";

const leaving = () => import("./leaving.js");

/**
 * What tests replace.
 * @typedef {object} Environment
 * @property {string} [socketUrl]
 * @property {Pick<LockManager, "request">} [locks]
 */

/** Event: `storageLoss` (it has changed). */
export class Account extends Emitter {
  #database;
  #cipher;
  #storageLoss;
  #people;
  #parts;
  #tabs;
  #chatList;
  #stopWatching = () => {};

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
    this.safety = parts.safety;
    this.strangers = parts.strangers;
    this.vault = parts.vault;
    this.#storageLoss = parts.storageLoss;
    this.#database = database;
    this.#cipher = parts.cipher;
    this.#people = parts.people;
    this.#parts = parts;
    this.#tabs = parts.tabs;
    this.#chatList = parts.chatList;
    database.on("closed", ({ isLost }) => session.end(isLost ? "storage_lost" : "logged_out"));
    parts.tabs.on("ended", () => session.end("logged_out"));
    parts.tabs.on("user", () => session.learnFromTab().catch(() => {}));
    session.on("renamed", () => parts.tabs.tell("user"));
    session.on("ended", () => this.close());
    parts.storageLoss.on("changed", () => this.emit("storageLoss"));
    parts.conversations.on("connection", () => this.#settle());
  }

  /**
   * @param {Session} session with a logged-in user
   * @param {Environment} [environment]
   * @returns {Promise<Account>} from this browser's data, without a call to the server
   * @throws {import("./server/model-errors.js").Refusal | import("../storage/storage-errors.js").StorageError} `other_account_here`: another
   *   account that had this address; `insecure_page`, `too_old`, `device_…`: this browser cannot hold a key
   */
  static async open(session, environment = {}) {
    const user = /** @type {User} */ (session.user);
    const database = await Database.open(user.email);
    try {
      await requireIdentities();
      await claim(database, user);
      const parts = build({ session, database, cipher: await StorageCipher.of(database), ownEmail: user.email, environment });
      const forgotten = await readForgotten(user.id);
      parts.accountKey.setForgottenKeys(forgotten.keys);
      parts.storageLoss.setComparedBefore(forgotten.compared);
      await Promise.all([parts.people.load(), parts.accountKey.load(), parts.storageLoss.load(), parts.preferences.load()]);
      await keepListed(database);
      await parts.vault.open();
      return new Account(session, database, parts);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /**
   * Deletes the data of the earlier account, after `open` has thrown `other_account_here`.
   * @param {Session} session
   */
  static forget(session) {
    return Database.delete(/** @type {User} */ (session.user).email);
  }

  /**
   * The data that `forget` would delete.
   * @param {Session} session
   */
  static async leftoverData(session) {
    const { leftoverData } = await import("./session/leftover-data.js");
    return leftoverData(/** @type {User} */ (session.user).email);
  }

  /** Whether this browser has lost data of the account, and the person is to be told. */
  get storageLoss() {
    return this.#storageLoss.isToBeTold;
  }

  /** With how many people safety numbers had been compared, if the page is to say that this is lost; otherwise 0. */
  get comparedBefore() {
    return this.#storageLoss.comparedBefore;
  }

  async acknowledgeStorageLoss() {
    await this.#storageLoss.acknowledge();
  }

  #settle() {
    this.#storageLoss.settle().catch(() => {});
  }

  /** Shows the stored chats, then connects to the server. */
  async start() {
    this.#settle();
    this.#stopWatching = watchEndings(this.#parts, () => import("./history/disappearing.js"), (email) => {
      this.conversations.changedElsewhere([email]);
      this.vault.archiveSoon();
    });
    await this.conversations.start();
  }

  /** Loads the large table of lookalike letters, and compares names by it. */
  async tellLookalikesApart() {
    const { lookalikeKeys } = await import("../lib/skeleton.js");
    this.#people.compareBy(lookalikeKeys);
  }

  /** @returns {number} of messages that were not sent yet */
  unsent() {
    return this.#chatList.unsent;
  }

  /**
   * @param {{ forget: boolean }} choice forget: also delete this browser's keys and messages of the account
   */
  async logOut({ forget }) {
    if (forget) {
      const { id } = /** @type {User} */ (this.session.user);
      await leaving().then(({ noteForgotten }) => noteForgotten(id, this.#people.all(), this.key.pairs)).catch(() => {});
    }
    await this.#leave(forget, "logged_out");
  }

  /**
   * @param {boolean} forget
   * @param {"logged_out" | "deleted"} reason
   */
  async #leave(forget, reason) {
    const { email } = /** @type {User} */ (this.session.user);
    this.#tabs.tell("ended");
    this.close();
    const unsubscribing = leaving().then(({ unsubscribe }) => unsubscribe()).catch(() => {});
    const forgetFiles = () => import("./files/of-account.js").then((files) => files.forget(email)).catch(() => {});
    const forgetHere = () => forget && Database.delete(email).finally(forgetFiles).catch(() => false);
    await this.session.logOut(() => Promise.all([unsubscribing, forgetHere()]), reason);
  }

  /**
   * Web Push of this browser.
   * @param {Promise<ServiceWorkerRegistration | undefined>} registering
   */
  async webPush(registering) {
    const { WebPush } = await import("./worker/web-push.js");
    return new WebPush({ api: this.session.api, database: this.#database, preferences: this.preferences, registering });
  }

  /**
   * Deletes the account on the server, and all that this browser holds of it. Others keep the messages that they have
   * received.
   * @param {{ password: string }} proof
   */
  async deleteAccount({ password }) {
    await this.session.api.deleteAccount(password);
    const { id } = /** @type {User} */ (this.session.user);
    await leaving().then(({ forgetNotes }) => forgetNotes(id)).catch(() => {});
    await this.#leave(true, "deleted");
  }

  /** Whether the browser keeps the account's data. */
  persistence = once(() => import("./session/persistence.js").then(({ Persistence }) => new Persistence({ database: this.#database })));

  /** When the person is reminded to keep a way back. */
  reminder = once(() => import("./session/way-back-reminder.js").then(({ WayBackReminder }) =>
    new WayBackReminder({ database: this.#database, accountSinceMs: this.session.user?.createdAtMs ?? 0 })));

  /** Who is writing to the person, and how those are told whom the person writes to. */
  typing = once(async () => {
    const { Typing } = await import("./receipts/typing.js");
    return new Typing(this.#parts);
  });

  /**
   * All that this browser holds of the account, decrypted.
   * @param {string} [only] the other person of the one chat that is wanted
   */
  async *exported(only) {
    const { exportedParts } = await import("./screen/export.js");
    const user = /** @type {User} */ (this.session.user);
    yield* exportedParts({ database: this.#database, cipher: this.#cipher, people: this.#people, user }, only);
  }

  /**
   * A search in the messages that this browser keeps.
   * @param {{ batch?: number }} [options]
   */
  async messageSearch(options) {
    const { MessageSearch } = await import("./screen/message-search.js");
    return new MessageSearch({ database: this.#database, cipher: this.#cipher, conversations: this.conversations, ...options });
  }

  /** What the person reports to those who run the server. */
  async reports() {
    const { Reports } = await import("./screen/reports.js");
    const { email } = /** @type {User} */ (this.session.user);
    return new Reports({ api: this.session.api, database: this.#database, cipher: this.#cipher, ownEmail: email });
  }

  /** @param {boolean} [isWanted] false: null where nothing was being uploaded */
  async files(isWanted) {
    const { filesOf } = await import("./files/of-account.js");
    return filesOf(this.session, this.#parts, isWanted);
  }

  /** @returns {Promise<import("./session/own-profile.js").OwnProfile | undefined>} the person's own name and picture, if they have changed them */
  async ownProfile() {
    const { ownProfile } = await import("./session/own-profile.js");
    return ownProfile({ database: this.#database, cipher: this.#cipher });
  }

  /**
   * @param {string} email of somebody who has one, or one's own
   * @returns {Promise<import("../types/profile-type.js").Picture | null>}
   */
  async pictureOf(email) {
    if (email === this.session.user?.email) {
      return (await this.ownProfile())?.value.picture ?? null;
    }
    const { pictureOf } = await import("./keys/profiles.js");
    return pictureOf({ database: this.#database, cipher: this.#cipher }, email);
  }

  close() {
    this.#stopWatching();
    this.conversations.stop();
    this.vault.stop();
    this.#tabs.close();
    this.#database.close();
  }
}

/**
 * @param {{ session: Session, database: Database, cipher: StorageCipher, ownEmail: string, environment: Environment }} given
 */
function build({ session, database, cipher, ownEmail, environment }) {
  const { api } = session;
  const tabs = new Tabs(ownEmail);
  const people = new People({ cipher, database, tabs });
  const accountKey = new AccountKey({ database, cipher, api, tabs, email: ownEmail });
  const clearedMessages = new ClearedMessages({ database, cipher });
  const chains = new Chains({ database, cipher, clearedMessages });
  const storageLoss = new StorageLoss({ api, database, accountKey, people, tabs, ownEmail });
  const listedBrowsers = new ListedBrowsers({ api, people });
  const peerKeys = new PeerKeys({ api, people, accountKey, listedBrowsers, storageLoss });
  const unsealer = new Unsealer({ accountKey, listedBrowsers, peerKeys, ownEmail });
  const messageStore = new MessageStore({ database, cipher, clearedMessages });
  const retiredKeys = new RetiredKeys({ database, cipher, clearedMessages, people });
  const decryptQueue = new DecryptQueue({ messageStore, chains, people, retiredKeys, unsealer });
  const preferences = new Preferences({ database, tabs });
  const locks = environment.locks ?? navigator.locks;
  const realtime = realtimeOf(session, environment);
  const contacts = new Contacts({ api, people, peerKeys, ownEmail });
  const screenWork = new ScreenWork();
  const sync = new Sync({ api, decryptQueue, messageStore, ownEmail, screenWork });
  const connection = new Connection({ api, contacts, messageStore, ownEmail, realtime, sync });
  const outbox = new Outbox({ database, cipher, chains, accountKey, peerKeys, ownEmail });
  const transport = new Transport({ api, ownEmail, realtime, sync });
  const sendQueue = new SendQueue({ accountKey, locks, outbox, ownEmail, peerKeys, transport });
  const chatList = new ChatList({ messageStore, cipher, decryptQueue, people, preferences });
  const drafts = new Drafts({ chatList, cipher, messageStore, outbox, people, tabs });
  const olderMessages = new OlderMessages({ api, messageStore, ownEmail, onPage: (email) => conversations.tookPage(email) });
  const screens = new Screens({
    chatList, cipher, decryptQueue, drafts, messageStore, olderMessages, people, preferences, screenWork, sendQueue, sync, tabs,
  });
  const clearing = new Clearing({ api, cipher, clearedMessages, database, locks, ownEmail, sync });
  const conversations = new Conversations({
    accountKey,
    announcements: new Announcements({ connection, database, decryptQueue, people, sync }),
    api,
    chatList,
    cipher,
    clearing,
    connection,
    contacts,
    database,
    decryptQueue,
    drafts,
    messageStore,
    outbox,
    people,
    peerKeys,
    preferences,
    peerReceipts: new PeerReceipts({ chains, cipher, database, decryptQueue, people, tabs, unsealer }),
    receipts: new Receipts({ api, messageStore, chains, people, preferences }),
    receiptWriter: new ReceiptWriter({ accountKey, chains, cipher, database, locks, ownEmail, peerKeys, people, preferences, transport }),
    screens,
    sendQueue,
    serverDeletions: new ServerDeletions({ api, database }),
    sync,
    tabs,
  });
  const safety = new Safety({ accountKey, people, peerKeys, ownEmail });
  const vault = new Vault({
    accountKey, api, chains, cipher, clearedMessages, clearing, conversations, database, locks, people, preferences, session, storageLoss,
    tabs, user: /** @type {User} */ (session.user),
    calm: async () => {
      await screenWork.done();
      await decryptQueue.calm();
    },
    onHistory: (email) => conversations.tookHistory(email),
    onPinsChanged: () => conversations.pinsChanged(),
    onSignedOut: () => void session.signedOut().catch(() => {}),
  });
  const strangers = once(async () => {
    const { Strangers } = await import("./screen/strangers.js");
    return new Strangers({ api, contacts, database, people, screens });
  });
  contacts.on("refreshing", () => whenIdle(() => void strangers().then((loaded) => loaded.refresh()).catch(() => {})));
  realtime.on("notice", (frame) => (frame.type === "people_changed" ? contacts.refresh().catch(() => {}) : vault.noticed(frame)));
  ["open", "reached"].forEach((name) => connection.on(name, () => vault.connected()));
  decryptQueue.on("opened", () => vault.archiveSoon());
  sync.on("applied", () => vault.archiveSoon());
  conversations.on("cleared", () => vault.archiveSoon());
  return {
    accountKey, chains, chatList, cipher, contacts, conversations, database, decryptQueue, messageStore, outbox, ownEmail, peerKeys,
    people, preferences, realtime, safety, sendQueue, storageLoss, strangers, tabs, vault,
  };
}

/**
 * @param {Session} session
 * @param {Environment} environment
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
