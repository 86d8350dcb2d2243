/**
 * The registry of suites: the sets of algorithms that this browser opens (docs/protocol.md §9). To add one, write its
 * module with the exports of `Suite` and name it in `SUITES`.
 */
import { ProtocolError } from "./crypto-errors.js";
import * as suite1 from "./suite1.js";

/**
 * What a suite's module exports: all of docs/protocol.md §4 to §6 that depends on the suite.
 * @typedef {object} Suite
 * @property {number} SUITE its number, in messages and in statements
 * @property {Record<string, (length: number) => boolean>} LENGTHS the byte strings that its messages carry (`nonce`,
 *   `salt`, `ciphertext`), in the order in which they are checked, each with the lengths that it may have
 * @property {(publicKeyBytes: Bytes) => Promise<string>} fingerprint
 * @property {(publicKeyBytes: Bytes) => Promise<CryptoKey>} importPublicKey
 * @property {(left: Bytes, right: Bytes) => boolean} isSameKey whether two public keys lead to the same secrets
 * @property {(keys: { ownKeyPair: KeyPair, peerKey: CryptoKey }, header: Header, json: Bytes) => Promise<SealedBytes>} seal
 * @property {(keys: { ownKeyPair: KeyPair, peerKey: CryptoKey }, envelope: Envelope) => Promise<Bytes>} open the JSON;
 *   throws a DecryptionError, or a ProtocolError `padding`
 * @property {(untaggedJson: Bytes) => Promise<string>} messageHash 64 lower-case hexadecimal digits
 * @property {(untaggedJson: Bytes, contentSalt: Bytes) => Promise<Bytes>} frankingTag 32 bytes
 * @property {(own: OwnKey, header: Header, untaggedJson: Bytes) => Promise<Bytes>} selfTag 32 bytes
 * @property {(own: OwnKey, header: Header, untaggedJson: Bytes, tag: Bytes) => Promise<boolean>} isSelfTag in constant time
 */
/** @typedef {{ ownKeyPair: KeyPair, ownFingerprint: string }} OwnKey the fingerprint is 64 lower-case hexadecimal digits */
/** @typedef {{ nonce: Bytes, salt: Bytes, ciphertext: Bytes }} SealedBytes */

/** @type {Map<number, Suite>} by number, ascending */
export const SUITES = new Map([suite1].map((suite) => [suite.SUITE, suite]));

/** The suites that this browser can open, as its identity signs them (docs/protocol.md §3.4). */
export const OWN_SUITES = Object.freeze([...SUITES.keys()]);

/** The suite of what is written here. A second suite needs a rule here that goes by what the peer's identity has signed. */
export const SENT_SUITE = 1;

/**
 * @param {unknown} number of a message
 * @returns {Suite}
 * @throws {ProtocolError} `unknown_suite`
 */
export function suiteOf(number) {
  const suite = SUITES.get(/** @type {number} */ (number));
  if (!suite) {
    throw new ProtocolError("unknown_suite");
  }
  return suite;
}
