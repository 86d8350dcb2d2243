/**
 * Statements: an identity signs an account's public key (docs/protocol.md §3.4).
 */
import { concat, lengthPrefixed, uint32, utf8Encode } from "../lib/bytes.js";
import { ProtocolError } from "./crypto-errors.js";
import { CryptoManager } from "./crypto.js";
import { isEd25519Key } from "./ed25519.js";
import { OWN_SUITES } from "./suites.js";

const LABEL = utf8Encode("VibeChat identity statement");
const HEAD_LENGTH = 5;
const SIGNATURE_LENGTH = 64;
const SUITES_LIMIT = 16;
const LARGEST_UINT32 = 0xffffffff;

/**
 * @param {Bytes} identityKeyBytes
 * @returns {void}
 * @throws {ProtocolError} `identity`: not the 32 bytes of an Ed25519 key, or one of small order
 */
export function checkIdentityKey(identityKeyBytes) {
  check(isEd25519Key(identityKeyBytes));
}

/**
 * @param {object} request
 * @param {CryptoKey} request.identityPrivateKey Ed25519
 * @param {string} request.email one's own, normalised
 * @param {Bytes} request.publicKeyBytes one's own public key, 91 bytes
 * @param {number} request.version from 1, higher than any that this identity has signed
 * @param {readonly number[]} [request.suites] 1 to 16 of them, ascending
 * @returns {Promise<Bytes>} the API's `identity_signature`: version, suites, and the signature of the statement
 * @throws {ProtocolError} `identity`: no browser would accept the version or the suites
 */
export async function signStatement({ identityPrivateKey, email, publicKeyBytes, version, suites = OWN_SUITES }) {
  check(isUint32(version) && areSuites(suites));
  const signed = statementOf(email, publicKeyBytes, version, suites);
  const signature = await CryptoManager.ed25519Sign(identityPrivateKey, signed);
  return concat(uint32(version), Uint8Array.of(suites.length), ...suites.map(uint32), signature);
}

/**
 * @param {object} request
 * @param {Bytes} request.identityKeyBytes
 * @param {string} request.email normalised, as this browser knows it
 * @param {Bytes} request.publicKeyBytes a checked public key, 91 bytes
 * @param {Bytes} request.statement the API's `identity_signature`
 * @returns {Promise<{ version: number, suites: number[] }>} what this identity has signed together with that key
 * @throws {ProtocolError} `identity`: a key or statement is malformed, or the signature is not over this email and key
 */
export async function verifyStatement({ identityKeyBytes, email, publicKeyBytes, statement }) {
  checkIdentityKey(identityKeyBytes);
  const { version, suites, signature } = readStatement(statement);
  const signed = statementOf(email, publicKeyBytes, version, suites);
  check(await CryptoManager.ed25519Verify(identityKeyBytes, signed, signature));
  return { version, suites };
}

/**
 * @param {string} email
 * @param {Bytes} publicKeyBytes 91 bytes
 * @param {number} version
 * @param {readonly number[]} suites
 * @returns {Bytes} the bytes that are signed
 */
export function statementOf(email, publicKeyBytes, version, suites) {
  return lengthPrefixed(LABEL, utf8Encode(email), publicKeyBytes, uint32(version), concat(...suites.map(uint32)));
}

/**
 * @param {Bytes} statement
 * @returns {{ version: number, suites: number[], signature: Bytes }} the signature not yet verified
 * @throws {ProtocolError} `identity`: out of form
 */
function readStatement(statement) {
  const count = statement[4] ?? 0;
  const end = HEAD_LENGTH + 4 * count;
  check(statement.length === end + SIGNATURE_LENGTH);
  const view = new DataView(statement.buffer, statement.byteOffset);
  const version = view.getUint32(0);
  const suites = Array.from({ length: count }, (_, index) => view.getUint32(HEAD_LENGTH + 4 * index));
  check(isUint32(version) && areSuites(suites));
  return { version, suites, signature: statement.slice(end) };
}

/**
 * @param {readonly number[]} suites
 * @returns {boolean} 1 to 16, each from 1 to 2^32 - 1, ascending
 */
function areSuites(suites) {
  const rise = suites.every((suite, index) => isUint32(suite) && suite > (suites[index - 1] ?? 0));
  return suites.length >= 1 && suites.length <= SUITES_LIMIT && rise;
}

/**
 * @param {number} value
 * @returns {boolean} an integer from 1 to 2^32 - 1
 */
function isUint32(value) {
  return Number.isInteger(value) && value >= 1 && value <= LARGEST_UINT32;
}

/**
 * @param {boolean} condition
 * @returns {void}
 * @throws {ProtocolError} `identity`: the condition is false
 */
function check(condition) {
  if (!condition) {
    throw new ProtocolError("identity");
  }
}
