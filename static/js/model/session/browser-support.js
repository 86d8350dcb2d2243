/** Checks whether this browser can store the keys of an account. */
import { CryptoManager } from "../../crypto/crypto.js";
import { Database } from "../../storage/database.js";
import { tryToKeep } from "../../storage/device.js";
import { Refusal } from "../server/model-errors.js";

/** @throws {Refusal} `insecure_page`, `too_old` */
export async function requireIdentities() {
  requireWebCrypto();
  try {
    await CryptoManager.generateIdentityKeyPair();
  } catch {
    throw new Refusal("too_old");
  }
}

/** @throws {Refusal} `insecure_page` */
function requireWebCrypto() {
  // Web Crypto exists only on secure pages.
  if (globalThis.isSecureContext === false) {
    throw new Refusal("insecure_page");
  }
}

/**
 * Called before the server is asked, because an account or a session without a key here is of no use.
 * @param {string} email the account's
 * @throws {Refusal | import("../../storage/storage-errors.js").StorageError} with a `code`
 */
export async function requireRoomForKey(email) {
  requireWebCrypto();
  await tryToKeep(await CryptoManager.generateStorageKey());
  if (await Database.exists(email)) {
    (await Database.open(email)).close();
  }
}
