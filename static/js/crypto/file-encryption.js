/**
 * Files: Cobblestone-256 of c2sp.org/chunked-encryption, padded and cut into parts (docs/protocol.md §19). Loaded on demand.
 */
import { concat, equal, lengthPrefixed, utf8Encode } from "../lib/bytes.js";
import { ProtocolError } from "./crypto-errors.js";
import { CryptoManager } from "./crypto.js";

/** What a file is for; a file that was sealed for one purpose does not open for another. @typedef {"file" | "preview"} Purpose */

export const PART_LENGTH = 4 * 1024 * 1024;
export const KEY_LENGTH = 32;
export const HEADER_LENGTH = 56;
const CHUNK_LENGTH = 16 * 1024;
const TAG_LENGTH = 16;
const SEALED_CHUNK_LENGTH = CHUNK_LENGTH + TAG_LENGTH;
const SALT_LENGTH = 24;
const NONCE_LENGTH = 12;
const LEAST_PADDED_LENGTH = 1024;
const CHUNKS_AT_ONCE = 64;
const INFO_HEAD = utf8Encode("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0");
const LABEL = utf8Encode("VibeChat file");
const NO_DATA = new Uint8Array();

/**
 * @param {number} size of the content, in bytes
 * @returns {number} of the content with its padding: the smallest of 1024 and what follows, each a twentieth above the last
 */
export function paddedLength(size) {
  let length = LEAST_PADDED_LENGTH;
  while (length < size) {
    length += Math.floor(length / 20);
  }
  return length;
}

/**
 * @param {number} size of the content, in bytes
 * @returns {number} of the sealed file
 */
export function sealedLength(size) {
  const padded = paddedLength(size);
  return HEADER_LENGTH + padded + TAG_LENGTH * chunkCount(padded);
}

/**
 * @param {number} length of a sealed file
 * @returns {number}
 */
export function partCount(length) {
  return Math.ceil(length / PART_LENGTH);
}

/** @returns {Bytes} the key of one file: 32 random bytes, used for one sealing only */
export function newFileKey() {
  return CryptoManager.randomBytes(KEY_LENGTH);
}

/**
 * Seals a file. The salt is random, so that a second sealing has other bytes.
 * @param {object} request
 * @param {Bytes} request.key 32 bytes
 * @param {Purpose} request.purpose
 * @param {number} request.size of the content, in bytes
 * @param {(start: number, end: number) => Promise<Bytes>} request.read the bytes of the content from `start` to `end`; each call begins
 *   where the one before has ended
 * @param {Bytes} [request.salt] 24 bytes; only tests give it
 * @returns {AsyncGenerator<Bytes, void>} the parts in order: 4 MiB each, the last one 1 byte to 4 MiB
 */
export async function* sealFile({ key, purpose, size, read, salt = CryptoManager.randomBytes(SALT_LENGTH) }) {
  const { cipherKey, baseNonce, commitment } = await deriveKeys(key, salt, purpose);
  const parts = new PartBuffer(sealedLength(size));
  const padded = paddedLength(size);
  parts.add(concat(salt, commitment));
  /** @param {number} first chunk of a batch @returns {Promise<Bytes>} */
  const batch = async (first) => {
    const [start, end] = [first * CHUNK_LENGTH, Math.min((first + CHUNKS_AT_ONCE) * CHUNK_LENGTH, padded)];
    const content = start < size ? await read(start, Math.min(end, size)) : NO_DATA;
    return content.length >= end - start ? content : concat(content, new Uint8Array(end - start - content.length));
  };
  /** @param {number} first @param {Bytes} content @returns {Promise<Bytes[]>} */
  const sealed = (first, content) =>
    Promise.all(Array.from({ length: Math.max(0, Math.min(CHUNKS_AT_ONCE, chunkCount(padded) - first)) }, (_, index) =>
      CryptoManager.aesGcmSeal(cipherKey, chunkNonce(baseNonce, first + index), NO_DATA, chunkOf(content, index, CHUNK_LENGTH)),
    ));
  let sealing = sealed(0, await batch(0));
  for (let first = 0; first < chunkCount(padded); first += CHUNKS_AT_ONCE) {
    const next = batch(first + CHUNKS_AT_ONCE); // is read while this one is sealed
    const [chunks, content] = await Promise.all([sealing, next]);
    sealing = sealed(first + CHUNKS_AT_ONCE, content); // goes on while this one is handed on
    sealing.catch(() => {}); // thrown where it is awaited
    for (const chunk of chunks) {
      yield* parts.add(chunk);
    }
  }
  yield* parts.rest();
}

/**
 * @param {readonly Bytes[]} hashes the SHA-256 of each part, in order
 * @returns {Promise<Bytes>} 32 bytes: the hash of the file
 */
export function hashOfParts(hashes) {
  return CryptoManager.sha256(concat(...hashes));
}

/**
 * @param {number} start in the sealed file
 * @param {number} end
 * @returns {{ number: number, start: number, end: number }[]} what has it: of each part, from `start` to `end`
 */
export function rangesOfParts(start, end) {
  const [first, last] = [Math.floor(start / PART_LENGTH), Math.floor((end - 1) / PART_LENGTH)];
  return Array.from({ length: last + 1 - first }, (_, index) => {
    const before = (first + index) * PART_LENGTH;
    return { number: first + index, start: Math.max(0, start - before), end: Math.min(PART_LENGTH, end - before) };
  });
}

/** Opens any range of one file. */
export class FileOpener {
  /**
   * @param {{ cipherKey: CryptoKey, baseNonce: Bytes }} keys
   * @param {number} size of the content, in bytes
   */
  constructor({ cipherKey, baseNonce }, size) {
    this.cipherKey = cipherKey;
    this.baseNonce = baseNonce;
    this.size = size;
    this.padded = paddedLength(size);
  }

  /**
   * @param {{ key: Bytes, purpose: Purpose, size: number, header: Bytes }} request the header is the first 56 bytes
   * @returns {Promise<FileOpener>}
   * @throws {ProtocolError} `commitment`: it was sealed with another key or for another purpose, or it is cut off
   */
  static async of({ key, purpose, size, header }) {
    const { commitment, ...keys } = await deriveKeys(key, header.slice(0, SALT_LENGTH), purpose);
    if (!equal(commitment, header.slice(SALT_LENGTH))) {
      throw new ProtocolError("commitment");
    }
    return new FileOpener(keys, size);
  }

  /**
   * @param {number} start in the content
   * @param {number} end in the content, above `start` unless the content is empty
   * @returns {{ start: number, end: number }} the sealed bytes that `open` needs for it
   */
  sealedRange(start, end) {
    const { first, last } = this.#chunks(start, end);
    const stop = HEADER_LENGTH + (last + 1) * SEALED_CHUNK_LENGTH;
    return { start: HEADER_LENGTH + first * SEALED_CHUNK_LENGTH, end: Math.min(stop, sealedLength(this.size)) };
  }

  /**
   * @param {number} start in the content
   * @param {number} end in the content; the end of the content includes its padding, so that nothing may be cut off
   * @param {Bytes} sealed the bytes of `sealedRange(start, end)`
   * @returns {Promise<Bytes>} the content from `start` to `end`
   * @throws {ProtocolError} `file_size`: more or fewer bytes
   * @throws {import("./crypto-errors.js").DecryptionError} changed bytes, or another place of the file
   */
  async open(start, end, sealed) {
    const range = this.sealedRange(start, end);
    if (sealed.length !== range.end - range.start) {
      throw new ProtocolError("file_size");
    }
    const { first, last } = this.#chunks(start, end);
    const content = new Uint8Array(Math.min((last + 1) * CHUNK_LENGTH, this.padded) - first * CHUNK_LENGTH);
    for (let at = first; at <= last; at += CHUNKS_AT_ONCE) {
      const count = Math.min(CHUNKS_AT_ONCE, last + 1 - at);
      const opened = Array.from({ length: count }, (_, index) => {
        const chunk = chunkOf(sealed, at - first + index, SEALED_CHUNK_LENGTH);
        return CryptoManager.aesGcmOpen(this.cipherKey, chunkNonce(this.baseNonce, at + index), NO_DATA, chunk);
      });
      (await Promise.all(opened)).forEach((chunk, index) => content.set(chunk, (at - first + index) * CHUNK_LENGTH));
    }
    return content.subarray(start - first * CHUNK_LENGTH, end - first * CHUNK_LENGTH);
  }

  /** @param {number} start @param {number} end @returns {{ first: number, last: number }} */
  #chunks(start, end) {
    const last = end >= this.size ? chunkCount(this.padded) - 1 : Math.ceil(end / CHUNK_LENGTH) - 1;
    return { first: Math.floor(start / CHUNK_LENGTH), last };
  }
}

/** Cuts what is added into parts. */
class PartBuffer {
  /** @param {number} left bytes that will be added in all */
  constructor(left) {
    this.left = left;
    this.filled = 0;
    this.part = this.#next();
  }

  /** @returns {Bytes} */
  #next() {
    return new Uint8Array(Math.min(PART_LENGTH, this.left));
  }

  /** @param {Bytes} bytes fewer than a part @returns {Bytes[]} the part that is full, if one is and more comes */
  add(bytes) {
    const fits = bytes.subarray(0, this.part.length - this.filled);
    this.part.set(fits, this.filled);
    this.filled += fits.length;
    this.left -= fits.length;
    if (this.filled < this.part.length || this.left === 0) {
      return [];
    }
    const full = this.part;
    this.part = this.#next();
    this.filled = 0;
    return [full, ...this.add(bytes.subarray(fits.length))];
  }

  /** @returns {Bytes[]} the last part */
  rest() {
    return [this.part];
  }
}

/** @param {number} padded @returns {number} the last chunk is shorter than the others, and may be empty */
function chunkCount(padded) {
  return Math.floor(padded / CHUNK_LENGTH) + 1;
}

/** @param {Bytes} bytes @param {number} index @param {number} length @returns {Bytes} */
function chunkOf(bytes, index, length) {
  return bytes.subarray(index * length, (index + 1) * length);
}

/**
 * @param {Bytes} baseNonce 12 bytes
 * @param {number} number of the chunk, below 2^38
 * @returns {Bytes} 12 bytes
 */
function chunkNonce(baseNonce, number) {
  const nonce = baseNonce.slice();
  for (let at = NONCE_LENGTH - 1, rest = number; rest > 0; at -= 1, rest = Math.floor(rest / 256)) {
    nonce[at] ^= rest % 256;
  }
  return nonce;
}

/**
 * @param {Bytes} key 32 bytes
 * @param {Bytes} salt 24 bytes
 * @param {Purpose} purpose
 * @returns {Promise<{ cipherKey: CryptoKey, baseNonce: Bytes, commitment: Bytes }>} AES-256-GCM, 12 bytes, 32 bytes
 */
async function deriveKeys(key, salt, purpose) {
  const derived = await expand(key, concat(INFO_HEAD, salt, lengthPrefixed(LABEL, utf8Encode(purpose))));
  const cipherKey = await CryptoManager.importAesKey(derived.slice(0, KEY_LENGTH));
  return { cipherKey, baseNonce: derived.slice(KEY_LENGTH, KEY_LENGTH + NONCE_LENGTH), commitment: derived.slice(44, 76) };
}

/**
 * HKDF-Expand-SHA-512 (RFC 5869 §2.3), which Web Crypto does not have without the extraction before it.
 * @param {Bytes} key
 * @param {Bytes} info
 * @returns {Promise<Bytes>} 128 bytes
 */
async function expand(key, info) {
  const hmac = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-512" }, false, ["sign"]);
  const first = new Uint8Array(await crypto.subtle.sign("HMAC", hmac, concat(info, Uint8Array.of(1))));
  const second = new Uint8Array(await crypto.subtle.sign("HMAC", hmac, concat(first, info, Uint8Array.of(2))));
  return concat(first, second);
}
