/** Validators for the values of the server's responses. Each returns the value, or throws BadAnswer. */
import { fromBase64 } from "../../lib/bytes.js";
import { BadAnswer } from "./model-errors.js";

// As docs/protocol.md §1, and not stricter: a message from an email that is refused here would block all later ones.
const EMAIL = /^[!-@[-~]{3,255}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const FINGERPRINT = /^[0-9a-f]{64}$/;
const LONGEST_NAME = 200;
const PAGE_LIMIT = 200;

/**
 * @template Value
 * @param {Value} value
 * @param {(value: Value) => boolean} holds
 * @param {string} what
 * @returns {Value}
 */
export function check(value, holds, what) {
  if (!holds(value)) {
    throw new BadAnswer(what);
  }
  return value;
}

/**
 * @param {any} value
 * @returns {any}
 */
export function object(value) {
  return check(value, () => typeof value === "object" && value !== null && !Array.isArray(value), "object");
}

/**
 * @param {any} value
 * @returns {any[]}
 */
export function entries(value) {
  return check(value, Array.isArray, "list");
}

/**
 * @param {any} value
 * @returns {any[]} at most as long as a page
 */
export function list(value) {
  return check(entries(value), (items) => items.length <= PAGE_LIMIT, "length");
}

/**
 * @param {any} value
 * @returns {number}
 */
export function positive(value) {
  return check(value, (number) => Number.isSafeInteger(number) && number >= 1, "number");
}

/**
 * @param {any} value
 * @returns {string | null}
 */
export function uuidOrNull(value) {
  return check(value ?? null, (id) => id === null || (typeof id === "string" && UUID.test(id)), "client_id");
}

/**
 * @param {any} value
 * @returns {string}
 */
export function displayName(value) {
  return check(value ?? "", (text) => typeof text === "string" && text.length <= LONGEST_NAME, "display_name");
}

/**
 * @param {any} value
 * @returns {Bytes}
 */
export function base64(value) {
  try {
    return fromBase64(value);
  } catch {
    throw new BadAnswer("base64");
  }
}

/**
 * @param {any} value
 * @returns {Bytes | null}
 */
export function base64OrNone(value) {
  return value === null || value === undefined ? null : base64(value);
}

/**
 * @param {any} value ISO 8601
 * @returns {number} milliseconds since 1970
 */
export function time(value) {
  const milliseconds = typeof value === "string" ? Date.parse(value) : NaN;
  return check(milliseconds, (number) => number > 0, "time");
}

/**
 * @param {any} value ISO 8601 or null
 * @returns {number} 0: not yet
 */
export function timeOrNone(value) {
  return value === null || value === undefined ? 0 : time(value);
}

/**
 * @param {any} value
 * @returns {string}
 */
export function email(value) {
  return check(value, () => typeof value === "string" && EMAIL.test(value), "email");
}

/**
 * @param {any} value
 * @returns {string}
 */
export function fingerprint(value) {
  return check(value, () => typeof value === "string" && FINGERPRINT.test(value), "fingerprint");
}

/**
 * @param {any} value
 * @returns {number} 0 or more
 */
export function count(value) {
  return check(value, (number) => Number.isSafeInteger(number) && number >= 0, "number");
}
