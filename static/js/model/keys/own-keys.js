/** The account's key pairs that were made in this browser, each with its identity and last statement. */
import { CryptoManager } from "../../crypto/crypto.js";
import { toBase64 } from "../../lib/bytes.js";
import { all, get } from "../../storage/queries.js";
import { isPresent } from "./key-state.js";
import { isServed, isSignedAsNow, lastSigned } from "./own-statement.js";

const STRICT = /** @type {const} */ ({ durability: "strict" });

/** @type {(fingerprint: string) => string} the record name of a pair's private keys */
export const secretsRecord = (fingerprint) => `secrets ${fingerprint}`;

export class OwnPairs {
  #database;
  #cipher;
  #email;
  /** @type {Map<string, KeyRow>} by fingerprint */
  #rows = new Map();

  /** @param {{ database: Database, cipher: StorageCipher, email: string }} parts */
  constructor({ database, cipher, email }) {
    this.#database = database;
    this.#cipher = cipher;
    this.#email = email;
  }

  /** @param {KeyRow[]} rows as they are stored */
  take(rows) {
    this.#rows = new Map(rows.map((row) => [row.fingerprint, row]));
  }

  /** @param {string | null} fingerprint */
  get(fingerprint) {
    return this.#rows.get(fingerprint ?? "") ?? null;
  }

  all() {
    return [...this.#rows.values()];
  }

  /**
   * Makes a pair and stores it before the upload, so that a crash after the upload does not lose the account's only key.
   * @param {{ isFirst?: boolean }} [options] isFirst: the account had no key, so nobody can have written to it yet
   * @returns {Promise<KeyRow>} the same pair for each tab
   */
  async make({ isFirst = false } = {}) {
    const made = await this.#generate();
    const row = await this.#database.write(["keys", "state"], async (stores) => {
      const found = (await all(stores("keys"))).find(isPresent);
      if (!found) {
        stores("keys").put(made);
      }
      if (!found && isFirst) {
        stores("state").put("first", "origin");
      }
      return found ?? made;
    }, STRICT);
    return this.#keep(row);
  }

  /** @returns {Promise<KeyRow>} a pair that is to replace the account's key; the same one until it has */
  async makeNext() {
    const made = { ...(await this.#generate()), isNext: true };
    const row = await this.#database.write(["keys"], async (stores) => {
      const found = (await all(stores("keys"))).find(({ isNext }) => isNext);
      if (!found) {
        stores("keys").put(made);
      }
      return found ?? made;
    }, STRICT);
    return this.#keep(row);
  }

  /**
   * Stores pairs that came from the vault. Those that are here keep what is known of them in this browser.
   * @param {KeyRow[]} rows
   * @param {string} fingerprint of the account's key
   */
  async install(rows, fingerprint) {
    await this.#database.write(["keys", "state"], async (stores) => {
      const found = new Map((await all(stores("keys"))).map((row) => [row.fingerprint, row]));
      for (const row of rows) {
        const here = found.get(row.fingerprint);
        const isLater = (here?.signed?.version ?? 0) > (row.signed?.version ?? 0);
        found.delete(row.fingerprint);
        stores("keys").put({ ...row, isProven: here?.isProven, ...(isLater ? { signed: here?.signed } : {}) });
      }
      found.forEach((row) => stores("keys").put({ ...row, isFormer: row.isNext ? undefined : true }));
      stores("state").put({ status: "ready", fingerprint }, "key");
    }, STRICT);
  }

  /**
   * The private keys are sealed as soon as they are made. They leave this browser only within the account's vault.
   * @returns {Promise<KeyRow>}
   */
  async #generate() {
    const [pair, identity] = [await CryptoManager.generateKeyPair(), await CryptoManager.generateIdentityKeyPair()];
    const { secret, ...row } = pair;
    const secrets = { account: toBase64(secret), identity: toBase64(identity.secret) };
    const sealed = await this.#cipher.seal(secretsRecord(row.fingerprint), secrets);
    return { ...row, identity: { privateKey: identity.privateKey, publicKeyBytes: identity.publicKeyBytes }, secrets: sealed };
  }

  /**
   * Signs the pair and stores the statement before the upload, so that no version is used twice.
   * @param {KeyRow} pair may be of an older version of the page, which had no identities
   * @param {ServerKey | null} served
   * @returns {Promise<Required<KeyRow>>}
   */
  async signed(pair, served) {
    if (isSignedAsNow(pair) && (!served || isServed(pair, served))) {
      return /** @type {Required<KeyRow>} */ (pair);
    }
    const { secret: _, ...made } = pair.identity ? { ...pair.identity, secret: null } : await CryptoManager.generateIdentityKeyPair();
    const row = await this.#change(pair, (found) => ({ ...found, identity: found.identity ?? made }));
    const signed = await lastSigned(row, this.#email, served);
    const isNews = (/** @type {KeyRow} */ found) => (found.signed?.version ?? 0) < signed.version;
    return this.#change(row, (found) => (isNews(found) ? { ...found, signed } : found));
  }

  /** @param {KeyRow} row */
  noteProven(row) {
    return row.isProven ? row : this.#change(row, (found) => ({ ...found, isProven: true }));
  }

  /**
   * @param {KeyRow} row
   * @param {(found: KeyRow) => KeyRow} change applied to the stored row, which another tab may have changed
   * @returns {Promise<any>}
   */
  async #change({ fingerprint }, change) {
    const row = await this.#database.write(["keys"], async (stores) => {
      const changed = change(await get(stores("keys"), fingerprint));
      stores("keys").put(changed);
      return changed;
    }, STRICT);
    return this.#keep(row);
  }

  /** @param {KeyRow} row */
  #keep(row) {
    this.#rows.set(row.fingerprint, row);
    return row;
  }
}
