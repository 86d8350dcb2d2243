/**
 * The account's key in this browser. It is made once and never leaves the browser. It is replaced only if the person says so.
 *
 * Event: `changed` {status}.
 */
import { Emitter } from "../../lib/emitter.js";
import { ApiError } from "../../net/net-errors.js";
import { BadAnswer, readIfFound, Refusal } from "../server/model-errors.js";
import { isPresent, isSameState, promote, readStored, stateFor } from "./key-state.js";
import { OwnPairs } from "./own-keys.js";
import { isServed } from "./own-statement.js";
import { readServedKey } from "./served-key.js";

/** @typedef {import("./key-state.js").KeyStatus} KeyStatus */

const NOT_FOUND = 404;
const ROUNDS_LIMIT = 3;
const FINGERPRINT = /^[0-9a-f]{64}$/;

export class AccountKey extends Emitter {
  #database;
  #api;
  #tabs;
  #email;
  #pairs;
  /** @type {string | null} the fingerprint of the pair that is, or was, the account's key */
  #current = null;
  /** @type {KeyStatus} */
  #status = "unknown";
  /** @type {Promise<void> | null} */
  #ensuring = null;
  /** @type {Set<string>} fingerprints of own keys that messages name and that are not in this browser */
  #heardOf = new Set();
  /** @type {Set<string>} fingerprints of keys that the person has deleted here */
  #forgottenKeys = new Set();
  /** @type {string | null} the fingerprint of the account's key, as the server named it last */
  #present = null;
  /** @type {Map<string, Promise<boolean>>} by fingerprint: whether it is a former key of this account */
  #former = new Map();

  /** @param {{ database: Database, cipher: StorageCipher, api: Api, tabs: Tabs, email: string }} parts */
  constructor({ database, cipher, api, tabs, email }) {
    super();
    this.#database = database;
    this.#api = api;
    this.#tabs = tabs;
    this.#email = email;
    this.#pairs = new OwnPairs({ database, cipher, email });
    tabs.on("key", () => this.load().catch(() => {}));
  }

  get status() {
    return this.#status;
  }

  /** The pair to write with; null unless the account's key is here. */
  get current() {
    return this.#status === "ready" ? this.#own : null;
  }

  get #own() {
    return this.#pairs.get(this.#current);
  }

  /**
   * @param {string} fingerprint
   * @returns {KeyRow | null} the pair in this browser with that fingerprint, current or former
   */
  pair(fingerprint) {
    return this.#pairs.get(fingerprint);
  }

  /** @returns {KeyRow[]} */
  get pairs() {
    return this.#pairs.all();
  }

  /** The fingerprint of the account's key, as the server named it last. */
  get servedFingerprint() {
    return this.#present;
  }

  /** Whether the person has deleted the account's key here. */
  get isForgotten() {
    return this.wasHere(this.#present ?? "");
  }

  /** @param {string[]} fingerprints of keys that the person has deleted here */
  setForgottenKeys(fingerprints) {
    this.#forgottenKeys = new Set(fingerprints);
  }

  /** @param {unknown} fingerprint */
  wasHere(fingerprint) {
    return this.#forgottenKeys.has(/** @type {string} */ (fingerprint));
  }

  /** Loads the stored keys and status, without asking the server. */
  async load() {
    const stored = await this.#stored();
    this.#take(stored);
    this.#present = stored.state?.served ?? this.#present;
    this.#setStatus(stored.state?.status ?? "unknown");
  }

  /** @returns {Promise<Stored>} */
  #stored() {
    return this.#database.read(["keys", "state"], readStored);
  }

  /** @param {Stored} stored */
  #take({ rows, state }) {
    this.#pairs.take(rows);
    this.#current = (this.pair(state?.fingerprint ?? "") ?? rows.find(isPresent))?.fingerprint ?? null;
  }

  /**
   * Compares the stored key with the server's. If the account has no key anywhere, it makes one. If the server has none, or
   * lacks its statement, it uploads the stored key again.
   * @throws {ApiError | import("../../net/net-errors.js").NetworkError | import("../server/model-errors.js").BadAnswer}
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
      if ((await this.#settle(served.fingerprint, before)) && (await this.#repair(served))) {
        return;
      }
    }
  }

  /**
   * @param {ServerKey} served
   * @returns {Promise<boolean>} false: another browser has taken over meanwhile, and keeps the key
   */
  async #repair(served) {
    try {
      await (this.current && this.#upload(this.current, served));
      return true;
    } catch (error) {
      if (error instanceof Refusal) {
        return false;
      }
      throw error;
    }
  }

  /** Makes the first key of a new account, without asking the server for one. */
  begin() {
    this.#ensuring ??= this.#uploadOwn().finally(() => (this.#ensuring = null));
    return this.#ensuring;
  }

  async #uploadOwn() {
    await this.#use(await this.#upload(await this.#ownPair({ isFirst: true })));
  }

  /** @param {{ isFirst?: boolean }} [options] */
  async #ownPair(options) {
    // Another tab may have made it, or signed it again, since this one has read it.
    this.#take(await this.#stored());
    return this.#own ?? this.#pairs.make(options);
  }

  /**
   * A message names an own key that is not here: another browser may have just taken over.
   * @param {string} fingerprint
   */
  async heardOf(fingerprint) {
    if (this.pair(fingerprint) || this.#heardOf.has(fingerprint)) {
      return;
    }
    this.#heardOf.add(fingerprint);
    try {
      // A running check may have asked before the other browser took over.
      await this.#ensuring?.catch(() => {});
      await this.ensure();
    } catch (error) {
      this.#heardOf.delete(fingerprint);
      throw error;
    }
  }

  /**
   * Asks the server whether a key is a former key of this account. A forged message can name any fingerprint.
   * @param {unknown} fingerprint of a key that is not here
   * @returns {Promise<boolean>} false as well if the server cannot be asked now
   */
  async isFormer(fingerprint) {
    if (typeof fingerprint !== "string" || !FINGERPRINT.test(fingerprint)) {
      return false;
    }
    const asked = this.#former.get(fingerprint) ?? this.#askAbout(fingerprint);
    this.#former.set(fingerprint, asked);
    return asked.catch(() => {
      this.#former.delete(fingerprint);
      return false;
    });
  }

  /** @param {string} fingerprint */
  async #askAbout(fingerprint) {
    try {
      return (await readServedKey(await this.#api.keyByFingerprint(fingerprint), this.#email)).fingerprint === fingerprint;
    } catch (error) {
      if (error instanceof BadAnswer || (error instanceof ApiError && error.status === NOT_FOUND)) {
        return false;
      }
      throw error;
    }
  }

  /**
   * Makes this browser's key the account's key, because the person has said so. If there is none here, it makes one.
   * @throws {Refusal} `key_changed`: another browser has taken over meanwhile; ask the person again
   */
  async takeOver() {
    const served = await this.#served();
    const own = this.pair(served?.fingerprint ?? "");
    if (served === null || (own && !own.isFormer)) {
      await this.ensure();
      return;
    }
    await this.#use(await this.#upload(await this.#ownPair(), served));
  }

  /**
   * Takes over keys from the vault, and compares them with the server's, if it answers.
   * @param {KeyRow[]} rows
   * @param {string} fingerprint of the account's key
   */
  async install(rows, fingerprint) {
    await this.#pairs.install(rows, fingerprint);
    await this.load();
    this.#tabs.tell("key");
    await this.#ensuring?.catch(() => {});
    await this.ensure().catch(() => {});
  }

  /** @returns {Promise<KeyRow>} a pair to replace the account's key by, and its statement */
  async next() {
    return this.#pairs.signed(await this.#pairs.makeNext(), null);
  }

  /**
   * Makes a pair from `next` the account's key.
   * @param {KeyRow} next
   * @param {string} [former] the fingerprint of the key that it replaces
   * @throws {Refusal} `key_changed`: the account has another key by now
   */
  async replaceBy(next, former) {
    const served = await this.#served();
    if (served && ![former, next.fingerprint].includes(served.fingerprint)) {
      throw new Refusal("key_changed");
    }
    await this.#use(await this.#upload(next, served));
  }

  /** @returns {Promise<ServerKey | null>} the account's key as the server has it */
  #served() {
    return readIfFound(this.#api.ownKey(), (answer) => readServedKey(answer, this.#email));
  }

  /**
   * @param {KeyRow} pair
   * @param {ServerKey | null} [served] the key that it may replace, so that it does not replace another browser's newer key
   * @returns {Promise<string>} its fingerprint
   */
  async #upload(pair, served = null) {
    const row = await this.#pairs.signed(pair, served);
    const isThere = served !== null && isServed(row, served);
    if (isThere && row.isProven) {
      return row.fingerprint;
    }
    try {
      const { uploadKey } = await import("./key-upload.js");
      await uploadKey(this.#api, row, { email: this.#email, replaces: served?.fingerprint ?? null });
      await this.#pairs.noteProven(row);
    } catch (error) {
      // An older version of the page has uploaded it, without a proof. It can be used, and is proven another time.
      if (!isThere || error instanceof Refusal) {
        throw error;
      }
    }
    return row.fingerprint;
  }

  /** @param {string} fingerprint of a stored pair that is the account's key */
  async #use(fingerprint) {
    const state = /** @type {const} */ ({ status: "ready", fingerprint });
    const rows = await this.#database.write(["keys", "state"], (stores) => {
      stores("state").put(state, "key");
      return promote(stores, fingerprint);
    });
    this.#take({ rows, state });
    this.#tellStatus("ready");
  }

  /**
   * Reads and writes the status in one transaction, because another tab may have made a key or taken over meanwhile.
   * @param {string} served the fingerprint of the account's key
   * @param {Stored} before the stored state before the server was asked
   * @returns {Promise<boolean>} false: another tab has changed the state meanwhile, so the answer may be out of date
   */
  async #settle(served, before) {
    const settled = await this.#database.write(["keys", "state"], async (stores) => {
      const now = await readStored(stores);
      if (!isSameState(before.state, now.state)) {
        return null;
      }
      const state = { ...stateFor(served, now), served };
      stores("state").put(state, "key");
      return { rows: state.status === "ready" ? await promote(stores, served) : now.rows, state };
    });
    if (settled) {
      this.#present = served;
      this.#take(settled);
      this.#tellStatus(settled.state.status);
    }
    return settled !== null;
  }

  /** @param {KeyStatus} status */
  #tellStatus(status) {
    if (this.#setStatus(status)) {
      this.#tabs.tell("key");
    }
  }

  /**
   * @param {KeyStatus} status
   * @returns {boolean} whether it has changed
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
