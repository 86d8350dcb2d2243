/** Binds the database to the id of one account, so that a later account with the same email cannot use it. */
import { peerOf } from "../../storage/chat-ids.js";
import { all, get } from "../../storage/queries.js";
import { Refusal } from "../server/model-errors.js";

/** @import { StorageLossState } from "../keys/storage-loss.js" */

/**
 * @param {Database} database
 * @param {{ id: number }} user
 * @param {{ isRegistering: boolean }} [how] isRegistering: the account has just been registered here
 * @throws {Refusal} `other_account_here`
 */
export async function claim(database, { id }, { isRegistering } = { isRegistering: false }) {
  await database.write(["state", "people", "chains"], async (stores) => {
    const owner = await get(stores("state"), "owner");
    if (owner !== undefined && owner !== id) {
      throw new Refusal("other_account_here");
    }
    stores("state").put(id, "owner");
    stores("state").put(isRegistering ? "no" : await memory(stores), "forgetting");
  });
}

/**
 * @param {Stores} stores
 * @returns {Promise<StorageLossState>}
 */
async function memory(stores) {
  const [found, storageKey] = [await get(stores("state"), "forgetting"), await get(stores("state"), "vault")];
  if (found !== undefined && found !== "no") {
    return found;
  }
  const isNew = found === undefined && storageKey === undefined;
  return isNew ? "unsure" : (await lacksPins(stores)) ? "yes" : "no";
}

/**
 * @param {Stores} stores
 * @returns {Promise<boolean>} whether somebody's messages were decrypted here with a key that is not stored any more
 */
async function lacksPins(stores) {
  const [chains, people] = [await all(stores("chains")), await all(stores("people"))];
  const pinned = new Set(people.filter((row) => row.pinned).map(({ email }) => email));
  return chains.some(({ side, chat }) => side === "theirs" && !pinned.has(peerOf(chat)));
}
