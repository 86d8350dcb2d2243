/**
 * The vault: what the browsers of one person share, sealed for the server (docs/protocol.md §14).
 */
import { concat, equal, fromBase64, lengthPrefixed, uint32, utf8Decode, utf8Encode } from "../lib/bytes.js";
import { ProtocolError } from "./crypto-errors.js";
import { CryptoManager } from "./crypto.js";
import { waysHash } from "./ways.js";

/**
 * One version of a vault, but its blob.
 * @typedef {object} VaultPlace
 * @property {string} email one's own, normalised
 * @property {string} accountId the server's id of the account, in decimal
 * @property {number} generation of the vault key, from 1
 * @property {number} version from 1
 * @property {string} browser the id of the browser that wrote it: 32 lower-case hexadecimal digits
 * @property {Bytes} previous 32 bytes: the hash of the version before; zeros for the first
 * @property {readonly import("./ways.js").ServedWay[]} ways
 */
/** @typedef {Record<string, any>} VaultContent a JSON object (docs/protocol.md §14.3); `v` is 1 */

export const CONTENT_VERSION = 1;
/** Bytes of the largest blob. */
export const BLOB_LIMIT = 1024 * 1024;

const FORM = 1;
const STEP = 4096;
const LENGTH_PREFIX = 4;
const TAG_LENGTH = 16;
const NONCE_LENGTH = 12;
// Where the parts of a blob begin.
const VERSION_AT = 5;
const COMMITMENT_AT = 9;
const NONCE_AT = 41;
const CIPHERTEXT_AT = 53;
const EMPTY = new Uint8Array(0);
const VAULT_LABEL = utf8Encode("VibeChat vault");
const HASH_LABEL = utf8Encode("VibeChat vault hash");
const WRITE_LABEL = utf8Encode("VibeChat vault write");
const KIND = "vault";

/**
 * @param {VaultPlace & { vaultKey: Bytes, content: VaultContent }} request
 * @returns {Promise<{ blob: Bytes, hash: Bytes }>} the hash is 32 bytes
 * @throws {ProtocolError} `vault_size`: the content is too long
 */
export async function sealVault({ vaultKey, content, ...place }) {
  const padded = pad(utf8Encode(JSON.stringify(content)));
  const { key, commitment } = await contentKey(vaultKey, place);
  const nonce = CryptoManager.randomBytes(NONCE_LENGTH);
  const ciphertext = await CryptoManager.aesGcmSeal(key, nonce, await additionalData(place), padded);
  const numbers = concat(Uint8Array.of(FORM), uint32(place.generation), uint32(place.version));
  const blob = concat(numbers, commitment, nonce, ciphertext);
  return { blob, hash: await vaultHash({ ...place, blob }) };
}

/**
 * @param {VaultPlace & { vaultKey: Bytes, blob: Bytes }} request
 * @returns {Promise<VaultContent>}
 * @throws {ProtocolError} `vault`: the blob is out of form, or of another generation or version; `vault_key`: it was sealed
 *   with another vault key, or for another account; `unknown_version`: a newer version of VibeChat has written it
 * @throws {import("./crypto-errors.js").DecryptionError} it is not the blob that goes with these values
 */
export async function openVault({ vaultKey, blob, ...place }) {
  const { generation, version } = blobNumbers(blob);
  check(generation === place.generation && version === place.version, "vault");
  const { key, commitment } = await contentKey(vaultKey, place);
  check(equal(blob.slice(COMMITMENT_AT, NONCE_AT), commitment), "vault_key");
  const nonce = blob.slice(NONCE_AT, CIPHERTEXT_AT);
  const opened = await CryptoManager.aesGcmOpen(key, nonce, await additionalData(place), blob.slice(CIPHERTEXT_AT));
  return readContent(unpad(opened));
}

/**
 * What stands in the clear at the head of a blob.
 * @param {Bytes} blob
 * @returns {{ generation: number, version: number }}
 * @throws {ProtocolError} `vault`: the blob has another form or length
 */
export function blobNumbers(blob) {
  const padded = blob.length - CIPHERTEXT_AT - TAG_LENGTH;
  check(padded >= STEP && padded % STEP === 0 && blob.length <= BLOB_LIMIT && blob[0] === FORM, "vault");
  const view = new DataView(blob.buffer, blob.byteOffset);
  const [generation, version] = [view.getUint32(1), view.getUint32(VERSION_AT)];
  check(generation >= 1 && version >= 1, "vault");
  return { generation, version };
}

/**
 * The hash by which the next version names this one, and which its writer signs.
 * @param {Pick<VaultPlace, "email" | "accountId" | "ways" | "browser" | "previous"> & { blob: Bytes }} request
 * @returns {Promise<Bytes>} 32 bytes
 */
export async function vaultHash({ email, accountId, blob, ways, browser, previous }) {
  const account = [utf8Encode(email), utf8Encode(accountId)];
  const parts = [blob, await waysHash(ways), utf8Encode(browser), previous];
  return CryptoManager.sha256(lengthPrefixed(HASH_LABEL, ...account, ...parts));
}

/**
 * @typedef {object} VaultWrite
 * @property {string} email one's own, normalised
 * @property {string} accountId the server's id of the account, in decimal
 * @property {number} version
 * @property {Bytes} hash 32 bytes: the version's hash
 */

/**
 * @param {VaultWrite & { privateKey: CryptoKey }} request the signature key of the browser that writes: Ed25519
 * @returns {Promise<Bytes>} 64 bytes
 */
export async function signVaultWrite({ privateKey, ...write }) {
  return CryptoManager.ed25519Sign(privateKey, writeBytes(write));
}

/**
 * @param {VaultWrite & { signatureKeyBytes: Bytes, signature: Bytes }} request the key is that of the browser that wrote it
 *   in the signed list
 * @returns {Promise<void>}
 * @throws {ProtocolError} `vault_signature`: it is not signed by this key
 */
export async function verifyVaultWrite({ signatureKeyBytes, signature, ...write }) {
  check(await CryptoManager.ed25519Verify(signatureKeyBytes, writeBytes(write), signature), "vault_signature");
}

/**
 * Whether a content may follow what this browser has pinned (docs/protocol.md §14.4): a later generation must name the vault
 * key of the pinned one. Who was signed out knows the public halves and PSKs of all ways, but no later vault key.
 * @param {VaultContent} content of a version that has opened
 * @param {number} generation its
 * @param {{ generation: number, vaultKey: Bytes }} pinned
 * @returns {void}
 * @throws {ProtocolError} `generation`: it is lower, or `former` has another key for the pinned one
 */
export function checkGeneration(content, generation, pinned) {
  const former = generation === pinned.generation ? pinned.vaultKey : formerKey(content, pinned.generation);
  check(generation >= pinned.generation && former !== null && equal(former, pinned.vaultKey), "generation");
}

/**
 * @param {VaultContent} content
 * @param {number} generation
 * @returns {Bytes | null} the vault key of that earlier generation, 32 bytes; null where none is named
 */
export function formerKey(content, generation) {
  const named = content.former?.find?.((/** @type {any} */ entry) => entry?.generation === generation);
  return typeof named?.key === "string" ? fromBase64(named.key) : null;
}

/**
 * The key of something that lies beside the vault, such as an archive (docs/protocol.md §14.2).
 * @param {Bytes} vaultKey 32 bytes
 * @param {string} kind what it seals; never "vault"
 * @param {Pick<VaultPlace, "email" | "accountId" | "generation">} place
 * @returns {Promise<CryptoKey>} AES-256-GCM
 */
export async function keyOfKind(vaultKey, kind, place) {
  return CryptoManager.importAesKey(await CryptoManager.hkdf(vaultKey, EMPTY, kindInfo(kind, place), 32));
}

/**
 * @param {Bytes} vaultKey
 * @param {Pick<VaultPlace, "email" | "accountId" | "generation">} place
 * @returns {Promise<{ key: CryptoKey, commitment: Bytes }>} the commitment is 32 bytes: no other vault key has it
 */
async function contentKey(vaultKey, place) {
  const both = await CryptoManager.hkdf(vaultKey, EMPTY, kindInfo(KIND, place), 64);
  return { key: await CryptoManager.importAesKey(both.slice(0, 32)), commitment: both.slice(32) };
}

/**
 * @param {string} kind
 * @param {Pick<VaultPlace, "email" | "accountId" | "generation">} place
 * @returns {Bytes}
 */
function kindInfo(kind, { email, accountId, generation }) {
  return lengthPrefixed(VAULT_LABEL, utf8Encode(kind), utf8Encode(email), utf8Encode(accountId), uint32(generation));
}

/**
 * @param {VaultPlace} place
 * @returns {Promise<Bytes>}
 */
async function additionalData(place) {
  const { version, browser, previous, ways } = place;
  const parts = [uint32(version), utf8Encode(browser), previous, await waysHash(ways)];
  return concat(kindInfo(KIND, place), lengthPrefixed(...parts));
}

/**
 * @param {VaultWrite} write
 * @returns {Bytes}
 */
function writeBytes({ email, accountId, version, hash }) {
  return lengthPrefixed(WRITE_LABEL, utf8Encode(email), utf8Encode(accountId), uint32(version), hash);
}

/**
 * @param {Bytes} json
 * @returns {Bytes} its length (4 bytes, big-endian), it, and zeros up to a multiple of 4096 bytes
 * @throws {ProtocolError} `vault_size`: the blob would be too long
 */
function pad(json) {
  const padded = new Uint8Array(paddedLength(json.length));
  check(padded.length + CIPHERTEXT_AT + TAG_LENGTH <= BLOB_LIMIT, "vault_size");
  padded.set(concat(uint32(json.length), json));
  return padded;
}

/**
 * @param {Bytes} padded authenticated
 * @returns {Bytes}
 * @throws {ProtocolError} `padding`
 */
function unpad(padded) {
  const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
  const end = LENGTH_PREFIX + length;
  const isRight = padded.length === paddedLength(length) && padded.subarray(end).every((byte) => byte === 0);
  check(isRight, "padding");
  return padded.slice(LENGTH_PREFIX, end);
}

/**
 * @param {number} length of the JSON
 * @returns {number}
 */
function paddedLength(length) {
  return Math.ceil((LENGTH_PREFIX + length) / STEP) * STEP;
}

/**
 * @param {Bytes} json
 * @returns {VaultContent}
 * @throws {ProtocolError} `json`, `unknown_version`
 */
function readContent(json) {
  let content;
  try {
    content = JSON.parse(utf8Decode(json));
  } catch {
    throw new ProtocolError("json");
  }
  check(typeof content === "object" && content !== null && !Array.isArray(content), "json");
  check(content.v === CONTENT_VERSION, "unknown_version");
  return content;
}

/**
 * @param {boolean} condition
 * @param {import("./crypto-errors.js").VaultErrorReason | "padding" | "json" | "unknown_version"} reason
 * @returns {void}
 * @throws {ProtocolError} the condition is false
 */
function check(condition, reason) {
  if (!condition) {
    throw new ProtocolError(reason);
  }
}
