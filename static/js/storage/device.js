/**
 * The data that is stored outside of the accounts' databases: who is logged in, so that the chats show before the server
 * answers; and which keys the person has deleted here.
 */
import { completion, openConnection, result } from "./database.js";
import { asStorageError } from "./storage-errors.js";

/**
 * @typedef {object} Resident
 * @property {{ id: number, email: string, displayName: string, createdAtMs: number } | null} user who is logged in here
 * @property {boolean} leaving logged out here, and the server does not know it yet
 * @property {"session_over" | "other_account" | "signed_out" | undefined} [ended] why the session has ended without a log-out: the server has
 *   ended it, or it answered for another account
 * @property {boolean} [isUnknown] no log-in or log-out is stored
 */

const NAME = "vibechat";
const STORE = "resident";

/** @returns {Promise<Resident>} */
export async function readResident() {
  const found = await inStore("readonly", (store) => store.get(STORE));
  return found ?? { user: null, leaving: false, isUnknown: true };
}

/** @param {Resident} resident */
export async function writeResident(resident) {
  await inStore("readwrite", (store) => store.put(resident, STORE));
}

/**
 * Stores and deletes a key. No browser says in advance whether it can.
 * @param {CryptoKey} key of no account
 * @throws {import("./storage-errors.js").StorageError}
 */
export async function tryToKeep(key) {
  await inStore("readwrite", (store) => store.put(key, "probe"));
  await inStore("readwrite", (store) => store.delete("probe"));
}

/**
 * What the person has deleted here. Without it the page would say that the key is in another browser.
 * @typedef {object} ForgottenAccount
 * @property {number} compared with how many people safety numbers had been compared
 * @property {string[]} keys fingerprints of the account's keys
 */

/** @type {(accountId: number) => string} */
const forgottenName = (accountId) => `forgot ${accountId}`;

/**
 * @param {number} accountId
 * @returns {Promise<ForgottenAccount>}
 */
export async function readForgotten(accountId) {
  return (await inStore("readonly", (store) => store.get(forgottenName(accountId)))) ?? { compared: 0, keys: [] };
}

/**
 * @param {number} accountId
 * @param {ForgottenAccount} forgotten
 */
export async function writeForgotten(accountId, forgotten) {
  await inStore("readwrite", (store) => store.put(forgotten, forgottenName(accountId)));
}

/** @param {number} accountId */
export async function deleteForgotten(accountId) {
  await inStore("readwrite", (store) => store.delete(forgottenName(accountId)));
}

/**
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest} work
 * @returns {Promise<any>}
 */
async function inStore(mode, work) {
  const database = await openConnection(NAME, 1, (connection) => connection.createObjectStore(STORE));
  try {
    const transaction = database.transaction(STORE, mode);
    const [found] = await Promise.all([result(work(transaction.objectStore(STORE))), completion(transaction)]);
    return found;
  } catch (error) {
    throw asStorageError(error);
  } finally {
    database.close();
  }
}
