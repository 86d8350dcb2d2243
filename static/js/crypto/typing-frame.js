/** The sealed frame by which a browser tells that its person is writing (docs/protocol.md §5.11). */
import { concat, fromBase64, fromHex, lengthPrefixed, toBase64, uint32, utf8Encode } from "../lib/bytes.js";
import { ProtocolError } from "./crypto-errors.js";
import { CryptoManager } from "./crypto.js";

/**
 * @typedef {object} TypingKeys
 * @property {KeyPair} ownKeyPair
 * @property {string} ownFingerprint 64 lower-case hexadecimal digits
 * @property {string} ownEmail normalised
 * @property {string} peerEmail normalised
 * @property {Bytes} peerPublicKeyBytes 91 bytes: the key that this browser has accepted for the peer
 * @property {string} peerFingerprint 64 lower-case hexadecimal digits
 */
/** @typedef {{ sentAtMs: number, isTyping: boolean }} TypingState isTyping: false: the person has stopped */

const LABEL = utf8Encode("VibeChat suite 1 typing");
const FORM = 1;
const [SALT_LENGTH, NONCE_LENGTH, SEALED_LENGTH] = [32, 12, 25];
const FRAME_LENGTH = 1 + SALT_LENGTH + NONCE_LENGTH + SEALED_LENGTH;
const LATEST_MS = 8_640_000_000_000_000;

/**
 * @param {TypingKeys} keys
 * @param {TypingState} state
 * @returns {Promise<string>} base64 of 70 bytes
 */
export async function sealTyping(keys, { sentAtMs, isTyping }) {
  const [salt, nonce] = [CryptoManager.randomBytes(SALT_LENGTH), CryptoManager.randomBytes(NONCE_LENGTH)];
  const plaintext = concat(uint64(sentAtMs), Uint8Array.of(Number(isTyping)));
  const way = directionOf(keys, true);
  const sealed = await CryptoManager.aesGcmSeal(await typingKey(keys, way, salt), nonce, way.aad, plaintext);
  return toBase64(concat(Uint8Array.of(FORM), salt, nonce, sealed));
}

/**
 * @param {TypingKeys} keys
 * @param {string} payload of a frame that the server says is the peer's
 * @returns {Promise<TypingState>}
 * @throws {ProtocolError} `typing`: it is out of form
 * @throws {import("./crypto-errors.js").DecryptionError} the peer's key has not sealed it for this one
 */
export async function openTyping(keys, payload) {
  const frame = readFrame(payload);
  const [salt, nonce] = [frame.slice(1, 1 + SALT_LENGTH), frame.slice(1 + SALT_LENGTH, -SEALED_LENGTH)];
  const way = directionOf(keys, false);
  const plaintext = await CryptoManager.aesGcmOpen(await typingKey(keys, way, salt), nonce, way.aad, frame.slice(-SEALED_LENGTH));
  const view = new DataView(plaintext.buffer);
  const sentAtMs = view.getUint32(0) * 2 ** 32 + view.getUint32(4);
  const state = view.getUint8(8);
  if (sentAtMs > LATEST_MS || state > 1) {
    throw new ProtocolError("typing");
  }
  return { sentAtMs, isTyping: state === 1 };
}

/**
 * @param {string} payload
 * @returns {Bytes} 70 bytes
 * @throws {ProtocolError} `typing`
 */
function readFrame(payload) {
  try {
    const frame = fromBase64(payload);
    if (frame.length === FRAME_LENGTH && frame[0] === FORM) {
      return frame;
    }
  } catch {
    // It is no base64.
  }
  throw new ProtocolError("typing");
}

/**
 * @param {TypingKeys} keys
 * @param {boolean} isOwn
 * @returns {{ info: Bytes, aad: Bytes }} of the sender first, so that no frame can be sent back as the other person's
 */
function directionOf({ ownEmail, ownFingerprint, peerEmail, peerFingerprint }, isOwn) {
  const ways = [{ email: ownEmail, fingerprint: ownFingerprint }, { email: peerEmail, fingerprint: peerFingerprint }];
  const [from, to] = isOwn ? ways : ways.reverse();
  return {
    info: concat(LABEL, fromHex(from.fingerprint), fromHex(to.fingerprint)),
    aad: lengthPrefixed(LABEL, utf8Encode(from.email), utf8Encode(to.email)),
  };
}

/**
 * @param {TypingKeys} keys
 * @param {{ info: Bytes }} way
 * @param {Bytes} salt 32 bytes
 * @returns {Promise<CryptoKey>} AES-256-GCM, for this one frame
 */
async function typingKey({ ownKeyPair, peerPublicKeyBytes }, { info }, salt) {
  const peerKey = await CryptoManager.importPublicKey(peerPublicKeyBytes);
  const secret = await CryptoManager.deriveSharedSecret(ownKeyPair.privateKey, peerKey);
  return CryptoManager.importAesKey(await CryptoManager.hkdf(secret, salt, info, 32));
}

/**
 * @param {number} value an integer from 0 to 2^53 - 1
 * @returns {Bytes} 8 bytes, big-endian
 */
function uint64(value) {
  return concat(uint32(Math.floor(value / 2 ** 32)), uint32(value % 2 ** 32));
}
