/** Encrypts the account's records in this browser. Its key is stored together with the browser's id. */
import { CryptoManager } from "../../crypto/crypto.js";
import { openRecord, sealRecord } from "../../crypto/storage-encryption.js";
import { get } from "../../storage/queries.js";

export class StorageCipher {
  #storageKey;

  /**
   * @param {CryptoKey} storageKey
   * @param {string} browser this browser's id in the account's messages; a browser that lost its storage gets a new one
   */
  constructor(storageKey, browser) {
    this.#storageKey = storageKey;
    this.browser = browser;
  }

  /**
   * @param {Database} database
   * @returns {Promise<StorageCipher>} with the same key and id in each tab
   */
  static async of(database) {
    const candidate = { storageKey: await CryptoManager.generateStorageKey(), browser: CryptoManager.randomId() };
    const { storageKey, browser } = await database.write(["state"], async (stores) => {
      const found = await get(stores("state"), "vault");
      if (!found) {
        stores("state").put(candidate, "vault");
      }
      return found ?? candidate;
    });
    return new StorageCipher(storageKey, browser);
  }

  /**
   * @param {string} name the name of the record: its store and key
   * @param {unknown} value any JSON
   * @returns {Promise<Sealed>}
   */
  seal(name, value) {
    return sealRecord(this.#storageKey, name, value);
  }

  /**
   * @param {string} name
   * @param {Sealed} sealed
   * @returns {Promise<any>}
   */
  open(name, sealed) {
    return openRecord(this.#storageKey, name, sealed);
  }
}

/**
 * The record name of a message. It is the same in the outbox and in the messages, so the record need not be sealed again.
 * The name of a decrypted message has its direction and nonce too, because the server can repeat ids and client_ids.
 * @param {{ peer: string, clientId: string | null, mine?: boolean, nonce?: string }} row one's own without `mine`
 */
export function messageRecord({ peer, clientId, mine = true, nonce = "" }) {
  return `message ${peer} ${mine ? "to" : "from"} ${clientId} ${nonce}`;
}

/**
 * @param {Sealed | null | undefined} sealed
 * @returns {string} different for each sealing; "" for none
 */
export function nonceOf(sealed) {
  return String(sealed?.nonce ?? "");
}

/**
 * @param {ChatRow} chat
 * @returns {boolean} whether the draft is one of another browser of the person's, and was not changed here
 */
export function isFromElsewhere({ draft, draftFrom, draftShared }) {
  return draftFrom !== undefined && nonceOf(draft) === draftShared;
}

/** @type {(email: string) => string} */
export const draftRecord = (email) => `draft ${email}`;
