/**
 * Suite 1, the equations: every value that goes into a message's ciphertext (docs/protocol.md §4 to §6). suites.js says
 * what a suite exports.
 */
import { concat, fromHex, lengthPrefixed, utf8Encode } from "../lib/bytes.js";
import { CryptoManager } from "./crypto.js";
import { BUCKETS, pad, unpad } from "./padding.js";

export { fingerprint } from "./fingerprint.js";
export { isSameKey } from "./public-key.js";

/** @typedef {{ ownKeyPair: KeyPair, peerKey: CryptoKey }} Keys */
/** @typedef {import("./suites.js").OwnKey} OwnKey */
/** @typedef {import("./suites.js").SealedBytes} SealedBytes */

/**
 * The people, keys and type of a message. The ciphertext authenticates all members.
 * @typedef {object} Header
 * @property {string} senderEmail normalised
 * @property {string} recipientEmail normalised
 * @property {string} senderFingerprint 64 lower-case hexadecimal digits
 * @property {string} recipientFingerprint 64 lower-case hexadecimal digits
 * @property {string} clientId a lower-case hyphenated UUID
 * @property {string} messageType a short lower-case word
 * @property {Bytes | null} [tag] the franking tag, 32 bytes; null or none: the message has none
 */

export const SUITE = 1;
const SHORTEST_SALT = 16;
const SALT_LENGTH = 32;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
const CIPHERTEXT_LENGTHS = BUCKETS.map((bucket) => bucket + TAG_LENGTH);

/** The byte strings of an envelope, in the order in which they are checked (docs/protocol.md §7.2, steps 3 and 4). */
export const LENGTHS = Object.freeze({
  nonce: (/** @type {number} */ length) => length === NONCE_LENGTH,
  salt: (/** @type {number} */ length) => length >= SHORTEST_SALT && length <= SALT_LENGTH,
  ciphertext: (/** @type {number} */ length) => CIPHERTEXT_LENGTHS.includes(length),
});

// The number is part of the suite and never read from a message. It adds no strength (docs/protocol.md §10.3).
const PBKDF2_ITERATIONS = 100_000;
const KEY_LENGTH = 32;
const EMPTY = new Uint8Array(0);

const SALT_LABEL = utf8Encode("VibeChat suite 1 salt");
const MESSAGE_LABEL = utf8Encode("VibeChat suite 1 message");
const HASH_LABEL = utf8Encode("VibeChat suite 1 message hash");
const FRANKING_LABEL = utf8Encode("VibeChat suite 1 franking");
const SELF_KEY_LABEL = utf8Encode("VibeChat suite 1 self key");
const SELF_TAG_LABEL = utf8Encode("VibeChat suite 1 self tag");

/**
 * @param {Bytes} publicKeyBytes 91 bytes
 * @returns {Promise<CryptoKey>}
 * @throws {import("./crypto-errors.js").ProtocolError} `public_key`
 */
export function importPublicKey(publicKeyBytes) {
  return CryptoManager.importPublicKey(publicKeyBytes);
}

/**
 * Pads and encrypts a content with a new nonce and a new salt (docs/protocol.md §4.3).
 * @param {Keys} keys
 * @param {Header} header
 * @param {Bytes} json the content's canonical JSON
 * @returns {Promise<SealedBytes>}
 * @throws {import("./crypto-errors.js").ProtocolError} `padding`: it is too long
 */
export async function seal(keys, header, json) {
  const nonce = CryptoManager.randomBytes(NONCE_LENGTH);
  const salt = CryptoManager.randomBytes(SALT_LENGTH);
  const key = await aesKey(keys, header, salt);
  return { nonce, salt, ciphertext: await CryptoManager.aesGcmSeal(key, nonce, additionalData(header), pad(json)) };
}

/**
 * @param {Keys} keys
 * @param {Envelope} envelope
 * @returns {Promise<Bytes>} the content's JSON, not yet read
 * @throws {import("./crypto-errors.js").DecryptionError} these keys did not seal it as it is
 * @throws {import("./crypto-errors.js").ProtocolError} `padding`
 */
export async function open(keys, envelope) {
  const key = await aesKey(keys, envelope, envelope.salt);
  return unpad(await CryptoManager.aesGcmOpen(key, envelope.nonce, additionalData(envelope), envelope.ciphertext));
}

/**
 * @param {Keys} keys
 * @param {Header} header
 * @param {Bytes} salt 16 to 32 bytes
 * @returns {Promise<CryptoKey>} AES-256-GCM, for this one message
 */
async function aesKey({ ownKeyPair, peerKey }, header, salt) {
  const sharedSecret = await CryptoManager.deriveSharedSecret(ownKeyPair.privateKey, peerKey);
  return CryptoManager.importAesKey(await messageKey(sharedSecret, header, salt));
}

/**
 * The key of one message in one direction (docs/protocol.md §4.1).
 * @param {Bytes} sharedSecret 32 bytes: ECDH of the two people's keys
 * @param {Header} header
 * @param {Bytes} messageSalt 16 to 32 bytes
 * @returns {Promise<Bytes>} 32 bytes, for AES-256-GCM
 */
export async function messageKey(sharedSecret, header, messageSalt) {
  return CryptoManager.pbkdf2(sharedSecret, pbkdf2Salt(header, messageSalt), PBKDF2_ITERATIONS, KEY_LENGTH);
}

/**
 * The salt has the sender's fingerprint first, so Alice's messages to Bob and Bob's to Alice never share a key. No message
 * can be sent back as the other person's.
 * @param {Header} header
 * @param {Bytes} messageSalt 16 to 32 bytes
 * @returns {Bytes} 85 + salt length bytes: label (21) ‖ sender's fingerprint (32) ‖ recipient's (32) ‖ salt
 */
export function pbkdf2Salt(header, messageSalt) {
  return concat(SALT_LABEL, fromHex(header.senderFingerprint), fromHex(header.recipientFingerprint), messageSalt);
}

/**
 * The additional data that the ciphertext authenticates (docs/protocol.md §4.2).
 * @param {Header} header
 * @returns {Bytes} eight length-prefixed parts, nine with a franking tag
 */
export function additionalData(header) {
  return lengthPrefixed(
    MESSAGE_LABEL,
    utf8Encode(String(SUITE)),
    utf8Encode(header.senderEmail),
    utf8Encode(header.recipientEmail),
    fromHex(header.senderFingerprint),
    fromHex(header.recipientFingerprint),
    utf8Encode(header.clientId),
    utf8Encode(header.messageType),
    ...(header.tag ? [header.tag] : []),
  );
}

/**
 * The hash by which later messages name this one: `previous` and `received[].hash` (docs/protocol.md §5.3).
 * @param {Bytes} untaggedJson the canonical JSON with `self_tag` empty
 * @returns {Promise<string>} 64 lower-case hexadecimal digits
 */
export async function messageHash(untaggedJson) {
  return CryptoManager.sha256Hex(lengthPrefixed(HASH_LABEL, untaggedJson));
}

/**
 * The commitment to a content by which its recipient can prove it to the operators (docs/protocol.md §5.12).
 * @param {Bytes} untaggedJson the canonical JSON with `self_tag` empty
 * @param {Bytes} contentSalt 16 bytes: the content's `salt`
 * @returns {Promise<Bytes>} 32 bytes
 */
export function frankingTag(untaggedJson, contentSalt) {
  return CryptoManager.hmac(contentSalt, lengthPrefixed(FRANKING_LABEL, untaggedJson));
}

/**
 * The self key: derived from ECDH of one's private key with one's own public key, so only the holder of the private key can
 * compute it (docs/protocol.md §5.4).
 * @param {KeyPair} ownKeyPair
 * @param {string} ownFingerprint 64 lower-case hexadecimal digits
 * @returns {Promise<Bytes>} 32 bytes, for HMAC-SHA-256
 */
export async function selfKey(ownKeyPair, ownFingerprint) {
  const selfSecret = await CryptoManager.deriveSharedSecret(ownKeyPair.privateKey, ownKeyPair.publicKey);
  return CryptoManager.hkdf(selfSecret, EMPTY, concat(SELF_KEY_LABEL, fromHex(ownFingerprint)), KEY_LENGTH);
}

/**
 * The input of the self tag, HMAC-SHA-256 under the self key (docs/protocol.md §5.4).
 * @param {Header} header
 * @param {Bytes} untaggedJson the canonical JSON with `self_tag` empty
 * @returns {Bytes}
 */
export function selfTagInput(header, untaggedJson) {
  return lengthPrefixed(SELF_TAG_LABEL, additionalData(header), untaggedJson);
}

/**
 * @param {OwnKey} own
 * @param {Header} header
 * @param {Bytes} untaggedJson the canonical JSON with `self_tag` empty
 * @returns {Promise<Bytes>} 32 bytes
 */
export async function selfTag({ ownKeyPair, ownFingerprint }, header, untaggedJson) {
  return CryptoManager.hmac(await selfKey(ownKeyPair, ownFingerprint), selfTagInput(header, untaggedJson));
}

/**
 * @param {OwnKey} own
 * @param {Header} header
 * @param {Bytes} untaggedJson the canonical JSON with `self_tag` empty
 * @param {Bytes} tag 32 bytes
 * @returns {Promise<boolean>} whether this key has made the tag; compared in constant time
 */
export async function isSelfTag({ ownKeyPair, ownFingerprint }, header, untaggedJson, tag) {
  return CryptoManager.hmacVerify(await selfKey(ownKeyPair, ownFingerprint), selfTagInput(header, untaggedJson), tag);
}
