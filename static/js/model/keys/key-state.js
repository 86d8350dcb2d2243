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
  if (rows.some(({ fingerprint }) => fingerprint === served)) {
    return { status: "ready", fingerprint: served };
  }
  const own = rows.find(({ fingerprint }) => fingerprint === state?.fingerprint) ?? rows[0];
  return { status: own ? "replaced" : "absent-here", fingerprint: own?.fingerprint ?? null };
}

/**
 * @param {KeyState | undefined} left
 * @param {KeyState | undefined} right
 * @returns {boolean}
 */
export function isSameState(left, right) {
  return left?.status === right?.status && left?.fingerprint === right?.fingerprint;
}
