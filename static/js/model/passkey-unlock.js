import { Account } from "./account.js";

/**
 * Opens the messages in this browser by the passkey that has just logged in, before the chat page opens.
 * @param {Session} session
 * @param {Bytes} seed
 */
export async function unlockBySeed(session, seed) {
  const account = await Account.open(session);
  try {
    await account.vault.unlockBySeed(seed);
  } finally {
    account.close();
  }
}
