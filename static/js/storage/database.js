/**
 * The only file that opens IndexedDB. Each account has its own database, so that people who share a browser do not see each
 * other's data.
 */
import { Emitter } from "../lib/emitter.js";
import { after } from "../lib/timing.js";
import { createStores, VERSION } from "./layout.js";
import { asStorageError, StorageError } from "./storage-errors.js";

/** @typedef {"keys" | "people" | "chats" | "messages" | "chains" | "outbox" | "state"
 *   | "receipts" | "cleared"} StoreName */
/** @typedef {(name: StoreName) => IDBObjectStore} Stores */

// A tab that does not close the database blocks all others, without end if it is frozen.
const PATIENCE_MS = 5_000;
const OPEN_PATIENCE_MS = 10_000;

/** @type {(email: string) => string} */
const databaseName = (email) => `vibechat ${email}`;

/**
 * Event: `closed` {isLost}, when another tab deletes the account's data, or when the data is lost: the browser has deleted it,
 * or the disk has failed.
 */
export class Database extends Emitter {
  #connection;

  /** @param {IDBDatabase} connection */
  constructor(connection) {
    super();
    this.#connection = connection;
    connection.onversionchange = () => {
      connection.close();
      this.emit("closed", { isLost: false });
    };
    // The browser has closed it: by its settings, or by a response with the header `Clear-Site-Data`.
    connection.onclose = () => this.emit("closed", { isLost: true });
  }

  /**
   * @param {string} email the account's
   * @returns {Promise<Database>}
   * @throws {StorageError}
   */
  static async open(email) {
    const name = databaseName(email);
    let isOlder = false;
    const create = (/** @type {IDBDatabase} */ database, /** @type {number} */ oldVersion, /** @type {IDBTransaction} */ transaction) => {
      isOlder = oldVersion > 0;
      if (isOlder) {
        transaction.abort(); // It stays as it is until the conversion is loaded.
      } else {
        createStores(database);
      }
    };
    const connection = await openConnection(name, VERSION, create).catch(async (error) => {
      if (!isOlder) {
        throw error;
      }
      return openConnection(name, VERSION, (await import("./conversion.js")).convert);
    });
    return new Database(connection);
  }

  /**
   * @param {string} email the account's
   * @returns {Promise<boolean>} whether this browser has a database of it; false where the browser cannot list databases
   */
  static async exists(email) {
    const found = (await indexedDB.databases?.().catch(() => [])) ?? [];
    return found.some(({ name }) => name === databaseName(email));
  }

  /**
   * Deletes all data of the account in this browser. `onversionchange` asks other tabs to close the database. If one does
   * not, the deletion stays in the browser's queue, before the next open.
   * @param {string} email
   * @param {{ patienceMs?: number }} [options]
   * @returns {Promise<boolean>} whether it is done
   */
  static async delete(email, { patienceMs = PATIENCE_MS } = {}) {
    const deleted = result(indexedDB.deleteDatabase(databaseName(email))).then(() => true);
    return (await within(patienceMs, deleted)) ?? false;
  }

  /**
   * @template Result
   * @param {StoreName[]} names
   * @param {(stores: Stores) => Promise<Result>} work must wait for nothing but requests of this transaction
   * @returns {Promise<Result>}
   */
  async read(names, work) {
    return this.#run(this.#begin(names, "readonly"), work);
  }

  /**
   * If the work throws, nothing of it is written.
   * @template Result
   * @param {StoreName[]} names
   * @param {(stores: Stores) => Promise<Result>} work must wait for nothing but requests of this transaction
   * @param {{ durability?: "strict" | "default" }} [options] strict: it resolves when the data is on the disk
   * @returns {Promise<Result>}
   */
  async write(names, work, { durability = "default" } = {}) {
    return this.#run(this.#begin(names, "readwrite", { durability }), work);
  }

  /**
   * @param {StoreName[]} names
   * @param {IDBTransactionMode} mode
   * @param {IDBTransactionOptions} [options]
   */
  #begin(names, mode, options) {
    try {
      return this.#connection.transaction(names, mode, options);
    } catch (error) {
      throw new StorageError("device_closed", error);
    }
  }

  /**
   * @template Result
   * @param {IDBTransaction} transaction
   * @param {(stores: Stores) => Promise<Result>} work
   * @returns {Promise<Result>}
   */
  async #run(transaction, work) {
    const done = completion(transaction);
    try {
      const value = await work((name) => transaction.objectStore(name));
      await done;
      return value;
    } catch (error) {
      abort(transaction);
      await done.catch(() => {});
      throw asStorageError(error);
    }
  }

  close() {
    this.#connection.close();
  }
}

/**
 * @param {string} name
 * @param {number} version
 * @param {(connection: IDBDatabase, oldVersion: number, transaction: IDBTransaction) => void} create makes or changes its
 *   stores
 * @returns {Promise<IDBDatabase>}
 * @throws {StorageError}
 */
export async function openConnection(name, version, create) {
  if (typeof indexedDB === "undefined") {
    throw new StorageError("device_blocked");
  }
  try {
    const request = indexedDB.open(name, version);
    let isUpgrading = false;
    request.onupgradeneeded = ({ oldVersion }) => {
      isUpgrading = true;
      create(request.result, oldVersion, /** @type {IDBTransaction} */ (request.transaction));
    };
    const opened = result(request);
    // An upgrade that has begun ends, and takes as long as there are rows.
    const connection = (await within(OPEN_PATIENCE_MS, opened)) ?? (isUpgrading ? await opened : null);
    if (connection === null) {
      opened.then((late) => late.close()).catch(() => {});
      throw new StorageError("device_held");
    }
    return connection;
  } catch (error) {
    throw asStorageError(error);
  }
}

/**
 * @template Value
 * @param {IDBRequest<Value>} request
 * @returns {Promise<Value>}
 */
export function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @template Value
 * @param {number} patienceMs
 * @param {Promise<Value>} work
 * @returns {Promise<Value | null>} null: it took longer
 */
async function within(patienceMs, work) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = /** @type {Promise<null>} */ (new Promise((resolve) => (timer = after(patienceMs, () => resolve(null)))));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/**
 * @param {IDBTransaction} transaction
 * @returns {Promise<void>}
 */
export function completion(transaction) {
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(undefined);
    transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
  });
  // The caller awaits it only after the work. Until then a failure must not count as unhandled.
  done.catch(() => {});
  return /** @type {Promise<void>} */ (done);
}

/** @param {IDBTransaction} transaction */
function abort(transaction) {
  try {
    transaction.abort();
  } catch {
    // The transaction has already ended.
  }
}
