/** Reads the server's answers about streams. Nothing in them is verified yet. */
import { base64, check, entries, object, positive } from "./validators.js";

/** @import { StreamKind } from "../../crypto/stream.js" */

/**
 * A stream as the server keeps it.
 * @typedef {object} ServedStream
 * @property {string} browser whose stream it is
 * @property {StreamKind} kind
 * @property {number} revision
 * @property {string} by the browser that wrote it last
 * @property {Bytes} signature
 * @property {string[]} hashes of all segments, 64 hexadecimal digits each
 */
/** @typedef {{ number: number, blob: Bytes }} ServedSegment */

const BROWSER = /^[0-9a-f]{32}$/;
const HASH = /^[0-9a-f]{64}$/;
const KINDS = ["archive", "states"];
const STREAMS_LIMIT = 200;
const SEGMENTS_LIMIT = 4096;
const AT_ONCE = 8;

/**
 * @param {any} value `{results}`
 * @returns {ServedStream[]} those of kinds that this page knows, each once
 */
export function readStreams(value) {
  const results = check(entries(object(value).results), ({ length }) => length <= STREAMS_LIMIT, "length");
  const streams = results.filter((one) => KINDS.includes(object(one).kind)).map(readStream);
  const places = new Set(streams.map(({ browser, kind }) => `${browser} ${kind}`));
  return check(streams, ({ length }) => length === places.size, "a stream twice");
}

/**
 * @param {any} value
 * @returns {ServedStream}
 */
function readStream({ browser, kind, revision, by, signature, hashes }) {
  const all = check(entries(hashes), ({ length }) => length >= 1 && length <= SEGMENTS_LIMIT, "hashes");
  return {
    browser: matching(browser, BROWSER),
    kind,
    revision: positive(revision),
    by: matching(by, BROWSER),
    signature: base64(signature),
    hashes: all.map((hash) => matching(hash, HASH)),
  };
}

/**
 * @param {any} value `{results}`
 * @param {number} from the number that was asked for
 * @returns {ServedSegment[]} consecutive
 */
export function readSegments(value, from) {
  const results = check(entries(object(value).results), ({ length }) => length <= AT_ONCE, "length");
  return results.map((one, index) => readSegment(one, from + index));
}

/**
 * @param {any} value
 * @param {number} asked its number
 * @returns {ServedSegment}
 */
export function readSegment(value, asked) {
  const { number, blob } = object(value);
  return { number: check(number, () => number === asked, "number"), blob: base64(blob) };
}

/**
 * @param {any} value
 * @param {RegExp} form
 * @returns {string}
 */
function matching(value, form) {
  return check(value, () => typeof value === "string" && form.test(value), "text");
}
