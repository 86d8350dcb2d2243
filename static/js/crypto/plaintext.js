/**
 * The content of a message as canonical JSON (docs/protocol.md §5): one content has exactly one spelling, so that both
 * sides hash and authenticate the same bytes.
 */
import { equal, isWellFormed, utf8Decode, utf8Encode } from "../lib/bytes.js";
import { ProtocolError } from "./errors.js";

/**
 * What the sender has of one browser of the other side: everything up to `counter`, without a hole.
 * @typedef {object} Received
 * @property {string} browser 32 lower-case hexadecimal digits
 * @property {number} counter from 1
 * @property {string} hash of that message: 64 lower-case hexadecimal digits
 */

/**
 * @typedef {object} Content
 * @property {1} v
 * @property {string} type `text`, or a word of a newer version
 * @property {string} from the sender's normalised email
 * @property {string} to the recipient's normalised email
 * @property {string} browser the sending browser's id: 32 lower-case hexadecimal digits
 * @property {number} counter of this browser's messages to this recipient, from 1
 * @property {string | null} previous the hash of the message before: 64 lower-case hexadecimal digits; null at counter 1
 * @property {Received[]} received at most 8, each browser once
 * @property {number} sent_at milliseconds since 1970-01-01T00:00:00Z by the sender's clock
 * @property {string} self_tag 64 lower-case hexadecimal digits; "" only while the tag is computed
 * @property {string} body for `text`, at most 4000 Unicode code points
 */

export const VERSION = 1;
export const BODY_LIMIT = 4000;
export const RECEIVED_LIMIT = 8;

// The greatest time that a Date can hold (ECMA-262 §21.4.1.1).
const LATEST_TIME_MS = 8.64e15;
const BROWSER_ID = /^[0-9a-f]{32}$/;
const HASH = /^[0-9a-f]{64}$/;
const TYPE = /^[a-z][a-z0-9_]{0,31}$/;

/**
 * @param {Content} content
 * @returns {Bytes} its canonical JSON in UTF-8
 * @throws {ProtocolError} named for the first member that is not as docs/protocol.md §5.1 says
 */
export function encodePlaintext(content) {
  checkContent(content);
  return canonicalJson(content);
}

/**
 * @param {Bytes} json
 * @returns {Content} every member checked
 * @throws {ProtocolError} `encoding`, `json`, `unknown_version`, a member's name, or `not_canonical`, in this order
 */
export function decodePlaintext(json) {
  const content = parseObject(json);
  checkContent(content);
  // Catches every other spelling at once: order, white space, escapes, numbers, members twice, members unknown.
  if (!equal(canonicalJson(content), json)) {
    throw new ProtocolError("not_canonical");
  }
  return content;
}

/**
 * The bytes that the self tag and the message's hash are computed over (docs/protocol.md §5.3).
 * @param {Content} content
 * @returns {Bytes} its canonical JSON in UTF-8 with `self_tag` empty
 */
export function untaggedJson(content) {
  return canonicalJson({ ...content, self_tag: "" });
}

/**
 * @param {Content} content
 * @returns {boolean} whether this version knows what the body means
 */
export function isSupported(content) {
  return content.type === "text";
}

/**
 * @param {Content} content checked
 * @returns {Bytes}
 */
function canonicalJson(content) {
  // JSON.stringify writes members in the order of this literal.
  const ordered = {
    v: content.v,
    type: content.type,
    from: content.from,
    to: content.to,
    browser: content.browser,
    counter: content.counter,
    previous: content.previous,
    received: content.received.map(({ browser, counter, hash }) => ({ browser, counter, hash })),
    sent_at: content.sent_at,
    self_tag: content.self_tag,
    body: content.body,
  };
  return utf8Encode(JSON.stringify(ordered));
}

/**
 * @param {Bytes} json
 * @returns {any} an object, nothing else of it checked
 * @throws {ProtocolError} `encoding` or `json`
 */
function parseObject(json) {
  const text = orRefuse("encoding", () => utf8Decode(json));
  const value = orRefuse("json", () => JSON.parse(text));
  if (!isObject(value)) {
    throw new ProtocolError("json");
  }
  return value;
}

/**
 * @template Value
 * @param {ProtocolErrorReason} reason
 * @param {() => Value} read
 * @returns {Value}
 * @throws {ProtocolError} `reason`, where reading throws
 */
function orRefuse(reason, read) {
  try {
    return read();
  } catch {
    throw new ProtocolError(reason);
  }
}

/**
 * @param {any} content
 * @returns {asserts content is Content}
 * @throws {ProtocolError} the reason is the first member that is wrong; `people` for `from` and `to`
 */
function checkContent(content) {
  check(content.v === VERSION, "unknown_version");
  check(matches(TYPE, content.type), "type");
  check(isText(content.from) && isText(content.to), "people");
  check(matches(BROWSER_ID, content.browser), "browser");
  check(isCounter(content.counter), "counter");
  check(content.counter === 1 ? content.previous === null : matches(HASH, content.previous), "previous");
  check(isReceivedList(content.received), "received");
  check(Number.isInteger(content.sent_at) && content.sent_at >= 0 && content.sent_at <= LATEST_TIME_MS, "sent_at");
  check(matches(HASH, content.self_tag), "self_tag");
  check(isText(content.body) && (!isSupported(content) || [...content.body].length <= BODY_LIMIT), "body");
}

/**
 * @param {boolean} condition
 * @param {ProtocolErrorReason} reason
 * @returns {void}
 * @throws {ProtocolError} the condition is false
 */
function check(condition, reason) {
  if (!condition) {
    throw new ProtocolError(reason);
  }
}

/**
 * @param {RegExp} pattern
 * @param {unknown} value
 * @returns {boolean}
 */
function matches(pattern, value) {
  return typeof value === "string" && pattern.test(value);
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
function isText(value) {
  return typeof value === "string" && isWellFormed(value);
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
function isCounter(value) {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1;
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
function isReceivedList(value) {
  return (
    Array.isArray(value) &&
    value.length <= RECEIVED_LIMIT &&
    value.every(isReceived) &&
    new Set(value.map(({ browser }) => browser)).size === value.length
  );
}

/**
 * @param {any} value
 * @returns {boolean}
 */
function isReceived(value) {
  return (
    isObject(value) && matches(BROWSER_ID, value.browser) && isCounter(value.counter) && matches(HASH, value.hash)
  );
}
