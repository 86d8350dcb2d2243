/**
 * Pads a message to one of a few sizes, so that its length tells little about its text (docs/protocol.md §6).
 */
import { concat, uint32 } from "../lib/bytes.js";
import { ProtocolError } from "./crypto-errors.js";

/** The lengths that a padded plaintext can have, in bytes. The last leaves room for the tag in a 64 KiB ciphertext. */
export const BUCKETS = Object.freeze([1024, 2048, 4096, 8192, 16384, 32768, 65520]);

const LENGTH_PREFIX = 4;

/**
 * @param {Bytes} content at most 65516 bytes
 * @returns {Bytes} its length (4 bytes, big-endian), the content, and zeros up to the smallest bucket that holds both
 * @throws {ProtocolError} `padding`: too long for the largest bucket
 */
export function pad(content) {
  const padded = new Uint8Array(bucketFor(content.length));
  padded.set(concat(uint32(content.length), content));
  return padded;
}

/**
 * @param {Bytes} padded an authenticated plaintext; before authentication, this check would be a padding oracle
 * @returns {Bytes} the content
 * @throws {ProtocolError} `padding`: the length is no bucket's or not the smallest that fits, or a padding byte is not 0
 */
export function unpad(padded) {
  if (padded.length < LENGTH_PREFIX) {
    throw new ProtocolError("padding");
  }
  const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
  const end = LENGTH_PREFIX + length;
  if (padded.length !== bucketFor(length) || padded.subarray(end).some((byte) => byte !== 0)) {
    throw new ProtocolError("padding");
  }
  return padded.slice(LENGTH_PREFIX, end);
}

/**
 * @param {number} length of the content, in bytes
 * @returns {number} the smallest bucket that holds it and its length
 * @throws {ProtocolError} `padding`: there is none
 */
function bucketFor(length) {
  const bucket = BUCKETS.find((size) => size >= LENGTH_PREFIX + length);
  if (bucket === undefined) {
    throw new ProtocolError("padding");
  }
  return bucket;
}
