/** Verifies a key from the server: its fingerprint, and the signature of its identity. */
import { ProtocolError } from "../../crypto/crypto-errors.js";
import { fingerprint as fingerprintOf } from "../../crypto/fingerprint.js";
import { verifyStatement } from "../../crypto/identity.js";
import { toHex } from "../../lib/bytes.js";
import { BadAnswer, Refusal } from "../server/model-errors.js";
import { readKey } from "../server/responses.js";
import { base64, check, object } from "../server/validators.js";

/** @typedef {import("../../storage/rows.js").Statement} Statement */

/** @type {Statement} */
export const UNSIGNED = { identity: null, version: 0, suites: [] };

/**
 * @param {any} value
 * @param {string} owner whose key was asked for
 * @returns {Promise<ServerKey>} its statement is not verified yet
 */
export async function readServedKey(value, owner) {
  const key = readKey(value, owner);
  if ((await fingerprintOf(key.publicKeyBytes)) !== key.fingerprint) {
    throw new BadAnswer("a fingerprint of another key");
  }
  return key;
}

/**
 * @param {ServerKey} key
 * @returns {Promise<Statement>}
 * @throws {Refusal} `key_not_theirs`: the signature is not of the identity that comes with the key
 */
export async function statementOf({ email, publicKeyBytes, identityKey, statement }) {
  if (identityKey === null && statement === null) {
    return UNSIGNED;
  }
  const [identityKeyBytes, signed] = [identityKey ?? new Uint8Array(), statement ?? new Uint8Array()];
  try {
    const said = await verifyStatement({ identityKeyBytes, email, publicKeyBytes, statement: signed });
    return { identity: toHex(identityKeyBytes), ...said };
  } catch (error) {
    throw error instanceof ProtocolError ? new Refusal("key_not_theirs") : error;
  }
}

/**
 * @param {any} value
 * @returns {{ challenge: string, serverKeyBytes: Bytes }} the key is not checked yet
 */
export function readChallenge(value) {
  const { challenge, server_key: serverKey } = object(value);
  return { challenge: check(challenge, isChallenge, "challenge"), serverKeyBytes: base64(serverKey) };
}

/** @param {any} value */
function isChallenge(value) {
  return typeof value === "string" && /^[!-~]{1,500}$/.test(value);
}
