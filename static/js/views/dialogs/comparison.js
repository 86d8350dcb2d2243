/** The sentences about safety numbers that were compared or not. {name} stands for the other person's name. */
import { LocalFormat } from "../parts/local-time.js";

/** @typedef {{compared: "no" | "yes" | "differed" | "lost", atMs: number, forgotten: boolean}} Compared */

const dayMonth = new LocalFormat({ day: "numeric", month: "long" });
const dayMonthYear = new LocalFormat({ day: "numeric", month: "long", year: "numeric" });

const DIGITS_IN_GROUP = 5;

/* Said when the numbers differed and the key has changed since. */
export const COMPARE_AGAIN = "{name}'s keys changed since. Compare the new numbers.";

/**
 * @param {Compared} state
 * @param {Date} now
 */
export function comparedWords({ compared, atMs, forgotten }, now) {
  if (compared === "yes") return `You compared numbers on ${dayOf(new Date(atMs), now)}.`;
  if (compared === "differed") {
    return `You compared numbers on ${dayOf(new Date(atMs), now)}, and they did not match. Ask {name} in person.`;
  }
  if (compared === "lost") return "You had compared numbers; {name}'s keys changed since.";
  if (forgotten) return "No one has compared numbers with {name} in this browser.";
  return "No one has compared numbers with {name} yet.";
}

/**
 * @param {Date} at
 * @param {Date} now
 */
function dayOf(at, now) {
  return (at.getFullYear() === now.getFullYear() ? dayMonth : dayMonthYear).format(at);
}

/**
 * @param {string} digits
 * @returns {string[]}
 */
export function groupsOf(digits) {
  return digits.match(new RegExp(`.{1,${DIGITS_IN_GROUP}}`, "gu")) ?? [];
}

/** @type {Record<"match" | "mismatch" | "foreign" | "no-camera" | "no-code" | "scanning" | "changed", string>} */
export const RESULTS = {
  match: "The numbers match. This browser remembers that you compared them.",
  mismatch:
    "The numbers do not match. Somebody may be in between: do not write anything private here, and ask {name} in person.",
  foreign: "This is not {name}'s code.",
  "no-camera": "No camera can be used. Allow it in your browser, or read the code from a picture.",
  "no-code": "No code was found in this picture.",
  scanning: "Hold {name}'s code before the camera.",
  changed: "{name}'s keys have just changed. Decide about that first, then compare the new numbers.",
};
