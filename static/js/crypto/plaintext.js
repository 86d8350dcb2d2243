/**
 * Encodes and decodes a message's content (docs/protocol.md §5). Every member is checked, and only the canonical JSON is
 * accepted.
 */
import { equal, isWellFormed, utf8Decode } from "../lib/bytes.js";
import { isKnownType, loadVersion, typeOf, versionOf } from "../types/content-types.js";
import { BROWSER_ID, HASH, isCounter, isListOfBrowsers, isNamed, isObject, matches } from "../types/members.js";
import { readReceipt, receipt as receiptType } from "../types/receipt-type.js";
import { canonicalJson } from "./content.js";
import { ProtocolError } from "./crypto-errors.js";

export { MISSING_LIMIT, SEEN_LIMIT } from "../types/receipt-type.js";
export { BODY_LIMIT } from "../types/text-type.js";
export { untaggedJson, VERSION } from "./content.js";

/** @typedef {import("./content.js").Content} Content */
/** @typedef {import("../types/receipt-type.js").Receipt} Receipt */

export const RECEIVED_LIMIT = 8;

// The greatest time that a Date can hold (ECMA-262 §21.4.1.1).
const LATEST_TIME_MS = 8.64e15;
const TYPE = /^[a-z][a-z0-9_]{0,31}$/;

/**
 * @param {Content} content of a version that is loaded
 * @returns {Bytes} its canonical JSON in UTF-8
 * @throws {ProtocolError} named for the first member that is not as docs/protocol.md §5.1 says
 */
export function encodePlaintext(content) {
  checkContent(content);
  return canonicalJson(content);
}

/**
 * @param {Bytes} json
 * @returns {Promise<Content>} every member checked, after what its version needs was loaded
 * @throws {ProtocolError} `encoding`, `json`, `unknown_version`, a member's name, or `not_canonical`, in this order
 */
export async function readPlaintext(json) {
  const content = parseObject(json);
  await loadVersion(content.v);
  return checked(content, json);
}

/**
 * @param {any} content
 * @param {Bytes} json that it was read from
 * @returns {Content}
 */
function checked(content, json) {
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
  return isKnownType(content.type, content.v);
}

/**
 * The server learns only whether a content is a receipt (docs/protocol.md §4.2).
 * @param {{ type: string, v?: number }} content
 * @returns {string} the envelope's `message_type`
 */
export function messageTypeOf(content) {
  return typeOf(content.type, content.v).messageType;
}

/**
 * @param {Receipt} receipt
 * @returns {string} the body of a `receipt`, canonical JSON (docs/protocol.md §5.6)
 * @throws {ProtocolError} `body`: not as that section says
 */
export function encodeReceipt(receipt) {
  const composed = receiptType.compose(receipt);
  if ("refusal" in composed) {
    throw new ProtocolError("body");
  }
  return composed.body;
}

/**
 * @param {string} body
 * @returns {Receipt} every member checked
 * @throws {ProtocolError} `body`: no receipt, or not in its one spelling
 */
export function decodeReceipt(body) {
  const receipt = readReceipt(body);
  if (receipt === null) {
    throw new ProtocolError("body");
  }
  return receipt;
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
  const version = versionOf(content.v);
  check(version !== undefined, "unknown_version");
  check(matches(TYPE, content.type) && !version?.refused.includes(content.type), "type");
  check(isText(content.from) && isText(content.to), "people");
  check(matches(BROWSER_ID, content.browser), "browser");
  check(isCounter(content.counter), "counter");
  check(content.counter === 1 ? content.previous === null : matches(HASH, content.previous), "previous");
  check(isListOfBrowsers(content.received, RECEIVED_LIMIT, isNamed), "received");
  const type = typeOf(content.type, content.v);
  check(type.reportsReceived || content.received.length === 0, "received");
  check(Number.isInteger(content.sent_at) && content.sent_at >= 0 && content.sent_at <= LATEST_TIME_MS, "sent_at");
  const wrong = version?.wrongMember(content);
  check(!wrong, wrong ?? "json");
  check(matches(HASH, content.self_tag), "self_tag");
  check(isText(content.body), "body");
  check(type.isBody(content.body), "body");
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
 * @param {unknown} value
 * @returns {boolean}
 */
function isText(value) {
  return typeof value === "string" && isWellFormed(value);
}
