/**
 * The safety number of two people, by Signal's construction, and the QR code that carries it (docs/protocol.md §3.5).
 */
import { concat, equal, fromBase64, toBase64, utf8Encode } from "../lib/bytes.js";
import { CryptoManager } from "./crypto.js";
import { checkIdentityKey } from "./identity.js";

/** @typedef {{ identityKeyBytes: Bytes, email: string }} Party the key is 32 bytes, the email normalised */

const VERSION = Uint8Array.of(0, 0);
const ITERATIONS = 5200;
const CHUNK_LENGTH = 5;
const CHUNKS = 6;
const CODE_PREFIX = "VIBECHAT:1:";
// 160 bytes: two email tags of 16, two hashes of 64.
const CODE = /^VIBECHAT:1:[\w-]{214}$/;
const TAG_LENGTH = 16;

/**
 * @param {{ own: Party, peer: Party }} people
 * @returns {Promise<{ digits: string, code: string }>} 60 digits, the same on both sides; what is shown as QR code
 * @throws {ProtocolError} `identity`: an identity key is out of form
 */
export async function safetyNumber({ own, peer }) {
  const [ownHash, peerHash] = await Promise.all([own, peer].map(identityHash));
  const digits = [digitsOf(ownHash), digitsOf(peerHash)].sort().join("");
  const bytes = concat(await tagsOf(own, peer), ownHash, peerHash);
  return { digits, code: CODE_PREFIX + toBase64Url(bytes) };
}

/**
 * @param {string} text what was read from a QR code
 * @param {{ own: Party, peer: Party }} people
 * @returns {Promise<"match" | "mismatch" | "foreign">} `foreign`: it is not a code of this form, or not the peer's code for
 *   this chat (one's own code is not either)
 * @throws {ProtocolError} `identity`: an identity key is out of form
 */
export async function readCode(text, { own, peer }) {
  const bytes = bytesOf(text);
  const tags = await tagsOf(peer, own);
  if (bytes === null || !equal(bytes.slice(0, tags.length), tags)) {
    return "foreign";
  }
  const hashes = concat(...(await Promise.all([peer, own].map(identityHash))));
  return equal(bytes.slice(tags.length), hashes) ? "match" : "mismatch";
}

/**
 * @param {Party} party
 * @returns {Promise<Bytes>} 64 bytes
 */
async function identityHash({ identityKeyBytes, email }) {
  checkIdentityKey(identityKeyBytes);
  let hash = concat(VERSION, identityKeyBytes, utf8Encode(email));
  for (let round = 0; round < ITERATIONS; round += 1) {
    hash = await CryptoManager.sha512(concat(hash, identityKeyBytes));
  }
  return hash;
}

/**
 * @param {Bytes} hash
 * @returns {string} 30 digits
 */
function digitsOf(hash) {
  const starts = Array.from({ length: CHUNKS }, (_, index) => CHUNK_LENGTH * index);
  const chunks = starts.map((start) => hash.slice(start, start + CHUNK_LENGTH));
  const numbers = chunks.map((chunk) => chunk.reduce((number, byte) => 256 * number + byte, 0) % 100_000);
  return numbers.map((number) => String(number).padStart(5, "0")).join("");
}

/**
 * @param {Party} shower whose screen shows the code
 * @param {Party} reader
 * @returns {Promise<Bytes>} 32 bytes that say whose code it is, and prove nothing
 */
async function tagsOf(shower, reader) {
  const digests = [shower, reader].map(({ email }) => CryptoManager.sha256(utf8Encode(email)));
  return concat(...(await Promise.all(digests)).map((digest) => digest.slice(0, TAG_LENGTH)));
}

/**
 * @param {Bytes} bytes a length that is 1 more than a multiple of 3
 * @returns {string} RFC 4648 §5 without padding
 */
function toBase64Url(bytes) {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace("==", "");
}

/**
 * @param {string} text
 * @returns {Bytes | null} 160 bytes; null: no code of this form
 */
function bytesOf(text) {
  if (!CODE.test(text)) {
    return null;
  }
  try {
    return fromBase64(`${text.slice(CODE_PREFIX.length).replaceAll("-", "+").replaceAll("_", "/")}==`);
  } catch {
    return null;
  }
}
