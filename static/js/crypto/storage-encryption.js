/**
 * Encryption at rest under a key that no script can export. docs/protocol.md §11 also says what it does not protect from.
 */
import { lengthPrefixed, utf8Decode, utf8Encode } from "../lib/bytes.js";
import { CryptoManager } from "./crypto.js";

/**
 * @typedef {object} SealedRecord
 * @property {Bytes} nonce 12 bytes
 * @property {Bytes} data AES-256-GCM: as long as the value's JSON, and a tag of 16 bytes
 */

const NONCE_LENGTH = 12;
const LABEL = utf8Encode("VibeChat record");

/**
 * @param {CryptoKey} storageKey from CryptoManager.generateStorageKey
 * @param {string} recordName the record's store and key, so that no record opens in another's place
 * @param {unknown} value any JSON value
 * @returns {Promise<SealedRecord>}
 * @throws {TypeError} the value has no JSON, or the name contains a lone surrogate
 */
export async function sealRecord(storageKey, recordName, value) {
  const json = JSON.stringify(value);
  if (json === undefined) {
    throw new TypeError("not a JSON value");
  }
  const nonce = CryptoManager.randomBytes(NONCE_LENGTH);
  const data = await CryptoManager.aesGcmSeal(storageKey, nonce, recordData(recordName), utf8Encode(json));
  return { nonce, data };
}

/**
 * @param {CryptoKey} storageKey the one that sealed it
 * @param {string} recordName the name that it was sealed with
 * @param {SealedRecord} record
 * @returns {Promise<any>} the value
 * @throws {DecryptionError} it was sealed with another key or name, or was changed since
 */
export async function openRecord(storageKey, recordName, record) {
  const json = await CryptoManager.aesGcmOpen(storageKey, record.nonce, recordData(recordName), record.data);
  return JSON.parse(utf8Decode(json));
}

/**
 * @param {string} recordName
 * @returns {Bytes} the additional data
 */
function recordData(recordName) {
  return lengthPrefixed(LABEL, utf8Encode(recordName));
}
