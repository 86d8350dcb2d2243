/** Checks and opens a file that is read from its beginning to its end (docs/protocol.md §19). */
import { concat, toHex } from "../lib/bytes.js";
import { ProtocolError } from "./crypto-errors.js";
import { CryptoManager } from "./crypto.js";
import { FileOpener, HEADER_LENGTH, hashOfParts, rangesOfParts, sealedLength } from "./file-encryption.js";

const CONTENT_AT_ONCE = 1024 * 1024;

/**
 * Nothing is returned before the whole file has been checked.
 * @param {object} file what the message says of it
 * @param {Bytes} file.key 32 bytes
 * @param {import("./file-encryption.js").Purpose} file.purpose
 * @param {number} file.size of the content
 * @param {string} file.hash 64 lower-case hexadecimal digits
 * @param {AsyncIterable<Bytes>} file.parts as the server gives them
 * @returns {Promise<BlobPart[]>} the content
 * @throws {ProtocolError} `file_size`, `file_hash`, `commitment`
 * @throws {import("./crypto-errors.js").DecryptionError}
 */
export async function openWholeFile({ key, purpose, size, hash, parts }) {
  const sealed = await readAll(parts, sealedLength(size));
  const hashes = await Promise.all(sealed.map((part) => CryptoManager.sha256(part)));
  if (toHex(await hashOfParts(hashes)) !== hash) {
    throw new ProtocolError("file_hash");
  }
  const read = (/** @type {number} */ from, /** @type {number} */ to) =>
    concat(...rangesOfParts(from, to).map(({ number, start, end }) => sealed[number].subarray(start, end)));
  const opener = await FileOpener.of({ key, purpose, size, header: read(0, HEADER_LENGTH) });
  const content = [];
  for (let start = 0; start < size || start === 0; start += CONTENT_AT_ONCE) {
    const end = Math.min(start + CONTENT_AT_ONCE, size);
    const range = opener.sealedRange(start, end);
    content.push(await opener.open(start, end, read(range.start, range.end)));
  }
  return content;
}

/** @param {AsyncIterable<Bytes>} parts @param {number} length @returns {Promise<Bytes[]>} */
async function readAll(parts, length) {
  const read = [];
  let left = length;
  for await (const part of parts) {
    left -= part.length;
    if (left < 0) {
      break;
    }
    read.push(part);
  }
  if (left !== 0) {
    throw new ProtocolError("file_size");
  }
  return read;
}
