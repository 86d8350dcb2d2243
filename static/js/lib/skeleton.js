/** Finds names that look alike, by the skeleton of UTS #39 §4. Its table is large, so it is loaded on demand. */
import packed from "./confusables.js";
import { fold, visible } from "./letters.js";

/** @type {Map<string, string>} what each character looks like */
const LOOKS_LIKE = new Map(packed.split(";").flatMap(unpacked));

/**
 * @param {string} group
 * @returns {[string, string][]}
 */
function unpacked(group) {
  const [codes = "", steps = ""] = group.split(":");
  const looksLike = String.fromCodePoint(...codes.split(".").map(number));
  let code = 0;
  return steps.split(".").map((step) => [String.fromCodePoint((code += number(step))), looksLike]);
}

/** @param {string} digits */
function number(digits) {
  return parseInt(digits, 36);
}

/**
 * @param {string} text
 * @returns {string} the same for two texts that UTS #39 calls confusable
 */
export function skeleton(text) {
  const characters = [...text.normalize("NFD").replace(/\p{Default_Ignorable_Code_Point}/gu, "")];
  return characters.map((character) => LOOKS_LIKE.get(character) ?? character).join("").normalize("NFD");
}

/**
 * @param {string} name
 * @returns {string[]} two names that share one of these keys look alike, as they are or without capitals and accents
 */
export function lookalikeKeys(name) {
  const shown = visible(name);
  return [...new Set([fold(skeleton(shown)), skeleton(fold(shown))])];
}
