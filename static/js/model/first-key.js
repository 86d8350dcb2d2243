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
    await account.key.begin();
  } finally {
    account.close();
  }
}
