/**
 * Suite 1, the equations: every value that goes into a message's ciphertext (docs/protocol.md §4 and §5).
 */
import { concat, fromHex, lengthPrefixed, utf8Encode } from "../lib/bytes.js";
import { CryptoManager } from "./crypto.js";

/**
 * Who writes to whom with which keys, all of it authenticated by the ciphertext.
 * @typedef {object} Header
 * @property {string} senderEmail normalised
 * @property {string} recipientEmail normalised
 * @property {string} senderFingerprint 64 lower-case hexadecimal digits
 * @property {string} recipientFingerprint 64 lower-case hexadecimal digits
 * @property {string} clientId a lower-case hyphenated UUID
 * @property {string} messageType a short lower-case word
 */

export const SUITE = 1;
export const SALT_LENGTH = 32;
export const NONCE_LENGTH = 12;
export const TAG_LENGTH = 16;

// Part of the suite and never read from a message. It adds no strength here (docs/protocol.md §10.3).
const PBKDF2_ITERATIONS = 100_000;
const KEY_LENGTH = 32;
const EMPTY = new Uint8Array(0);

const SALT_LABEL = utf8Encode("VibeChat suite 1 salt");
const MESSAGE_LABEL = utf8Encode("VibeChat suite 1 message");
const HASH_LABEL = utf8Encode("VibeChat suite 1 message hash");
const SELF_KEY_LABEL = utf8Encode("VibeChat suite 1 self key");
const SELF_TAG_LABEL = utf8Encode("VibeChat suite 1 self tag");

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
 * Both fingerprints in the order of the direction: Alice's messages to Bob and Bob's to Alice never share a key, so
 * none can be sent back as the other's.
 * @param {Header} header
 * @param {Bytes} messageSalt 16 to 32 bytes
 * @returns {Bytes} 85 + salt length bytes: label (21) ‖ sender's fingerprint (32) ‖ recipient's (32) ‖ salt
 */
export function pbkdf2Salt(header, messageSalt) {
  return concat(SALT_LABEL, fromHex(header.senderFingerprint), fromHex(header.recipientFingerprint), messageSalt);
}

/**
 * What the ciphertext authenticates besides the content (docs/protocol.md §4.2).
 * @param {Header} header
 * @returns {Bytes} eight length-prefixed parts
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
  );
}

/**
 * What later messages name this one by: their `previous` and `received[].hash` (docs/protocol.md §5.3).
 * @param {Bytes} untaggedJson the canonical JSON with `self_tag` empty
 * @returns {Promise<string>} 64 lower-case hexadecimal digits
 */
export async function messageHash(untaggedJson) {
  return CryptoManager.sha256Hex(lengthPrefixed(HASH_LABEL, untaggedJson));
}

/**
 * A key that only the holder of one private key can compute: from its ECDH with its own public key
 * (docs/protocol.md §5.4).
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
