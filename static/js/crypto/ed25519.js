/**
 * Checks the encoding of Ed25519 keys and signatures (RFC 8032 §5.1; docs/protocol.md §3.4) before any platform code reads
 * them, because platforms differ in what they accept.
 */
import { toHex } from "../lib/bytes.js";

const P = 2n ** 255n - 19n;
const SIGN_OF_X = 2n ** 255n;
/** The order of the base point. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

// The points whose order divides 8, by their y. Under such a key one signature fits many messages.
const Y_OF_ORDER_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
const Y_OF_SMALL_ORDER = [0n, 1n, P - 1n, Y_OF_ORDER_8, P - Y_OF_ORDER_8];

/**
 * @param {Bytes} key
 * @returns {boolean} whether it has 32 bytes, y is below p, and the point is not of small order. Only the verification of a
 *   signature shows whether it is a point on the curve.
 */
export function isEd25519Key(key) {
  if (key.length !== 32) {
    return false;
  }
  const y = toInteger(key) % SIGN_OF_X;
  return y < P && !Y_OF_SMALL_ORDER.includes(y);
}

/**
 * @param {Bytes} signature
 * @returns {boolean} whether it has 64 bytes, R is encoded like a key, and S is below L. With a larger S, one signature
 *   could be turned into another valid one.
 */
export function isEd25519Signature(signature) {
  return signature.length === 64 && isEd25519Key(signature.slice(0, 32)) && toInteger(signature.slice(32)) < L;
}

/**
 * @param {Bytes} bytes at least one, little-endian
 * @returns {bigint}
 */
function toInteger(bytes) {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`);
}
