/**
 * Encodes and decodes a message's content (docs/protocol.md §5). Every member is checked, and only the canonical JSON is
 * accepted.
 */
import { equal, isWellFormed, utf8Decode } from "../lib/bytes.js";
import { BODY_LIMIT, canonicalJson, VERSION } from "./content.js";
import { ProtocolError } from "./crypto-errors.js";

export { BODY_LIMIT, untaggedJson, VERSION } from "./content.js";

/** @typedef {import("./content.js").Content} Content */

/**
 * A receipt's entry for one browser of the peer. The messages from `from` to `delivered`, except those in `missing`, were
 * opened here. Those up to `read` were on the screen.
 * @typedef {object} Seen
 * @property {string} browser 32 lower-case hexadecimal digits
 * @property {number} from a counter
 * @property {number} delivered a counter, at least `from`
 * @property {number} read 0: none; else a counter from `from` to `delivered`
 * @property {number[]} missing at most 64 counters, ascending, each at least `from` and below `delivered`
 */

/**
 * @typedef {object} Receipt
 * @property {{ counter: number, hash: string } | null} head the last of this browser's own messages that the server has
 *   taken, and its hash, 64 lower-case hexadecimal digits; null: none yet
 * @property {Seen[]} seen at most 8, each browser once
 */

export const RECEIVED_LIMIT = 8;
export const SEEN_LIMIT = 8;
export const MISSING_LIMIT = 64;

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
  // This rejects every other spelling: order, white space, escapes, number formats, duplicate and unknown members.
  if (!equal(canonicalJson(content), json)) {
    throw new ProtocolError("not_canonical");
  }
  return content;
}

/**
 * @param {Content} content
 * @returns {boolean} whether this version knows what the body means
 */
export function isSupported(content) {
  return ["text", "skip", "receipt"].includes(content.type);
}

/**
 * The server learns only whether a content is a receipt (docs/protocol.md §4.2).
 * @param {Pick<Content, "type">} content
 * @returns {"text" | "receipt"} the envelope's `message_type`
 */
export function messageTypeOf(content) {
  return content.type === "receipt" ? "receipt" : "text";
}

/**
 * @param {Receipt} receipt
 * @returns {string} the body of a `receipt`, canonical JSON (docs/protocol.md §5.6)
 * @throws {ProtocolError} `body`: not as that section says
 */
export function encodeReceipt(receipt) {
  check(isReceipt(receipt), "body");
  return receiptJson(receipt);
}

/**
 * @param {string} body
 * @returns {Receipt} every member checked
 * @throws {ProtocolError} `body`: no receipt, or not in its one spelling
 */
export function decodeReceipt(body) {
  const receipt = orRefuse("body", () => JSON.parse(body));
  check(isReceipt(receipt) && receiptJson(receipt) === body, "body");
  return receipt;
}

/**
 * @param {Receipt} receipt checked
 * @returns {string}
 */
function receiptJson({ head, seen }) {
  return JSON.stringify({
    head: head && { counter: head.counter, hash: head.hash },
    seen: seen.map(({ browser, from, delivered, read, missing }) => ({ browser, from, delivered, read, missing })),
  });
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
  check(isListOfBrowsers(content.received, RECEIVED_LIMIT, isNamed), "received");
  check(content.type !== "receipt" || content.received.length === 0, "received");
  check(Number.isInteger(content.sent_at) && content.sent_at >= 0 && content.sent_at <= LATEST_TIME_MS, "sent_at");
  check(matches(HASH, content.self_tag), "self_tag");
  check(isText(content.body), "body");
  checkBody(content);
}

/**
 * @param {Content} content its other members checked
 * @returns {void}
 * @throws {ProtocolError} `body`: not what the type demands
 */
function checkBody({ type, body }) {
  if (type === "text") {
    check([...body].length <= BODY_LIMIT, "body");
  } else if (type === "skip") {
    check(matches(HASH, body), "body");
  } else if (type === "receipt") {
    decodeReceipt(body);
  }
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
 * @param {number} limit
 * @param {(entry: any) => boolean} isEntry
 * @returns {boolean} a list of at most so many such entries, none of which names the browser of another
 */
function isListOfBrowsers(value, limit, isEntry) {
  return (
    Array.isArray(value) &&
    value.length <= limit &&
    value.every((entry) => isObject(entry) && matches(BROWSER_ID, entry.browser) && isEntry(entry)) &&
    new Set(value.map(({ browser }) => browser)).size === value.length
  );
}

/**
 * @param {any} value an object
 * @returns {boolean}
 */
function isNamed(value) {
  return isCounter(value.counter) && matches(HASH, value.hash);
}

/**
 * @param {any} value
 * @returns {boolean}
 */
function isReceipt(value) {
  return (
    isObject(value) &&
    (value.head === null || (isObject(value.head) && isNamed(value.head))) &&
    isListOfBrowsers(value.seen, SEEN_LIMIT, isSeen)
  );
}

/**
 * @param {any} value an object
 * @returns {boolean}
 */
function isSeen({ from, delivered, read, missing }) {
  return (
    isCounter(from) &&
    isCounter(delivered) &&
    from <= delivered &&
    (read === 0 || (isCounter(read) && from <= read && read <= delivered)) &&
    Array.isArray(missing) &&
    missing.length <= MISSING_LIMIT &&
    missing.every((counter, index) => isCounter(counter) && counter >= (index ? missing[index - 1] + 1 : from)) &&
    (missing.at(-1) ?? 0) < delivered
  );
}
