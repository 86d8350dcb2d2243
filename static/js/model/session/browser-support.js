/** Whether this browser can hold a key. */
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
  // Browsers give it to secure pages alone.
  if (globalThis.isSecureContext === false) {
    throw new Refusal("insecure_page");
  }
}

/**
 * Asked before the server: an account or a session that has no key here is of no use.
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
