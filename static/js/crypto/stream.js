/**
 * Streams: what each browser of a person keeps for the others beside the vault, in sealed segments (docs/protocol.md §14.7).
 */
import { concat, lengthPrefixed, uint32, utf8Decode, utf8Encode } from "../lib/bytes.js";
import { ProtocolError } from "./crypto-errors.js";
import { CryptoManager } from "./crypto.js";
import { keyOfKind } from "./vault.js";

/** @typedef {"archive" | "states"} StreamKind */
/**
 * The place of a segment.
 * @typedef {object} SegmentPlace
 * @property {string} email one's own, normalised
 * @property {string} accountId the server's id of the account, in decimal
 * @property {string} browser whose stream it is: 32 lower-case hexadecimal digits
 * @property {StreamKind} kind
 * @property {number} number of the segment in its stream, from 1
 */
/**
 * What a signature of a stream covers.
 * @typedef {object} StreamState
 * @property {string} email one's own, normalised
 * @property {string} accountId the server's id of the account, in decimal
 * @property {string} browser whose stream it is
 * @property {StreamKind} kind
 * @property {number} revision from 1; each write raises it by 1
 * @property {readonly Bytes[]} hashes of all segments, in order
 */

/**
 * Compressed lengths tell about the text, so that the archive is padded in large steps; states are not compressed.
 * @type {Record<StreamKind, { step: number, steps: number, isCompressed: boolean }>}
 */
const FORMS = {
  archive: { step: 65536, steps: 4, isCompressed: true },
  states: { step: 1024, steps: 256, isCompressed: false },
};
const FORM = 1;
const MONTH = /^\d{4}-(?:0[1-9]|1[0-2])$/;
// Where the parts of a blob begin.
const MONTH_AT = 5;
const NONCE_AT = 12;
const CIPHERTEXT_AT = 24;
const TAG_LENGTH = 16;
const LENGTH_PREFIX = 4;
const CONTENT_LIMIT = 1024 * 1024;
const SEGMENT_LABEL = utf8Encode("VibeChat segment");
const HEAD_LABEL = utf8Encode("VibeChat stream head");
const STREAM_LABEL = utf8Encode("VibeChat stream");

/**
 * @param {SegmentPlace & { vaultKey: Bytes, generation: number, month: string, content: unknown }} request `month` is that of
 *   writing, such as "2026-11"; the content is any JSON value
 * @returns {Promise<{ blob: Bytes, hash: Bytes }>}
 * @throws {ProtocolError} `stream`: the content is too long, or the month is none
 */
export async function sealSegment({ vaultKey, generation, month, content, ...place }) {
  check(MONTH.test(month));
  const json = utf8Encode(JSON.stringify(content));
  check(json.length <= CONTENT_LIMIT);
  const padded = pad(FORMS[place.kind].isCompressed ? await compress(json) : json, place.kind);
  const head = concat(Uint8Array.of(FORM), uint32(generation), utf8Encode(month));
  const nonce = CryptoManager.randomBytes(CIPHERTEXT_AT - NONCE_AT);
  const key = await segmentKey(vaultKey, generation, month, place);
  const blob = concat(head, nonce, await CryptoManager.aesGcmSeal(key, nonce, additionalData(place, head), padded));
  return { blob, hash: await segmentHash({ ...place, blob }) };
}

/**
 * @param {SegmentPlace & { vaultKeyOf: (generation: number) => Bytes | null, blob: Bytes }} request the vault keys by
 *   generation, the present one and those of `former`
 * @returns {Promise<unknown>} the content
 * @throws {ProtocolError} `stream`: it is out of form, or of a generation that this person never had; `padding`, `json`
 * @throws {import("./crypto-errors.js").DecryptionError} it was sealed for another place or with another key, or was changed
 */
export async function openSegment({ vaultKeyOf, blob, ...place }) {
  const { step, steps, isCompressed } = FORMS[place.kind];
  const length = blob.length - CIPHERTEXT_AT - TAG_LENGTH;
  check(length >= step && length % step === 0 && length <= step * steps && blob[0] === FORM);
  const generation = new DataView(blob.buffer, blob.byteOffset).getUint32(1);
  const month = String.fromCharCode(...blob.slice(MONTH_AT, NONCE_AT));
  check(MONTH.test(month));
  const vaultKey = vaultKeyOf(generation);
  if (vaultKey === null) {
    throw new ProtocolError("stream");
  }
  const key = await segmentKey(vaultKey, generation, month, place);
  const aad = additionalData(place, blob.slice(0, NONCE_AT));
  const nonce = blob.slice(NONCE_AT, CIPHERTEXT_AT);
  const packed = unpad(await CryptoManager.aesGcmOpen(key, nonce, aad, blob.slice(CIPHERTEXT_AT)), place.kind);
  return readJson(isCompressed ? await decompress(packed) : packed);
}

/**
 * @param {SegmentPlace & { blob: Bytes }} request
 * @returns {Promise<Bytes>} 32 bytes
 */
export function segmentHash({ blob, ...place }) {
  return CryptoManager.sha256(lengthPrefixed(SEGMENT_LABEL, ...placeParts(place), uint32(place.number), blob));
}

/**
 * @param {readonly Bytes[]} hashes of the segments, in order
 * @returns {Promise<Bytes>} 32 bytes: it names all of them; zeros where there is none
 */
export async function streamHead(hashes) {
  /** @type {Bytes} */
  let head = new Uint8Array(32);
  for (const hash of hashes) {
    head = await CryptoManager.sha256(lengthPrefixed(HEAD_LABEL, head, hash));
  }
  return head;
}

/**
 * @param {StreamState & { privateKey: CryptoKey }} request the signature key of the browser that writes: any of one's own
 * @returns {Promise<Bytes>} 64 bytes
 */
export async function signStream({ privateKey, ...state }) {
  return CryptoManager.ed25519Sign(privateKey, await signedBytes(state));
}

/**
 * @param {StreamState & { signatureKeyBytes: Bytes, signature: Bytes }} request the key is that of the browser that wrote, in
 *   the signed list
 * @returns {Promise<void>}
 * @throws {ProtocolError} `stream`: it is not signed by this key
 */
export async function verifyStream({ signatureKeyBytes, signature, ...state }) {
  check(await CryptoManager.ed25519Verify(signatureKeyBytes, await signedBytes(state), signature));
}

/**
 * @param {StreamState} state
 * @returns {Promise<Bytes>}
 */
async function signedBytes(state) {
  const numbers = [uint32(state.hashes.length), uint32(state.revision)];
  return lengthPrefixed(STREAM_LABEL, ...placeParts(state), ...numbers, await streamHead(state.hashes));
}

/**
 * @param {Pick<SegmentPlace, "email" | "accountId" | "browser" | "kind">} place
 * @returns {Bytes[]}
 */
function placeParts({ email, accountId, browser, kind }) {
  return [email, accountId, browser, kind].map(utf8Encode);
}

/**
 * @param {SegmentPlace} place
 * @param {Bytes} head of the blob: form, generation and month
 * @returns {Bytes}
 */
function additionalData(place, head) {
  return lengthPrefixed(SEGMENT_LABEL, ...placeParts(place), uint32(place.number), head);
}

/**
 * @param {Bytes} vaultKey
 * @param {number} generation
 * @param {string} month
 * @param {SegmentPlace} place
 * @returns {Promise<CryptoKey>}
 */
function segmentKey(vaultKey, generation, month, { email, accountId, kind }) {
  return keyOfKind(vaultKey, `${kind} ${month}`, { email, accountId, generation });
}

/**
 * @param {Bytes} packed
 * @param {StreamKind} kind
 * @returns {Bytes} its length (4 bytes, big-endian), it, and zeros up to a whole number of steps
 * @throws {ProtocolError} `stream`: it is too long
 */
function pad(packed, kind) {
  const padded = new Uint8Array(paddedLength(packed.length, kind));
  check(padded.length <= FORMS[kind].step * FORMS[kind].steps);
  padded.set(concat(uint32(packed.length), packed));
  return padded;
}

/**
 * @param {Bytes} padded authenticated
 * @param {StreamKind} kind
 * @returns {Bytes}
 * @throws {ProtocolError} `padding`
 */
function unpad(padded, kind) {
  const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
  const end = LENGTH_PREFIX + length;
  if (padded.length !== paddedLength(length, kind) || padded.subarray(end).some((byte) => byte !== 0)) {
    throw new ProtocolError("padding");
  }
  return padded.slice(LENGTH_PREFIX, end);
}

/**
 * @param {number} length
 * @param {StreamKind} kind
 * @returns {number}
 */
function paddedLength(length, kind) {
  const { step } = FORMS[kind];
  return Math.ceil((LENGTH_PREFIX + length) / step) * step;
}

/**
 * @param {Bytes} json
 * @returns {Promise<Bytes>} DEFLATE (RFC 1951)
 */
async function compress(json) {
  const packed = new Blob([json]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

/**
 * @param {Bytes} packed
 * @returns {Promise<Bytes>}
 * @throws {ProtocolError} `json`: it is no DEFLATE; `stream`: it is larger than a segment can be
 */
async function decompress(packed) {
  /** @type {Bytes[]} */
  const parts = [];
  let length = 0;
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      parts.push(new Uint8Array(read.value));
      length += read.value.length;
      check(length <= CONTENT_LIMIT);
    }
  } catch (error) {
    // Browsers throw a TypeError; Node 20 throws an error of zlib.
    throw error instanceof ProtocolError ? error : new ProtocolError("json");
  }
  return concat(...parts);
}

/**
 * @param {Bytes} json
 * @returns {unknown}
 * @throws {ProtocolError} `json`
 */
function readJson(json) {
  try {
    return JSON.parse(utf8Decode(json));
  } catch {
    throw new ProtocolError("json");
  }
}

/**
 * @param {boolean} condition
 * @returns {void}
 * @throws {ProtocolError} `stream`: the condition is false
 */
function check(condition) {
  if (!condition) {
    throw new ProtocolError("stream");
  }
}
