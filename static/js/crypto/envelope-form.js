/**
 * Checks the form of a message from the server before any cryptography (docs/protocol.md §7.2, steps 1 to 4).
 */
import { fromBase64 } from "../lib/bytes.js";
import { ProtocolError } from "./crypto-errors.js";
import { suiteOf } from "./suites.js";

/** @typedef {Header & { nonce: Bytes, salt: Bytes, ciphertext: Bytes }} Envelope */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TAG_LENGTH = 32;
const FINGERPRINT = /^[0-9a-f]{64}$/;
const MESSAGE_TYPE = /^[a-z][a-z0-9_-]{0,19}$/;
// Normalised addresses are ASCII without capitals, spaces or control characters.
const EMAIL = /^[!-@[-~]{3,255}$/;

/**
 * @param {any} message a message object of the server's API
 * @returns {Envelope} with its bytes decoded; its people and keys are not yet compared with anything
 * @throws {ProtocolError} `malformed`, `unknown_suite`, `client_id`, `fingerprints`, `same_fingerprints`,
 *   `message_type`, `wrong_people`, `nonce`, `salt`, `ciphertext` or `tag`, checked in this order
 */
export function readEnvelope(message) {
  const suite = readSuite(message);
  return {
    clientId: readText(message.client_id, UUID, "client_id"),
    ...readFingerprints(message),
    messageType: readText(message.message_type, MESSAGE_TYPE, "message_type"),
    ...readPeople(message),
    ...readSealedBytes(message, suite),
    tag: (message.tag ?? null) === null ? null : readBytes(message.tag, (length) => length === TAG_LENGTH, "tag"),
  };
}

/**
 * @param {any} message a message object of the server's API
 * @returns {import("./suites.js").Suite} the one that it names
 * @throws {ProtocolError} `malformed`: no object; `unknown_suite`: made by another set of algorithms
 */
export function readSuite(message) {
  if (typeof message !== "object" || message === null) {
    throw new ProtocolError("malformed");
  }
  return suiteOf(message.suite);
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
 * @param {any} message an object
 * @param {import("./suites.js").Suite} suite
 * @returns {import("./suites.js").SealedBytes}
 * @throws {ProtocolError} named for the first that is not canonical base64 of a length that the suite allows
 */
function readSealedBytes(message, { LENGTHS }) {
  const read = Object.entries(LENGTHS).map(([name, hasLength]) => {
    return [name, readBytes(message[name], hasLength, /** @type {ProtocolErrorReason} */ (name))];
  });
  return Object.fromEntries(read);
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
