/** Builds all that belongs to one account in this browser, and takes it down again. */
import { Realtime } from "../net/realtime.js";
import { askToPersist, Database } from "../storage/database.js";
import { AccountKey } from "./account-key.js";
import { Archive } from "./archive.js";
import { Chains } from "./chains.js";
import { ChatList } from "./chat-list.js";
import { Contacts } from "./contacts.js";
import { Conversations } from "./conversations.js";
import { Courier } from "./courier.js";
import { History } from "./history.js";
import { Link } from "./link.js";
import { Mailbox } from "./mailbox.js";
import { Opener } from "./opener.js";
import { Outbox } from "./outbox.js";
import { PeerKeys } from "./peer-keys.js";
import { People } from "./people.js";
import { Receipts } from "./receipts.js";
import { Tabs } from "./tabs.js";
import { Vault } from "./vault.js";

/**
 * What differs between a browser and a test.
 * @typedef {object} Surroundings
 * @property {string} [socketUrl]
 * @property {Pick<LockManager, "request">} [locks]
 */

export class Account {
  #database;
  #tabs;
  #chatList;

  /**
   * @param {Session} session
   * @param {Database} database
   * @param {ReturnType<typeof build>} parts
   */
  constructor(session, database, parts) {
    this.session = session;
    this.key = parts.accountKey;
    this.contacts = parts.contacts;
    this.conversations = parts.conversations;
    this.#database = database;
    this.#tabs = parts.tabs;
    this.#chatList = parts.chatList;
    database.on("closed", () => session.end("logged_out"));
    parts.tabs.on("ended", () => session.end("logged_out"));
    session.on("ended", () => this.close());
  }

  /**
   * @param {Session} session of somebody who is logged in
   * @param {Surroundings} [surroundings]
   * @returns {Promise<Account>} as this browser knows it; nothing has been asked of the server yet
   */
  static async open(session, surroundings = {}) {
    const { email } = /** @type {User} */ (session.user);
    const database = await Database.open(email);
    const parts = build({ session, database, vault: await Vault.of(database), email, surroundings });
    await parts.people.load();
    await parts.accountKey.load();
    return new Account(session, database, parts);
  }

  /** Shows what is stored, then asks the server. */
  async start() {
    askToPersist().catch(() => {});
    await this.conversations.start();
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
    this.#tabs.tell("ended");
    this.close();
    // The server first: whatever holds on to the database, the session is over.
    await this.session.logOut(async () => forget && Database.delete(email).catch(() => false));
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
  const peerKeys = new PeerKeys({ api, people, accountKey });
  const chains = new Chains({ database, vault });
  const archive = new Archive({ database, vault });
  const opener = new Opener({ archive, chains, accountKey, peerKeys, people, ownEmail: email });
  const stored = { tabs, people, accountKey, peerKeys, archive, opener, vault, api, ownEmail: email };
  const outbox = new Outbox({ ...stored, database, chains });
  const contacts = new Contacts(stored);
  const realtime = realtimeOf(session, surroundings);
  const mailbox = new Mailbox({
    ...stored,
    enter: (events, cursor) => conversations.receive(events, cursor),
    calm: () => conversations.calm(),
    restart: () => archive.restart(),
  });
  const courier = new Courier({
    ...stored,
    outbox,
    realtime,
    cursor: () => mailbox.cursor,
    accepted: (event) => mailbox.accepted(event),
    locks: surroundings.locks ?? navigator.locks,
  });
  const chatList = new ChatList(stored);
  const conversations = new Conversations({
    ...stored,
    chatList,
    contacts,
    courier,
    history: new History(stored),
    link: new Link({ ...stored, contacts, mailbox, realtime }),
    mailbox,
    outbox,
    receipts: new Receipts(stored),
  });
  return { accountKey, chatList, contacts, conversations, people, tabs };
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
