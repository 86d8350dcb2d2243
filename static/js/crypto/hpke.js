/**
 * HPKE (RFC 9180) in PSK and base mode for one message, with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM. The names are
 * the RFC's.
 */
import { concat, toHex, uint32, utf8Encode } from "../lib/bytes.js";
import { CryptoManager } from "./crypto.js";
import { ORDER, publicPoint } from "./p256.js";
import { fromPoint, toPoint } from "./public-key.js";

/** @typedef {{ privateKey: CryptoKey, publicBytes: Bytes }} KemKeyPair the public key is 65 bytes: an uncompressed point */
/** @typedef {{ psk: Bytes, pskId: Bytes, info: Bytes }} PskParameters the PSK has at least 32 bytes; in base mode it is empty */

const KEM_SUITE = concat(utf8Encode("KEM"), uint16(0x0010));
const [MODE_BASE, MODE_PSK] = [Uint8Array.of(0), Uint8Array.of(1)];
const VERSION = utf8Encode("HPKE-v1");
const AES_256_GCM = Object.freeze({ id: 0x0002, keyLength: 32 });
const NONCE_LENGTH = 12;
const HASH_LENGTH = 32;
const EMPTY = new Uint8Array(0);
const NO_SALT = new Uint8Array(HASH_LENGTH); // HMAC pads an empty key with zeros, and Web Crypto imports no empty one.

/**
 * DeriveKeyPair (RFC 9180 §7.1.3).
 * @param {Bytes} ikm at least 32 bytes of entropy
 * @returns {Promise<KemKeyPair>}
 */
export async function deriveKeyPair(ikm) {
  const prk = await labeledExtract(KEM_SUITE, NO_SALT, "dkp_prk", ikm);
  // The first candidate is out of range once in 2^32 times.
  for (let counter = 0; counter < 256; counter += 1) {
    const candidate = await labeledExpand(KEM_SUITE, prk, "candidate", Uint8Array.of(counter), 32);
    const scalar = BigInt(`0x${toHex(candidate)}`);
    if (scalar > 0n && scalar < ORDER) {
      const publicBytes = publicPoint(scalar);
      return { privateKey: await CryptoManager.importScalar(candidate, publicBytes), publicBytes };
    }
  }
  throw new RangeError("no candidate in range");
}

/**
 * SealPSK (RFC 9180 §6.1) with empty `aad`.
 * @param {Bytes} publicBytes the recipient's, 65 bytes
 * @param {PskParameters} parameters
 * @param {Bytes} plaintext
 * @returns {Promise<{ enc: Bytes, ciphertext: Bytes }>} `enc` is 65 bytes
 * @throws {import("./crypto-errors.js").ProtocolError} `public_key`: no such key
 */
export function sealPsk(publicBytes, parameters, plaintext) {
  return seal(MODE_PSK, publicBytes, parameters, plaintext);
}

/**
 * SealBase (RFC 9180 §6.1) with empty `aad`.
 * @param {Bytes} publicBytes the recipient's, 65 bytes
 * @param {Bytes} info
 * @param {Bytes} plaintext
 * @returns {Promise<{ enc: Bytes, ciphertext: Bytes }>} `enc` is 65 bytes
 * @throws {import("./crypto-errors.js").ProtocolError} `public_key`: no such key
 */
export function sealBase(publicBytes, info, plaintext) {
  return seal(MODE_BASE, publicBytes, { psk: EMPTY, pskId: EMPTY, info }, plaintext);
}

/**
 * @param {Bytes} mode 1 byte. It is never concluded from the PSK: an empty PSK must not turn PSK mode into base mode.
 * @param {Bytes} publicBytes
 * @param {PskParameters} parameters
 * @param {Bytes} plaintext
 * @returns {Promise<{ enc: Bytes, ciphertext: Bytes }>}
 */
async function seal(mode, publicBytes, parameters, plaintext) {
  const recipient = await importPoint(publicBytes);
  const ephemeral = await CryptoManager.generateKeyPair();
  const enc = toPoint(ephemeral.publicKeyBytes);
  const dh = await CryptoManager.deriveSharedSecret(ephemeral.privateKey, recipient);
  const { key, nonce } = await keySchedule(await extractAndExpand(dh, enc, publicBytes), parameters, AES_256_GCM, mode);
  return { enc, ciphertext: await CryptoManager.aesGcmSeal(await CryptoManager.importAesKey(key), nonce, EMPTY, plaintext) };
}

/**
 * OpenPSK (RFC 9180 §6.1) with empty `aad`.
 * @param {KemKeyPair} own
 * @param {PskParameters} parameters
 * @param {{ enc: Bytes, ciphertext: Bytes }} sealed
 * @returns {Promise<Bytes>}
 * @throws {import("./crypto-errors.js").ProtocolError} `public_key`: `enc` is no such key
 * @throws {import("./crypto-errors.js").DecryptionError} it was sealed for another key, with other parameters, or changed
 */
export async function openPsk(own, parameters, { enc, ciphertext }) {
  const dh = await CryptoManager.deriveSharedSecret(own.privateKey, await importPoint(enc));
  const { key, nonce } = await keySchedule(await extractAndExpand(dh, enc, own.publicBytes), parameters);
  return CryptoManager.aesGcmOpen(await CryptoManager.importAesKey(key), nonce, EMPTY, ciphertext);
}

/**
 * ExtractAndExpand (RFC 9180 §4.1).
 * @param {Bytes} dh 32 bytes
 * @param {Bytes} enc 65 bytes
 * @param {Bytes} publicBytes the recipient's, 65 bytes
 * @returns {Promise<Bytes>} 32 bytes: the KEM's shared secret
 */
export async function extractAndExpand(dh, enc, publicBytes) {
  const prk = await labeledExtract(KEM_SUITE, NO_SALT, "eae_prk", dh);
  return labeledExpand(KEM_SUITE, prk, "shared_secret", concat(enc, publicBytes), 32);
}

/**
 * KeySchedule (RFC 9180 §5.1).
 * @param {Bytes} sharedSecret 32 bytes
 * @param {PskParameters} parameters
 * @param {{ id: number, keyLength: number }} [aead] another one only for the RFC's test vectors
 * @param {Bytes} [mode] 1 byte
 * @returns {Promise<{ key: Bytes, nonce: Bytes }>} for the first message
 */
export async function keySchedule(sharedSecret, { psk, pskId, info }, aead = AES_256_GCM, mode = MODE_PSK) {
  const suite = concat(utf8Encode("HPKE"), uint16(0x0010), uint16(0x0001), uint16(aead.id));
  const pskIdHash = await labeledExtract(suite, NO_SALT, "psk_id_hash", pskId);
  const infoHash = await labeledExtract(suite, NO_SALT, "info_hash", info);
  const context = concat(mode, pskIdHash, infoHash);
  const secret = await labeledExtract(suite, sharedSecret, "secret", psk);
  const key = await labeledExpand(suite, secret, "key", context, aead.keyLength);
  return { key, nonce: await labeledExpand(suite, secret, "base_nonce", context, NONCE_LENGTH) };
}

/**
 * @param {Bytes} point 65 bytes
 * @returns {Promise<CryptoKey>}
 * @throws {import("./crypto-errors.js").ProtocolError} `public_key`
 */
function importPoint(point) {
  return CryptoManager.importPublicKey(fromPoint(point));
}

/**
 * @param {Bytes} suite
 * @param {Bytes} salt
 * @param {string} label
 * @param {Bytes} ikm
 * @returns {Promise<Bytes>} 32 bytes
 */
function labeledExtract(suite, salt, label, ikm) {
  return CryptoManager.hmac(salt, concat(VERSION, suite, utf8Encode(label), ikm));
}

/**
 * @param {Bytes} suite
 * @param {Bytes} prk 32 bytes
 * @param {string} label
 * @param {Bytes} info
 * @param {number} length at most 32, so that HKDF-Expand has one round
 * @returns {Promise<Bytes>}
 */
async function labeledExpand(suite, prk, label, info, length) {
  const labeled = concat(uint16(length), VERSION, suite, utf8Encode(label), info, Uint8Array.of(1));
  return (await CryptoManager.hmac(prk, labeled)).slice(0, length);
}

/**
 * @param {number} value below 65536
 * @returns {Bytes} 2 bytes, big-endian
 */
function uint16(value) {
  return uint32(value).slice(2);
}
