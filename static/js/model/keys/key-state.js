/** The stored state of the account's key in this browser, and its status after the server's answer. */
import { all, get } from "../../storage/queries.js";

/**
 * - unknown: not loaded yet
 * - ready: the account's key is here
 * - absent-here: the account's key is in another browser
 * - replaced: there is a key here, but another browser has taken over since
 * @typedef {"unknown" | "ready" | "absent-here" | "replaced"} KeyStatus
 */

/** @typedef {{ status: KeyStatus, fingerprint: string | null, served?: string }} KeyState served: the server's last answer */
/** @typedef {{ rows: KeyRow[], state: KeyState | undefined }} Stored */

/** @param {KeyRow} row */
export const isPresent = ({ isFormer, isNext }) => !isFormer && !isNext;

/**
 * @param {Stores} stores
 * @returns {Promise<Stored>}
 */
export async function readStored(stores) {
  return { rows: await all(stores("keys")), state: await get(stores("state"), "key") };
}

/**
 * @param {string} served the fingerprint of the account's key
 * @param {Stored} stored
 * @returns {KeyState}
 */
export function stateFor(served, { rows, state }) {
  // A server that names a former key again could have it used by whoever has stolen it.
  if (rows.some(({ fingerprint, isFormer }) => fingerprint === served && !isFormer)) {
    return { status: "ready", fingerprint: served };
  }
  const own = rows.find(({ fingerprint }) => fingerprint === state?.fingerprint) ?? rows.find(isPresent);
  return { status: own ? "replaced" : "absent-here", fingerprint: own?.fingerprint ?? null };
}

/**
 * Makes a key the account's key in the stored rows, in place of the one before.
 * @param {Stores} stores of a transaction with `keys`
 * @param {string} fingerprint
 * @returns {Promise<KeyRow[]>} all rows
 */
export async function promote(stores, fingerprint) {
  const rows = await all(stores("keys"));
  if (!rows.some((row) => row.fingerprint === fingerprint && row.isNext)) {
    return rows;
  }
  const changed = rows.map((row) => {
    const isIt = row.fingerprint === fingerprint;
    return { ...row, isNext: isIt ? undefined : row.isNext, isFormer: row.isFormer || (!isIt && isPresent(row)) || undefined };
  });
  changed.forEach((row) => stores("keys").put(row));
  return changed;
}

/**
 * @param {KeyState | undefined} left
 * @param {KeyState | undefined} right
 * @returns {boolean}
 */
export function isSameState(left, right) {
  return left?.status === right?.status && left?.fingerprint === right?.fingerprint;
}
