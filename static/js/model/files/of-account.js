/** The files of an account. It is loaded on demand. */
import { SealedCopies } from "../../storage/sealed-copies.js";

/** @typedef {import("./files.js").Files} Files */
/** @typedef {{ cipher: StorageCipher, conversations: import("../conversations.js").Conversations, people: People }} Parts */

/** @type {WeakMap<object, Promise<Files>>} */
const known = new WeakMap();

/**
 * @param {Session} session
 * @param {Parts} parts
 * @param {boolean} [isWanted] false: null where nothing was being uploaded
 * @returns {Promise<Files | null>} the same each time
 */
export async function filesOf(session, parts, isWanted = true) {
  const ownEmail = /** @type {User} */ (session.user).email;
  const found = known.get(parts);
  if (found || (!isWanted && (await new SealedCopies(ownEmail).uploads()).length === 0)) {
    return found ?? null;
  }
  const loading = known.get(parts) ?? load(session, parts, ownEmail);
  known.set(parts, loading);
  loading.catch(() => known.delete(parts));
  return loading;
}

/**
 * @param {Session} session
 * @param {Parts} parts
 * @param {string} ownEmail
 */
async function load({ api }, { cipher, conversations, people }, ownEmail) {
  const { Files } = await import("./files.js");
  const files = new Files({ api, cipher, conversations, people, ownEmail, locks: navigator.locks, workers: navigator.serviceWorker });
  await files.resume();
  return files;
}

/** @param {string} email whose data leaves this browser */
export function forget(email) {
  return SealedCopies.forget(email);
}
