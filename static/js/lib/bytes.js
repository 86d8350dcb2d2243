/**
 * Encodings of bytes: base64, hexadecimal, UTF-8, and the length-prefixed concatenation of docs/protocol.md §2.
 * Every decoder is strict: it accepts only the canonical encoding of a value and throws on any other.
 */

/**
 * Bytes in a buffer that is not shared memory, as Web Crypto requires.
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 */

const encoder = new TextEncoder();
// fatal: invalid UTF-8 throws instead of becoming U+FFFD. ignoreBOM: a leading U+FEFF is kept.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// The engine limits the number of arguments of a call, so long byte strings are encoded in slices.
const SLICE_LENGTH = 0x2000;

/**
 * @param {Bytes} bytes any length
 * @returns {string} standard base64 with padding (RFC 4648 §4)
 */
export function toBase64(bytes) {
  let binary = "";
  for (let start = 0; start < bytes.length; start += SLICE_LENGTH) {
    binary += String.fromCharCode(...bytes.subarray(start, start + SLICE_LENGTH));
  }
  return btoa(binary);
}

/**
 * Decodes standard base64 with padding. It refuses line breaks, missing padding and nonzero trailing bits (RFC 4648 §3.5),
 * so that each byte string has exactly one encoding.
 * @param {string} text
 * @returns {Bytes}
 * @throws {RangeError} the text is not canonical base64
 */
export function fromBase64(text) {
  const bytes = decodeLaxBase64(text);
  if (toBase64(bytes) !== text) {
    throw new RangeError("not canonical base64");
  }
  return bytes;
}

/**
 * @param {string} text
 * @returns {Bytes} as `atob` decodes it, which ignores white space, missing padding and trailing bits
 * @throws {RangeError} even `atob` cannot read it
 */
function decodeLaxBase64(text) {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new RangeError("not base64");
  }
}

/**
 * @param {Bytes} bytes any length
 * @returns {string} two lower-case hexadecimal digits for each byte
 */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} text
 * @returns {Bytes}
 * @throws {RangeError} the text is not an even number of lower-case hexadecimal digits
 */
export function fromHex(text) {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) {
    throw new RangeError("not lower-case hexadecimal");
  }
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/**
 * @param {string} text
 * @returns {boolean} false where it contains a lone surrogate, for which no UTF-8 exists
 */
export function isWellFormed(text) {
  return !/\p{Surrogate}/u.test(text);
}

/**
 * @param {string} text
 * @returns {Bytes} its UTF-8
 * @throws {TypeError} the text holds a lone surrogate, which TextEncoder would silently replace
 */
export function utf8Encode(text) {
  if (!isWellFormed(text)) {
    throw new TypeError("not well-formed Unicode");
  }
  return encoder.encode(text);
}

/**
 * @param {Bytes} bytes UTF-8; a byte order mark is kept as U+FEFF
 * @returns {string}
 * @throws {TypeError} the bytes are not valid UTF-8
 */
export function utf8Decode(bytes) {
  return decoder.decode(bytes);
}

/**
 * @param {...Bytes} parts
 * @returns {Bytes} the parts one after the other
 */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/**
 * @param {number} value an integer from 0 to 2^32 - 1
 * @returns {Bytes} 4 bytes, big-endian
 * @throws {RangeError} the value is not such an integer
 */
export function uint32(value) {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new RangeError("not an unsigned 32-bit integer");
  }
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/**
 * LP of docs/protocol.md §2: each part is preceded by its length as 4 bytes, big-endian. Different lists of parts give
 * different bytes.
 * @param {...Bytes} parts
 * @returns {Bytes} 4 + length bytes for each part
 */
export function lengthPrefixed(...parts) {
  return concat(...parts.flatMap((part) => [uint32(part.length), part]));
}

/**
 * Compares every byte, but makes no promise of constant time: use CryptoManager.hmacVerify for a MAC.
 * @param {Bytes} left
 * @param {Bytes} right
 * @returns {boolean} same length and same bytes
 */
export function equal(left, right) {
  if (left.length !== right.length) {
    return false;
  }
  return left.reduce((difference, byte, index) => difference | (byte ^ right[index]), 0) === 0;
}
