/** The statement that this account's identity signs about its key (docs/protocol.md §3.4). */
import { ProtocolError } from "../../crypto/crypto-errors.js";
import { signStatement, verifyStatement } from "../../crypto/identity.js";
import { OWN_SUITES } from "../../crypto/suites.js";
import { equal } from "../../lib/bytes.js";
import { READS_VERSION_2 } from "./content-versions.js";

// What this browser reads: suites, and the version 2 of the content.
const READS = Object.freeze([...OWN_SUITES, READS_VERSION_2]);

/** @typedef {import("../../storage/rows.js").Signed} Signed */
/** @typedef {KeyRow & Required<Pick<KeyRow, "identity">>} IdentifiedKey */

/**
 * @param {KeyRow} row
 * @param {ServerKey} key
 * @returns {boolean} whether the server has this key with its last statement
 */
export function isServed({ publicKeyBytes, identity, signed }, key) {
  return (
    equal(publicKeyBytes, key.publicKeyBytes) &&
    isSame(identity?.publicKeyBytes, key.identityKey) &&
    isSame(signed?.statement, key.statement)
  );
}

/** @param {KeyRow} row */
export function isSignedAsNow({ signed }) {
  return String(signed?.suites) === String(READS);
}

/**
 * Makes a new statement only if no existing one fits, because each new version has to be checked by all contacts.
 * @param {IdentifiedKey} row
 * @param {string} email
 * @param {ServerKey | null} served
 * @returns {Promise<Signed>}
 */
export async function lastSigned(row, email, served) {
  const elsewhere = served && (await signedElsewhere(row, served));
  const last = (elsewhere?.version ?? 0) > (row.signed?.version ?? 0) ? elsewhere : row.signed;
  if (last && isSignedAsNow({ ...row, signed: last })) {
    return last;
  }
  const version = (last?.version ?? 0) + 1;
  const { publicKeyBytes, identity } = row;
  const request = { identityPrivateKey: identity.privateKey, email, publicKeyBytes, version, suites: READS };
  return { version, suites: READS, statement: await signStatement(request) };
}

/**
 * This browser's profile may be an old copy of one that has signed newer statements. Statements of other identities do not
 * count: others could use up all versions.
 * @param {IdentifiedKey} row
 * @param {ServerKey} served
 * @returns {Promise<Signed | null>}
 */
async function signedElsewhere({ publicKeyBytes, identity }, { email, statement }) {
  if (!statement) {
    return null;
  }
  try {
    const identityKeyBytes = identity.publicKeyBytes;
    return { ...(await verifyStatement({ identityKeyBytes, email, publicKeyBytes, statement })), statement };
  } catch (error) {
    if (error instanceof ProtocolError) {
      return null;
    }
    throw error;
  }
}

/**
 * @param {Bytes | undefined} own
 * @param {Bytes | null} served
 */
function isSame(own, served) {
  return own !== undefined && served !== null && equal(own, served);
}
