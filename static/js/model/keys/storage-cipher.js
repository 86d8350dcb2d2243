/** What this account keeps on this browser, encrypted at rest; and the browser's own id. */
import { CryptoManager } from "../../crypto/crypto.js";
import { openRecord, sealRecord } from "../../crypto/storage-encryption.js";
import { get } from "../../storage/queries.js";

export class StorageCipher {
  #storageKey;

  /**
   * @param {CryptoKey} storageKey
   * @param {string} browser this browser's id in this account's messages; a browser that lost its state takes a new one
   */
  constructor(storageKey, browser) {
    this.#storageKey = storageKey;
    this.browser = browser;
  }

  /**
   * @param {Database} database
   * @returns {Promise<StorageCipher>} the same one for each tab
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
   * @param {string} name where the record stands
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
 * The same before and after the server has it, so that one record serves both. What was opened here is told by its
 * direction and its envelope as well: ids and client_ids are the server's word, and may come a second time.
 * @param {{ peer: string, clientId: string | null, mine?: boolean, nonce?: string }} row one's own without `mine`
 */
export function messageRecord({ peer, clientId, mine = true, nonce = "" }) {
  return `message ${peer} ${mine ? "to" : "from"} ${clientId} ${nonce}`;
}

/**
 * @param {Sealed | null | undefined} sealed
 * @returns {string} another one for each sealing; "" for nothing
 */
export function nonceOf(sealed) {
  return String(sealed?.nonce ?? "");
}

/** @type {(email: string) => string} */
export const draftRecord = (email) => `draft ${email}`;
