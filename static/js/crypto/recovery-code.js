/**
 * The recovery code (docs/protocol.md §15.2): 26 random symbols of 5 bits and two check symbols, by which one or two wrong
 * characters are found before anything is tried. Reed-Solomon over GF(32).
 */
import { lengthPrefixed, utf8Encode } from "../lib/bytes.js";
import { CryptoManager } from "./crypto.js";

/**
 * What was typed, as it was read.
 * @typedef {{ ok: true, symbols: string }
 *   | { ok: false, problem: "malformed" | "damaged", group: number | null }} Reading
 */

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's base32
const RANDOM_SYMBOLS = 26;
const LENGTH = 28;
const GROUP_LENGTH = 4;
const SEED_LENGTH = 32;
const EMPTY = new Uint8Array(0);
const CODE_LABEL = utf8Encode("VibeChat recovery code");
const PASSKEY_LABEL = utf8Encode("VibeChat passkey");

// GF(32) = GF(2)[x] / (x^5 + x^2 + 1). POWERS[i] is alpha^i with alpha = x; alpha has order 31.
const ORDER = 31;
const MODULUS = 0b100101;
const POWERS = powers();
// The generator polynomial (x - alpha)(x - alpha^2) = x^2 + G1 x + G0.
const G1 = POWERS[1] ^ POWERS[2];
const G0 = POWERS[3];

/**
 * @param {number} count
 * @returns {string} so many random symbols without check symbols: groups of 4, joined by "-"
 */
export function makeSymbols(count) {
  return grouped(drawSymbols(count));
}

/**
 * @param {string} text
 * @param {number} count
 * @returns {string | null} so many symbols, read as `readCode` reads them; null: the text has others
 */
export function readSymbols(text, count) {
  const typed = plainSymbols(text);
  return typed.length === count && typed.every((character) => ALPHABET.includes(character)) ? typed.join("") : null;
}

/** @returns {string} a new code of 130 random bits: 7 groups of 4 symbols, joined by "-" */
export function makeCode() {
  return shown(drawSymbols(RANDOM_SYMBOLS));
}

/**
 * @param {number[]} drawn 26 numbers below 32
 * @returns {string} the code with its check symbols, in groups
 */
export function shown(drawn) {
  return grouped([...drawn, ...checkSymbols(drawn)]);
}

/**
 * Reads what a person has typed: capitals or not, with or without hyphens and spaces, O as 0, I and L as 1.
 * @param {string} text
 * @returns {Reading} `symbols`: the 26 random symbols in capitals. `malformed`: not 28 characters of the alphabet; `group`
 *   is that of the first character that is none, null where the length is wrong. `damaged`: characters are wrong; `group`
 *   (1 to 7) is where one other character would make a valid code, null where no single one would
 */
export function readCode(text) {
  const typed = plainSymbols(text);
  if (typed.length !== LENGTH) {
    return { ok: false, problem: "malformed", group: null };
  }
  const values = typed.map((character) => ALPHABET.indexOf(character));
  if (values.includes(-1)) {
    return { ok: false, problem: "malformed", group: groupOf(values.indexOf(-1)) };
  }
  const [first, second] = [1, 2].map((power) => syndrome(values, power));
  if (first === 0 && second === 0) {
    return { ok: true, symbols: typed.slice(0, RANDOM_SYMBOLS).join("") };
  }
  return { ok: false, problem: "damaged", group: groupOfOneError(first, second) };
}

/**
 * @param {string} symbols the 26 symbols that `readCode` gives
 * @param {string} email one's own, normalised
 * @returns {Promise<Bytes>} 32 bytes: the seed of this way back (docs/protocol.md §15.1)
 */
export function codeSeed(symbols, email) {
  return CryptoManager.hkdf(utf8Encode(symbols), EMPTY, lengthPrefixed(CODE_LABEL, utf8Encode(email)), SEED_LENGTH);
}

/** @returns {Promise<Bytes>} 32 bytes: the input of the passkey's PRF (docs/protocol.md §15.3) */
export function passkeyInput() {
  return CryptoManager.sha256(utf8Encode("VibeChat passkey vault"));
}

/**
 * @param {Bytes} prf 32 bytes: the output of the passkey's PRF for `passkeyInput`
 * @param {string} email one's own, normalised
 * @param {Bytes} credentialId the passkey's
 * @returns {Promise<Bytes>} 32 bytes: the seed of this way back
 * @throws {RangeError} the PRF's output has another length
 */
export function passkeySeed(prf, email, credentialId) {
  if (prf.length !== 32) {
    throw new RangeError("not the output of a PRF");
  }
  return CryptoManager.hkdf(prf, EMPTY, lengthPrefixed(PASSKEY_LABEL, utf8Encode(email), credentialId), SEED_LENGTH);
}

/**
 * @param {number} count
 * @returns {number[]} random numbers below 32
 */
function drawSymbols(count) {
  return Array.from(CryptoManager.randomBytes(count), (byte) => byte % ALPHABET.length);
}

/**
 * @param {number[]} values below 32
 * @returns {string} their symbols in groups of 4
 */
function grouped(values) {
  const symbols = values.map((value) => ALPHABET[value]).join("");
  return (symbols.match(/.{4}/g) ?? []).join("-");
}

/**
 * @param {string} text
 * @returns {string[]} its characters in capitals, without hyphens and spaces, with O as 0, I and L as 1
 */
function plainSymbols(text) {
  const plain = text.normalize("NFKC").toUpperCase().replace(/[\s\p{Pd}]/gu, "");
  return [...plain.replaceAll("O", "0").replace(/[IL]/g, "1")];
}

/** @returns {number[]} alpha^0 to alpha^30 */
function powers() {
  const found = [1];
  while (found.length < ORDER) {
    const next = found[found.length - 1] << 1;
    found.push(next & 32 ? next ^ MODULUS : next);
  }
  return found;
}

/**
 * @param {number} left in GF(32)
 * @param {number} right in GF(32)
 * @returns {number} their product
 */
function times(left, right) {
  return left && right ? POWERS[(POWERS.indexOf(left) + POWERS.indexOf(right)) % ORDER] : 0;
}

/**
 * @param {number[]} drawn
 * @returns {[number, number]} the remainder of drawn(x) x^2 by the generator polynomial, the higher coefficient first
 */
function checkSymbols(drawn) {
  let [high, low] = [0, 0];
  for (const value of drawn) {
    const carry = value ^ high;
    [high, low] = [low ^ times(carry, G1), times(carry, G0)];
  }
  return [high, low];
}

/**
 * @param {number[]} values the first belongs to the highest power of x
 * @param {number} power
 * @returns {number} the code's polynomial at alpha^power: 0 for a valid code and the powers 1 and 2
 */
function syndrome(values, power) {
  return values.reduce((sum, value) => times(sum, POWERS[power]) ^ value, 0);
}

/**
 * @param {number} first the syndrome at alpha
 * @param {number} second the syndrome at alpha^2
 * @returns {number | null} the group of the one wrong symbol that would explain both
 */
function groupOfOneError(first, second) {
  if (first === 0 || second === 0) {
    return null;
  }
  const exponent = (POWERS.indexOf(second) - POWERS.indexOf(first) + ORDER) % ORDER;
  return exponent < LENGTH ? groupOf(LENGTH - 1 - exponent) : null;
}

/**
 * @param {number} index of a symbol, from 0
 * @returns {number} its group, from 1
 */
function groupOf(index) {
  return Math.floor(index / GROUP_LENGTH) + 1;
}
