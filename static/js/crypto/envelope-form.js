/**
 * Is this a message that may be opened at all? The form of what the server hands over, before any cryptography
 * (docs/protocol.md §7.2, steps 1 to 4).
 */
import { fromBase64 } from "../lib/bytes.js";
import { ProtocolError } from "./crypto-errors.js";
import { BUCKETS } from "./padding.js";
import { NONCE_LENGTH, SALT_LENGTH, SUITE, TAG_LENGTH } from "./suite1.js";

/** @typedef {Header & { nonce: Bytes, salt: Bytes, ciphertext: Bytes }} Envelope */

const SHORTEST_SALT = 16;
const CIPHERTEXT_LENGTHS = BUCKETS.map((bucket) => bucket + TAG_LENGTH);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const FINGERPRINT = /^[0-9a-f]{64}$/;
const MESSAGE_TYPE = /^[a-z][a-z0-9_-]{0,19}$/;
// Normalised addresses are ASCII without capitals, spaces or control characters.
const EMAIL = /^[!-@[-~]{3,255}$/;

/**
 * @param {any} message a message object of the server's API
 * @returns {Envelope} its bytes decoded; who and which keys it names is not yet compared with anything
 * @throws {ProtocolError} `malformed`, `unknown_suite`, `client_id`, `fingerprints`, `same_fingerprints`,
 *   `message_type`, `wrong_people`, `nonce`, `salt` or `ciphertext`, checked in this order
 */
export function readEnvelope(message) {
  checkSuite(message);
  return {
    clientId: readText(message.client_id, UUID, "client_id"),
    ...readFingerprints(message),
    messageType: readText(message.message_type, MESSAGE_TYPE, "message_type"),
    ...readPeople(message),
    nonce: readBytes(message.nonce, (length) => length === NONCE_LENGTH, "nonce"),
    salt: readBytes(message.salt, (length) => length >= SHORTEST_SALT && length <= SALT_LENGTH, "salt"),
    ciphertext: readBytes(message.ciphertext, (length) => CIPHERTEXT_LENGTHS.includes(length), "ciphertext"),
  };
}

/**
 * @param {any} message a message object of the server's API
 * @returns {void}
 * @throws {ProtocolError} `malformed`: no object; `unknown_suite`: made by another set of algorithms
 */
export function checkSuite(message) {
  if (typeof message !== "object" || message === null) {
    throw new ProtocolError("malformed");
  }
  if (message.suite !== SUITE) {
    throw new ProtocolError("unknown_suite");
  }
}

/**
 * @param {any} message an object
 * @returns {{ senderFingerprint: string, recipientFingerprint: string }} 64 lower-case hexadecimal digits each
 * @throws {ProtocolError} `fingerprints`: one is missing or misspelt; `same_fingerprints`: they are equal
 */
export function readFingerprints(message) {
  const senderFingerprint = readText(message.sender_fingerprint, FINGERPRINT, "fingerprints");
  const recipientFingerprint = readText(message.recipient_fingerprint, FINGERPRINT, "fingerprints");
  if (senderFingerprint === recipientFingerprint) {
    throw new ProtocolError("same_fingerprints");
  }
  return { senderFingerprint, recipientFingerprint };
}

/**
 * @param {any} message an object
 * @returns {{ senderEmail: string, recipientEmail: string }} normalised
 * @throws {ProtocolError} `wrong_people`: no normalised addresses, or the same one twice
 */
function readPeople(message) {
  const senderEmail = readText(message.sender_email, EMAIL, "wrong_people");
  const recipientEmail = readText(message.recipient_email, EMAIL, "wrong_people");
  if (senderEmail === recipientEmail) {
    throw new ProtocolError("wrong_people");
  }
  return { senderEmail, recipientEmail };
}

/**
 * @param {unknown} value
 * @param {RegExp} pattern
 * @param {ProtocolErrorReason} reason
 * @returns {string}
 * @throws {ProtocolError} `reason`: not a string of that pattern
 */
function readText(value, pattern, reason) {
  if (typeof value !== "string" || !pattern.test(value)) {
    throw new ProtocolError(reason);
  }
  return value;
}

/**
 * @param {unknown} value
 * @param {(length: number) => boolean} hasLength
 * @param {ProtocolErrorReason} reason
 * @returns {Bytes}
 * @throws {ProtocolError} `reason`: not canonical base64 of that many bytes
 */
function readBytes(value, hasLength, reason) {
  const bytes = readBase64(value, reason);
  if (!hasLength(bytes.length)) {
    throw new ProtocolError(reason);
  }
  return bytes;
}

/**
 * @param {unknown} value
 * @param {ProtocolErrorReason} reason
 * @returns {Bytes}
 * @throws {ProtocolError} `reason`: not a string of canonical base64
 */
function readBase64(value, reason) {
  if (typeof value !== "string") {
    throw new ProtocolError(reason);
  }
  try {
    return fromBase64(value);
  } catch {
    throw new ProtocolError(reason);
  }
}
