import { askToPersist } from "../storage/database.js";
import { Account } from "./account.js";

/** @import { Surroundings } from "./account.js" */

/**
 * Makes and uploads the key of a new account, before the first chat.
 * @param {Session} session
 * @param {Surroundings} [surroundings]
 */
export async function prepare(session, surroundings = {}) {
  const account = await Account.open(session, surroundings);
  try {
    await askToPersist();
    await account.key.begin();
  } finally {
    account.close();
  }
}
