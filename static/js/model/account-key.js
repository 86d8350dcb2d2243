/**
 * This account's key in this browser. It is made once, never leaves, and nothing replaces it without the person.
 *
 * Event: `changed` {status}.
 */
import { CryptoManager } from "../crypto/crypto.js";
import { Emitter } from "../lib/emitter.js";
import { toBase64 } from "../lib/bytes.js";
import { ApiError } from "../net/errors.js";
import { all } from "../storage/queries.js";
import { readKey } from "./answers.js";
import { BadAnswer, Refusal } from "./errors.js";
import { isSameState, readStored, stateFor } from "./key-state.js";

/** @typedef {import("./key-state.js").KeyStatus} KeyStatus */

const NOT_FOUND = 404;
const ROUNDS_LIMIT = 3;

export class AccountKey extends Emitter {
  #database;
  #api;
  #tabs;
  #email;
  /** @type {Map<string, KeyRow>} by fingerprint: all that were ever made here */
  #pairs = new Map();
  /** @type {KeyRow | null} */
  #current = null;
  /** @type {KeyStatus} */
  #status = "unknown";
  /** @type {Promise<void> | null} */
  #ensuring = null;
  /** @type {Set<string>} fingerprints of keys of ours that messages have named and that are not here */
  #heardOf = new Set();

  /** @param {{ database: Database, api: Api, tabs: Tabs, email: string }} parts */
  constructor({ database, api, tabs, email }) {
    super();
    this.#database = database;
    this.#api = api;
    this.#tabs = tabs;
    this.#email = email;
    tabs.on("key", () => this.load().catch(() => {}));
  }

  get status() {
    return this.#status;
  }

  /** The pair to write with; null unless the account's key is here. */
  get current() {
    return this.#status === "ready" ? this.#current : null;
  }

  /**
   * @param {string} fingerprint
   * @returns {KeyRow | null} one of this account's pairs that stand here, the present one or a former one
   */
  pair(fingerprint) {
    return this.#pairs.get(fingerprint) ?? null;
  }

  /** @returns {KeyRow[]} */
  get pairs() {
    return [...this.#pairs.values()];
  }

  /** What this browser knows before it has asked the server. */
  async load() {
    const stored = await this.#stored();
    this.#take(stored);
    this.#setStatus(stored.state?.status ?? "unknown");
  }

  /** @returns {Promise<Stored>} */
  #stored() {
    return this.#database.read(["keys", "state"], readStored);
  }

  /** @param {Stored} stored */
  #take({ rows, state }) {
    this.#pairs = new Map(rows.map((row) => [row.fingerprint, row]));
    this.#current = this.#pairs.get(state?.fingerprint ?? "") ?? rows[0] ?? null;
  }

  /**
   * Compares with the server. Makes a key only where the account has none anywhere; where one stands here and the
   * server knows of none, that same one is uploaded again.
   * @throws {ApiError | import("../net/errors.js").NetworkError | BadAnswer}
   */
  ensure() {
    this.#ensuring ??= this.#ensure().finally(() => (this.#ensuring = null));
    return this.#ensuring;
  }

  async #ensure() {
    for (let round = 0; round < ROUNDS_LIMIT; round += 1) {
      const before = await this.#stored();
      const served = await this.#served();
      if (served === null) {
        await this.#uploadOwn();
        return;
      }
      if (await this.#settle(served, before)) {
        return;
      }
    }
  }

  /** For an account that has just been registered: it has no key, so the server is not asked which. */
  begin() {
    this.#ensuring ??= this.#uploadOwn().finally(() => (this.#ensuring = null));
    return this.#ensuring;
  }

  async #uploadOwn() {
    await this.#use(await this.#upload(this.#current ?? (await this.#make())));
  }

  /**
   * A message names a key of this account that is not here: another browser may have taken over just now.
   * @param {string} fingerprint
   */
  async heardOf(fingerprint) {
    if (this.#pairs.has(fingerprint) || this.#heardOf.has(fingerprint)) {
      return;
    }
    this.#heardOf.add(fingerprint);
    try {
      // One that is under way may have asked before the other browser took over.
      await this.#ensuring?.catch(() => {});
      await this.ensure();
    } catch (error) {
      this.#heardOf.delete(fingerprint);
      throw error;
    }
  }

  /**
   * The person has said that this browser is to hold the account's key from now on: the one that stands here, or a new
   * one where there is none.
   * @throws {Refusal} `key_changed`: yet another browser was quicker; ask again
   */
  async takeOver() {
    const served = await this.#served();
    if (served === null || this.#pairs.has(served)) {
      await this.ensure();
      return;
    }
    await this.#use(await this.#upload(this.#current ?? (await this.#make()), served));
  }

  /** @returns {Promise<string | null>} the fingerprint of the account's key as the server has it */
  async #served() {
    try {
      return readKey(await this.#api.ownKey(), this.#email).fingerprint;
    } catch (error) {
      if (error instanceof ApiError && error.status === NOT_FOUND) {
        return null;
      }
      throw error;
    }
  }

  /**
   * Stored before anybody hears of it: a crash after the upload would otherwise lose the account's only key.
   * @returns {Promise<KeyRow>} the same one for each tab
   */
  async #make() {
    const { privateKey, publicKey, publicKeyBytes, fingerprint } = await CryptoManager.generateKeyPair();
    const made = { privateKey, publicKey, publicKeyBytes, fingerprint };
    const row = await this.#database.write(["keys"], async (stores) => {
      const [found] = await all(stores("keys"));
      if (!found) {
        stores("keys").put(made);
      }
      return found ?? made;
    }, { durability: "strict" });
    this.#pairs.set(row.fingerprint, row);
    return row;
  }

  /**
   * @param {KeyRow} row
   * @param {string} [replaces] the fingerprint that it is to replace
   * @returns {Promise<string>} its fingerprint
   */
  async #upload(row, replaces) {
    const body = { public_key: toBase64(row.publicKeyBytes), ...(replaces ? { replaces } : {}) };
    const { fingerprint } = readKey(await this.#uploadOrRefuse(body), this.#email);
    if (fingerprint !== row.fingerprint) {
      throw new BadAnswer("another key than the one uploaded");
    }
    return fingerprint;
  }

  /** @param {{ public_key: string, replaces?: string }} body */
  async #uploadOrRefuse(body) {
    try {
      return await this.#api.uploadKey(body);
    } catch (error) {
      throw error instanceof ApiError && error.code === "key_changed" ? new Refusal("key_changed") : error;
    }
  }

  /** @param {string} fingerprint of a pair that stands here and is the account's */
  async #use(fingerprint) {
    this.#current = this.pair(fingerprint);
    await this.#remember("ready", fingerprint);
  }

  /**
   * Decides by what is stored now, in the transaction that writes it: another tab may have made a key or taken over
   * since this one was loaded.
   * @param {string} served the fingerprint of the account's key
   * @param {Stored} before what was stored before the server was asked
   * @returns {Promise<boolean>} false: another tab has changed it meanwhile, so the answer may be older than that
   */
  async #settle(served, before) {
    const settled = await this.#database.write(["keys", "state"], async (stores) => {
      const now = await readStored(stores);
      if (!isSameState(before.state, now.state)) {
        return null;
      }
      const state = stateFor(served, now);
      stores("state").put(state, "key");
      return { rows: now.rows, state };
    });
    if (settled) {
      this.#take(settled);
      this.#tellStatus(settled.state.status);
    }
    return settled !== null;
  }

  /**
   * @param {KeyStatus} status
   * @param {string | null} fingerprint
   */
  async #remember(status, fingerprint) {
    await this.#database.write(["state"], async (stores) => stores("state").put({ status, fingerprint }, "key"));
    this.#tellStatus(status);
  }

  /** @param {KeyStatus} status */
  #tellStatus(status) {
    if (this.#setStatus(status)) {
      this.#tabs.tell("key");
    }
  }

  /**
   * @param {KeyStatus} status
   * @returns {boolean} whether it is another than before
   */
  #setStatus(status) {
    const changed = status !== this.#status;
    this.#status = status;
    if (changed) {
      this.emit("changed", { status });
    }
    return changed;
  }
}
