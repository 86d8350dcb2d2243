/** The account's keys as the vault holds them, and as this browser uses them. */
import { CryptoManager } from "../../crypto/crypto.js";
import { fingerprint as fingerprintOf } from "../../crypto/fingerprint.js";
import { verifyStatement } from "../../crypto/identity.js";
import { checkAccountPair, checkSigningPair } from "../../crypto/pairs.js";
import { fromBase64, toBase64 } from "../../lib/bytes.js";
import { isPresent } from "../keys/key-state.js";
import { secretsRecord } from "../keys/own-keys.js";

/**
 * A member of the vault's `keys`; all but numbers and `present` in base64.
 * @typedef {object} OwnKeyRecord
 * @property {string} public
 * @property {string} private PKCS #8
 * @property {string} identity_public
 * @property {string} identity_private PKCS #8
 * @property {string} statement
 * @property {number} version
 * @property {number[]} suites
 * @property {boolean} present
 */

/** @typedef {{ record: OwnKeyRecord, isNext: boolean }} KnownKeyRecord a key of this browser; isNext: it is to replace the present one */

/**
 * @param {StorageCipher} cipher
 * @param {KeyRow} row with its private keys
 * @returns {Promise<KnownKeyRecord>}
 */
export async function ownKeyRecord(cipher, row) {
  const { fingerprint, publicKeyBytes, identity, signed, secrets, isNext = false } = row;
  const { account, identity: identitySecret } = await cipher.open(secretsRecord(fingerprint), /** @type {Sealed} */ (secrets));
  const { version, suites, statement } = /** @type {import("../../storage/rows.js").Signed} */ (signed);
  const record = {
    public: toBase64(publicKeyBytes),
    private: account,
    identity_public: toBase64(/** @type {any} */ (identity).publicKeyBytes),
    identity_private: identitySecret,
    statement: toBase64(statement),
    version,
    suites: [...suites],
    present: isPresent(row),
  };
  return { record, isNext };
}

/**
 * Former keys stand before the present one, and those that are to replace it after it.
 * @param {OwnKeyRecord[]} kept in the vault, which says what is present, unless it has none
 * @param {KnownKeyRecord[]} known to this browser
 * @returns {OwnKeyRecord[]} all keys; of a key in both, the one with the later statement
 */
export function mergedKeys(kept, known) {
  const merged = kept.map((key) => {
    const other = known.find(({ record }) => record.public === key.public)?.record;
    return other && other.version > key.version ? { ...other, present: key.present } : key;
  });
  const others = known.filter(({ record }) => !kept.some((one) => one.public === record.public));
  const isFirst = kept.length === 0;
  const added = others.map(({ record, isNext }) => ({ isNext, record: { ...record, present: isFirst && record.present } }));
  const [before, after] = [added.filter((one) => !one.isNext), added.filter((one) => one.isNext)];
  return [...before, ...merged.map((record) => ({ record })), ...after].map(({ record }) => record);
}

/**
 * @param {OwnKeyRecord[]} keys
 * @param {string} publicKey base64: of the key that is the account's from now on
 * @returns {OwnKeyRecord[]}
 */
export function withPresent(keys, publicKey) {
  const others = keys.filter((key) => key.public !== publicKey).map((key) => ({ ...key, present: false }));
  return [...others, ...keys.filter((key) => key.public === publicKey).map((key) => ({ ...key, present: true }))];
}

/**
 * Imports the keys. Public and private halves must belong together, and the statement must be theirs.
 * @param {StorageCipher} cipher
 * @param {string} email
 * @param {OwnKeyRecord[]} records
 * @returns {Promise<KeyRow[]>} those before the present key are former ones, those after it are to replace it
 * @throws {import("../../crypto/crypto-errors.js").ProtocolError} `private_key`, `identity`, `public_key`
 */
export async function importKeys(cipher, email, records) {
  const present = records.findIndex((record) => record.present);
  const rows = records.map(async (record, index) => {
    const row = await importKey(cipher, email, record);
    return { ...row, isFormer: index < present || undefined, isNext: index > present || undefined };
  });
  return Promise.all(rows);
}

/**
 * @param {StorageCipher} cipher
 * @param {string} email
 * @param {OwnKeyRecord} record
 * @returns {Promise<KeyRow>}
 */
async function importKey(cipher, email, record) {
  const [publicKeyBytes, identityKeyBytes, statement] = [record.public, record.identity_public, record.statement].map(fromBase64);
  const fingerprint = await fingerprintOf(publicKeyBytes);
  const publicKey = await CryptoManager.importPublicKey(publicKeyBytes);
  const privateKey = await CryptoManager.importAccountKey(fromBase64(record.private));
  const identityKey = await CryptoManager.importSigningKey(fromBase64(record.identity_private));
  const signed = await verifyStatement({ identityKeyBytes, email, publicKeyBytes, statement });
  await Promise.all([checkAccountPair(privateKey, publicKeyBytes), checkSigningPair(identityKey, identityKeyBytes)]);
  const secrets = await cipher.seal(secretsRecord(fingerprint), { account: record.private, identity: record.identity_private });
  return {
    fingerprint,
    privateKey,
    publicKey,
    publicKeyBytes,
    identity: { privateKey: identityKey, publicKeyBytes: identityKeyBytes },
    signed: { ...signed, statement },
    secrets,
  };
}
