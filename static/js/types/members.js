/** Checks for the members of a content and of a receipt's body (docs/protocol.md §5.1 and §5.6). */

export const BROWSER_ID = /^[0-9a-f]{32}$/;
export const HASH = /^[0-9a-f]{64}$/;

/**
 * @param {RegExp} pattern
 * @param {unknown} value
 * @returns {boolean}
 */
export function matches(pattern, value) {
  return typeof value === "string" && pattern.test(value);
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
export function isCounter(value) {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1;
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {unknown} value
 * @param {number} limit
 * @param {(entry: any) => boolean} isEntry
 * @returns {boolean} a list of at most so many such entries, none of which names the browser of another
 */
export function isListOfBrowsers(value, limit, isEntry) {
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
export function isNamed(value) {
  return isCounter(value.counter) && matches(HASH, value.hash);
}
