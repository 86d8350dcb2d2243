/**
 * The messages of an invitation: their secret, their parts and their form (docs/protocol.md §17.2).
 */
import { fromBase64, lengthPrefixed, utf8Decode, utf8Encode } from "../lib/bytes.js";
import { ProtocolError } from "./crypto-errors.js";
import { CryptoManager } from "./crypto.js";
import { PUBLIC_KEY_LENGTH } from "./public-key.js";
import { makeSymbols, readSymbols } from "./recovery-code.js";

/** @typedef {"offer" | "answer" | "reveal" | "details" | "grant"} Step */

export const MAC_LENGTH = 32;

const SYMBOLS = 12;
const NONCE_LENGTH = 32;
const GCM_NONCE_LENGTH = 12;
const GCM_TAG_LENGTH = 16;
const NAME_LIMIT = 100;
const KEY_LENGTH = 32;
const COMMIT_LABEL = utf8Encode("VibeChat commit");

/** @type {Record<Step, (parts: Bytes[]) => boolean>} */
const FORMS = {
  offer: (parts) => haveLengths(parts, [32]),
  answer: (parts) =>
    haveLengths(parts.slice(0, 4), [PUBLIC_KEY_LENGTH, NONCE_LENGTH, 16, KEY_LENGTH]) &&
    parts.length === 5 &&
    parts[4].length >= 1 &&
    parts[4].length <= NAME_LIMIT,
  reveal: (parts) => haveLengths(parts, [PUBLIC_KEY_LENGTH, NONCE_LENGTH]),
  details: isSealed,
  grant: isSealed,
};

/** @returns {string} 12 random symbols, 60 bits: 3 groups of 4, joined by "-" */
export function makeInvitation() {
  return makeSymbols(SYMBOLS);
}

/**
 * @param {string} text what was typed, or read from a QR code
 * @returns {string | null} its 12 symbols in capitals; null: it is no invitation
 */
export function readInvitation(text) {
  return readSymbols(text, SYMBOLS);
}

/**
 * @param {Step} step
 * @param {Bytes[]} parts
 * @returns {boolean} whether number and lengths of the parts are those of the step
 */
export function inForm(step, parts) {
  return FORMS[step](parts);
}

/**
 * @param {Step} step
 * @param {Bytes} message
 * @returns {Bytes[]} its parts; the MAC behind them is not checked
 * @throws {ProtocolError} `invitation`: out of form
 */
export function partsOf(step, message) {
  const parts = split(message.slice(0, -MAC_LENGTH));
  if (parts === null || !inForm(step, parts)) {
    throw new ProtocolError("invitation");
  }
  return parts;
}

/**
 * @param {unknown} value
 * @param {number} digits
 * @returns {boolean} whether it is so many lower-case hexadecimal digits
 */
export function isHex(value, digits) {
  return typeof value === "string" && value.length === digits && /^[0-9a-f]*$/.test(value);
}

/**
 * @param {{ publicKeyBytes: Bytes, nonce: Bytes }} oneTime
 * @returns {Promise<Bytes>} 32 bytes
 */
export function commitment({ publicKeyBytes, nonce }) {
  return CryptoManager.sha256(lengthPrefixed(COMMIT_LABEL, publicKeyBytes, nonce));
}

/**
 * @param {Bytes} bytes LP of parts
 * @returns {Bytes[] | null} the parts; null: it is no LP
 */
function split(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const end = at + 4 + view.getUint32(at);
    if (end > bytes.length) {
      return null;
    }
    parts.push(bytes.slice(at + 4, end));
    at = end;
  }
  return at === bytes.length ? parts : null;
}

/**
 * @param {Bytes[]} parts
 * @param {number[]} lengths
 * @returns {boolean}
 */
function haveLengths(parts, lengths) {
  return parts.length === lengths.length && parts.every(({ length }, index) => length === lengths[index]);
}

/**
 * @param {Bytes[]} parts
 * @returns {boolean}
 */
function isSealed(parts) {
  return parts.length === 1 && parts[0].length >= GCM_NONCE_LENGTH + GCM_TAG_LENGTH;
}

/**
 * @param {Bytes} bytes
 * @returns {string}
 * @throws {ProtocolError} `invitation`: it is no UTF-8
 */
export function textOf(bytes) {
  try {
    return utf8Decode(bytes);
  } catch {
    throw new ProtocolError("invitation");
  }
}

/**
 * @param {unknown} text base64
 * @param {number} [length]
 * @returns {Bytes}
 * @throws {ProtocolError} `invitation`: it is none, or of another length
 */
export function bytesOf(text, length) {
  check(typeof text === "string");
  let bytes;
  try {
    bytes = fromBase64(/** @type {string} */ (text));
  } catch {
    throw new ProtocolError("invitation");
  }
  check(length === undefined || bytes.length === length);
  return bytes;
}

/**
 * @param {boolean} condition
 * @returns {void}
 * @throws {ProtocolError} `invitation`: the condition is false
 */
export function check(condition) {
  if (!condition) {
    throw new ProtocolError("invitation");
  }
}
