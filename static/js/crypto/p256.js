/**
 * The public point of a P-256 scalar. Web Crypto cannot compute it: of a private key that comes without its public half,
 * WebKit imports none, Chromium and Firefox some. Everything else on the curve is done by Web Crypto.
 */
import { fromHex } from "../lib/bytes.js";

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
export const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const GX = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n;
const GY = 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n;

/** @typedef {[x: bigint, y: bigint, z: bigint]} Point Jacobian coordinates; z is 0 at infinity */

/**
 * Its time depends on the scalar. That shows to nobody: it is called for one's own seed, once for each use.
 * @param {bigint} scalar from 1 to ORDER - 1
 * @returns {Bytes} 65 bytes: 4, x and y of scalar times the base point (SEC 1 §2.3.3, uncompressed)
 */
export function publicPoint(scalar) {
  /** @type {Point} */
  let sum = [1n, 1n, 0n];
  for (const bit of scalar.toString(2)) {
    sum = double(sum);
    sum = bit === "1" ? plusBase(sum) : sum;
  }
  const inverse = power(sum[2], P - 2n);
  const square = (inverse * inverse) % P;
  const [x, y] = [sum[0] * square, sum[1] * square * inverse].map((value) => hex(value % P));
  return fromHex(`04${x}${y}`);
}

/**
 * dbl-2001-b of the Explicit-Formulas Database, for a = -3.
 * @param {Point} point
 * @returns {Point}
 */
function double([x, y, z]) {
  const delta = (z * z) % P;
  const gamma = (y * y) % P;
  const beta = (x * gamma) % P;
  const alpha = (3n * (x - delta) * (x + delta)) % P;
  const x3 = alpha * alpha - 8n * beta;
  return [mod(x3), mod(alpha * (4n * beta - x3) - 8n * gamma * gamma), mod(2n * y * z)];
}

/**
 * madd of the Explicit-Formulas Database with the base point. The sum is never the base point or its negative: the loop adds
 * it to 2k times itself with 2k + 1 < ORDER, and to infinity first.
 * @param {Point} point
 * @returns {Point}
 */
function plusBase([x, y, z]) {
  if (z === 0n) {
    return [GX, GY, 1n];
  }
  const square = (z * z) % P;
  const h = mod(GX * square - x);
  const r = mod(GY * square * z - y);
  const h2 = (h * h) % P;
  const h3 = (h2 * h) % P;
  const x3 = r * r - h3 - 2n * x * h2;
  return [mod(x3), mod(r * (x * h2 - x3) - y * h3), (z * h) % P];
}

/**
 * @param {bigint} base
 * @param {bigint} exponent
 * @returns {bigint} modulo P
 */
function power(base, exponent) {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result * (bit === "1" ? base : 1n)) % P;
  }
  return result;
}

/**
 * @param {bigint} value
 * @returns {bigint} from 0 to P - 1
 */
function mod(value) {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

/**
 * @param {bigint} value below 2^256
 * @returns {string} 64 hexadecimal digits
 */
function hex(value) {
  return value.toString(16).padStart(64, "0");
}
