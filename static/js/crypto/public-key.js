/**
 * Checks the encoding of a public key (docs/protocol.md §3.1) before any platform code parses it.
 *
 * Platforms differ in what they import: Chromium accepts compressed points, and Node 20 accepts several encodings that are
 * not P-256 keys. Keys are static, so ECDH with one point off the curve could leak bits of the private key (the
 * invalid-curve attack). The check must not depend on the browser.
 */
import { concat, equal, fromHex, toHex } from "../lib/bytes.js";
import { ProtocolError } from "./crypto-errors.js";

/** Bytes in an encoded public key. */
export const PUBLIC_KEY_LENGTH = 91;

// SubjectPublicKeyInfo (RFC 5480 §2) up to the point: SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING },
// then 0x04, the mark of an uncompressed point (SEC 1 §2.3.3).
const PREFIX = fromHex("3059301306072a8648ce3d020106082a8648ce3d03010703420004");
const COORDINATE_LENGTH = 32;
/** Bytes of an uncompressed point. */
export const POINT_LENGTH = 65;

// The curve P-256, y² = x³ - 3x + b modulo p (NIST SP 800-186 §3.2.1.3).
const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/**
 * Accepts exactly the 91-byte uncompressed SubjectPublicKeyInfo DER of a point on P-256.
 * It need not run in constant time, because a public key is public.
 * @param {Bytes} publicKeyBytes
 * @returns {void}
 * @throws {ProtocolError} `public_key`: any other length, prefix, curve or form, or a point that is not on the curve
 *   (docs/protocol.md §3.1; NIST SP 800-56A rev. 3 §5.6.2.3.4; the order of P-256 is prime, so no subgroup check)
 */
export function checkPublicKey(publicKeyBytes) {
  const wellFormed =
    publicKeyBytes.length === PUBLIC_KEY_LENGTH &&
    equal(publicKeyBytes.slice(0, PREFIX.length), PREFIX) &&
    isOnCurve(toInteger(xCoordinate(publicKeyBytes)), toInteger(yCoordinate(publicKeyBytes)));
  if (!wellFormed) {
    throw new ProtocolError("public_key");
  }
}

/**
 * Compares keys by their ECDH secrets. The secret is an x-coordinate, so a point (x, y) and its negative (x, p - y) give
 * the same secret: keys are the same if their x-coordinates are (docs/protocol.md §3.3).
 * @param {Bytes} left a checked public key, 91 bytes
 * @param {Bytes} right a checked public key, 91 bytes
 * @returns {boolean}
 */
export function isSameKey(left, right) {
  return equal(xCoordinate(left), xCoordinate(right));
}

/**
 * @param {Bytes} point an uncompressed point, 65 bytes; not checked
 * @returns {Bytes} the same key in the form that `checkPublicKey` checks
 */
export function fromPoint(point) {
  return concat(PREFIX.slice(0, -1), point);
}

/**
 * @param {Bytes} publicKeyBytes a checked public key, 91 bytes
 * @returns {Bytes} its uncompressed point, 65 bytes
 */
export function toPoint(publicKeyBytes) {
  return publicKeyBytes.slice(-POINT_LENGTH);
}

/**
 * @param {Bytes} publicKeyBytes 91 bytes
 * @returns {Bytes} 32 bytes, big-endian
 */
function xCoordinate(publicKeyBytes) {
  return publicKeyBytes.slice(PREFIX.length, PREFIX.length + COORDINATE_LENGTH);
}

/**
 * @param {Bytes} publicKeyBytes 91 bytes
 * @returns {Bytes} 32 bytes, big-endian
 */
function yCoordinate(publicKeyBytes) {
  return publicKeyBytes.slice(PREFIX.length + COORDINATE_LENGTH);
}

/**
 * @param {Bytes} bytes at least one, big-endian
 * @returns {bigint}
 */
function toInteger(bytes) {
  return BigInt(`0x${toHex(bytes)}`);
}

/**
 * @param {bigint} x
 * @param {bigint} y
 * @returns {boolean}
 */
function isOnCurve(x, y) {
  return x < P && y < P && (y * y - (x * x * x - 3n * x + B)) % P === 0n;
}
