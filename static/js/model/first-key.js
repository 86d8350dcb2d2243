import { Account } from "./account.js";

/** @import { Environment } from "./account.js" */

/**
 * Makes and uploads the key of a new account, before the chat page opens.
 * @param {Session} session
 * @param {Environment} [environment]
 */
export async function prepare(session, environment = {}) {
  const account = await Account.open(session, environment);
  try {
    await account.key.begin();
  } finally {
    account.close();
  }
}
