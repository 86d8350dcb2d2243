/** Bodies that are JSON in one spelling: that of `JSON.stringify`, with the members in the order of the type. */
import { fromBase64, isWellFormed } from "../lib/bytes.js";

/**
 * @template Value
 * @param {(value: any) => boolean} isValue whether all members are there and in form
 * @param {(value: any) => Value} ordered the same with exactly the type's members, in their order
 */
export function jsonBody(isValue, ordered) {
  const spelled = (/** @type {any} */ value) => JSON.stringify(ordered(value));
  /** @param {string} body */
  const read = (body) => {
    const value = parsed(body);
    return isValue(value) && spelled(value) === body ? ordered(value) : null;
  };
  return {
    /** @param {Value} value @returns {{ body: string } | { refusal: string }} */
    compose: (value) => (isValue(value) ? { body: spelled(value) } : { refusal: "body" }),
    /** @returns {Value | null} null: it is no such body */
    read,
    isBody: (/** @type {string} */ body) => read(body) !== null,
  };
}

/** @param {string} body */
function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/**
 * @param {unknown} value
 * @param {number} limit in code points
 * @returns {boolean} whether it is Unicode text of at most that length
 */
export function isTextUpTo(value, limit) {
  return typeof value === "string" && isWellFormed(value) && [...value].length <= limit;
}

/**
 * @param {unknown} value
 * @param {number} limit
 * @returns {boolean}
 */
export function isIntegerUpTo(value, limit) {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= limit;
}

/**
 * @param {unknown} value
 * @returns {number} how many bytes the base64 stands for; NaN: it is no canonical base64
 */
export function base64Length(value) {
  try {
    return typeof value === "string" ? fromBase64(value).length : NaN;
  } catch {
    return NaN;
  }
}
