/** How long messages are kept, in words. */
import { plural } from "./format.js";

const UNITS = /** @type {const} */ ([
  [604_800, "week", "weeks"], [86_400, "day", "days"], [3600, "hour", "hours"], [60, "minute", "minutes"], [1, "second", "seconds"],
]);

/**
 * @param {number} seconds more than 0
 * @returns {string}
 */
export function durationWords(seconds) {
  const [size, one, many] = UNITS.find(([unit]) => seconds % unit === 0) ?? UNITS[4];
  return plural(seconds / size, one, many);
}
