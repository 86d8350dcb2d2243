/**
 * Bytes and their spellings: base64, hexadecimal, UTF-8, and the length-prefixed concatenation of docs/protocol.md §2.
 * Every reader here is strict: it accepts the one canonical spelling of each value and throws on all others.
 */

/**
 * Bytes in a buffer of their own, as Web Crypto takes them (a view of shared memory is none).
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 */

const encoder = new TextEncoder();
// Fatal: invalid UTF-8 throws instead of turning into U+FFFD. ignoreBOM: a leading U+FEFF is kept, not eaten.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// The engine limits how many arguments one call takes, so long byte strings are spelled in slices.
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
 * Reads standard base64 with padding and nothing else: no line breaks, no missing padding, no stray bits
 * (RFC 4648 §3.5), so that each byte string has exactly one spelling.
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
 * @returns {Bytes} what `atob` makes of it, which ignores white space, missing padding and stray bits
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
 * @returns {boolean} false where it holds half of a surrogate pair: no UTF-8 exists for that
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
 * LP of docs/protocol.md §2: each part after its own length as 4 bytes, big-endian. No two lists of parts give the
 * same bytes, so nothing can be moved from one part into its neighbour.
 * @param {...Bytes} parts
 * @returns {Bytes} 4 + length bytes for each part
 */
export function lengthPrefixed(...parts) {
  return concat(...parts.flatMap((part) => [uint32(part.length), part]));
}

/**
 * Looks at every byte whatever they are. A MAC is still not compared with this but with CryptoManager.hmacVerify.
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
