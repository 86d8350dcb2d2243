/** People with browsers, for the tests of the model: fake-indexeddb, real cryptography, and a server in memory. */
import { after, mock } from "node:test";
import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { logIn, register } from "../../../static/js/model/session/sign-in.js";
import { Database } from "../../../static/js/storage/database.js";
import { all } from "../../../static/js/storage/queries.js";
import { nonceOf } from "../../../static/js/model/keys/storage-cipher.js";
import { Account } from "../../../static/js/model/account.js";
import { Thread } from "../../../static/js/model/screen/thread.js";
import { Session } from "../../../static/js/model/session/session.js";
import { Server } from "./memory-server.js";

// A timer that a test has left behind must not keep the process of its file alive. Its results are out by then.
after(() => void setTimeout(() => process.exit(), 3000).unref());

const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 30_000);

// @ts-ignore: the platform's
globalThis.IDBKeyRange = IDBKeyRange;

/** The host of the browser in which a page is being opened. */
const opening = new AsyncLocalStorage();

makeDerivationCheap();
makeSafetyNumbersCheap();
keepChannelsApart();

/** Tabs of one browser hear each other, and no tab hears another browser. */
function keepChannelsApart() {
  globalThis.BroadcastChannel = class extends BroadcastChannel {
    /** @param {string} name */
    constructor(name) {
      super(`${opening.getStore()} ${name}`);
    }
  };
}

/** The model's tests derive thousands of keys, so they use one iteration. The tests of the vectors use the real number. */
function makeDerivationCheap() {
  const { subtle } = globalThis.crypto;
  const deriveBits = subtle.deriveBits.bind(subtle);
  subtle.deriveBits = /** @type {any} */ ((algorithm, key, length) => {
    const isSlow = algorithm.name === "PBKDF2";
    return deriveBits(isSlow ? { ...algorithm, iterations: 1 } : algorithm, key, length);
  });
}

/** A safety number takes ten thousand hashes, and each call of Web Crypto costs more than its hash. */
function makeSafetyNumbersCheap() {
  const { subtle } = globalThis.crypto;
  const digest = subtle.digest.bind(subtle);
  subtle.digest = /** @type {any} */ (async (algorithm, data) =>
    algorithm === "SHA-512" ? Uint8Array.from(createHash("sha512").update(data).digest()).buffer : digest(algorithm, data));
}

/** One profile of a browser: its databases, its locks, its cookies (by host). */
export class Browser {
  static #count = 0;
  indexedDB = new IDBFactory();
  locks = new Locks();
  host = `browser-${(Browser.#count += 1)}.test`;

  use() {
    globalThis.indexedDB = this.indexedDB;
  }

  newSession() {
    this.use();
    return new Session({ origin: `http://${this.host}` });
  }

  /** @param {Session} session */
  async openAccount(session) {
    this.use();
    const environment = { socketUrl: `ws://${this.host}/ws/chat/`, locks: this.locks };
    const account = await opening.run(this.host, () => Account.open(session, environment));
    account.conversations.useThreads(Thread);
    return account;
  }
}

/** The used part of the Web Locks API: exclusive locks, first come, first served. */
class Locks {
  #last = new Map();
  held = 0;

  request(name, { signal }, work) {
    const before = this.#last.get(name) ?? Promise.resolve();
    const result = before.then(async () => {
      signal.throwIfAborted();
      this.held += 1;
      try {
        return await work();
      } finally {
        this.held -= 1;
      }
    });
    this.#last.set(name, result.catch(() => {}));
    return result;
  }
}

/** What a test tears down at its end. */
export class World {
  server = new Server();
  /** @type {Account[]} */
  #accounts = [];
  /** @type {(() => void)[]} */
  #endings = [];

  constructor() {
    this.server.install();
  }

  /**
   * @param {string} name
   * @returns {Promise<Person>} registered, with a key, and the chat page open
   */
  async newPerson(name) {
    const browser = new Browser();
    const session = browser.newSession();
    const email = `${name}@example.org`;
    await register(session, { email, password: "a long enough password", displayName: name });
    return this.#enter(browser, session);
  }

  /** @param {string[]} names */
  async friends(...names) {
    const people = [];
    for (const name of names) {
      people.push(await this.newPerson(name));
    }
    for (const person of people) {
      for (const other of people.filter((one) => one !== person)) {
        await person.account.contacts.add(other.email);
        await until(() => person.account.contacts.byEmail(other.email));
      }
    }
    return people;
  }

  /**
   * @param {Person} person
   * @param {Browser} browser
   */
  async logIn({ email }, browser) {
    const session = browser.newSession();
    await logIn(session, { email, password: "a long enough password" });
    return this.#enter(browser, session);
  }

  /** @param {Person} person in another tab, or in the same one after a reload */
  async newTab(person) {
    const tab = await this.openTab(person);
    return this.#settled(tab);
  }

  /** @param {Person} person in another tab that has not caught up with the server yet */
  async openTab({ browser }) {
    const session = browser.newSession();
    await session.restore();
    return this.#open(browser, session);
  }

  /** @param {Person} person */
  async reload(person) {
    person.account.close();
    return this.newTab(person);
  }

  async #enter(browser, session) {
    return this.#settled(await this.#open(browser, session));
  }

  async #open(browser, session) {
    const account = await browser.openAccount(session);
    this.#accounts.push(account);
    const person = new Person(browser, session, account, account.safety);
    person.started = account.start().catch(() => {});
    return person;
  }

  async #settled(person) {
    await person.started;
    await until(() => person.account.key.status !== "unknown" || !this.server.isReachable);
    return person;
  }

  /** The person's database, as another tab of the browser has it. */
  async databaseOf({ browser, email }) {
    browser.use();
    const database = await Database.open(email);
    this.atEnd(() => database.close());
    return database;
  }

  /** @param {() => void} ending */
  atEnd(ending) {
    this.#endings.push(ending);
  }

  end() {
    this.#endings.forEach((ending) => ending());
    this.#accounts.forEach((account) => account.close());
    // Running calls would reach the next test's server, and end the session in the next test's browser.
    this.#accounts.forEach((account) => account.session.end("logged_out"));
  }
}

export class Person {
  constructor(browser, session, account, safety) {
    this.browser = browser;
    this.safety = safety;
    this.session = session;
    this.account = account;
    this.conversations = account.conversations;
    this.email = session.user.email;
  }

  /** The messages that the screen shows of a chat. */
  items(other) {
    return this.#shown(other).filter(({ kind }) => kind === "message");
  }

  /** The other items that the screen shows of a chat. */
  marks(other) {
    return this.#shown(other).filter(({ kind }) => kind !== "message");
  }

  #shown(other) {
    return this.conversations.open(other.email).items();
  }

  texts(other) {
    return this.items(other).map(({ text }) => text);
  }

  states(other) {
    return this.items(other).map(({ state }) => state);
  }

  chat(other) {
    return this.conversations.chats().find(({ email }) => email === other.email);
  }

  send(other, text) {
    return this.conversations.send(other.email, text);
  }

  /** Puts the text into the composer, and waits until it is stored as the draft. */
  async types(other, text) {
    const nonce = async () => nonceOf((await rowsOf(this, "chats")).find(({ id }) => id === other.email)?.draft);
    const before = await nonce();
    this.conversations.setDraft(other.email, text);
    await until(async () => (await nonce()) !== before, () => `the draft is not stored: ${text}`);
  }

  /** Waits until the chat shows exactly these texts. */
  async shows(other, ...texts) {
    const thread = this.conversations.open(other.email);
    const isShown = () => !thread.loading && this.texts(other).join("|") === texts.join("|");
    await until(isShown, () => `shown: ${this.texts(other).join("|")}`);
  }

  /** Waits until the condition holds at any drawing, even briefly. Call it before the change. */
  glimpses(condition) {
    let isSeen = false;
    this.conversations.on("thread", () => (isSeen ||= condition()));
    return until(() => isSeen, () => String(condition));
  }

  async showsStates(other, ...states) {
    await until(() => this.states(other).join() === states.join(), () => `states: ${this.states(other).join()}`);
  }
}

/**
 * @param {() => any} condition may be asynchronous
 * @param {() => string} [describe]
 */
export async function until(condition, describe = () => String(condition)) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > end) {
      throw new Error(`waited in vain: ${describe()}`);
    }
    await pause(5);
  }
}

/**
 * @param {{ browser: Browser, email: string }} person
 * @param {import("../../../static/js/storage/database.js").StoreName} name
 * @returns {Promise<any[]>} the rows of one store of the person's database
 */
export async function rowsOf({ browser, email }, name) {
  browser.use();
  const database = await Database.open(email);
  const rows = await database.read([name], (stores) => all(stores(name)));
  database.close();
  return rows;
}

/** A story in a world whose clocks the test puts ahead, by milliseconds. */
export function inMovedTime(story) {
  return inWorld(async (world) => {
    const { now } = Date;
    let aheadMs = 0;
    mock.method(Date, "now", () => now() + aheadMs);
    try {
      await story(world, (ms) => void (aheadMs += ms));
    } finally {
      mock.restoreAll();
    }
  });
}

/** @param {number} delayMs */
export function pause(delayMs) {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

/**
 * @param {(world: World) => Promise<void>} story
 * @returns {() => Promise<void>} a test of its own world
 */
export function inWorld(story) {
  return async () => {
    const world = new World();
    try {
      await story(world);
    } finally {
      world.end();
    }
  };
}

/** @param {object} properties the properties of `navigator` from now on; Node 20 has none */
export function inNavigator(properties) {
  Object.defineProperty(globalThis, "navigator", { value: properties, configurable: true });
}
