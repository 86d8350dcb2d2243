/** Names that look alike: the skeleton of UTS #39 §4. Loaded when it is wanted, for its table is large. */
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
 * @returns {string[]} two names that have one of these in common can be taken for each other: they look alike as they
 *   are, or without regard to capitals and accents
 */
export function lookalikeKeys(name) {
  const shown = visible(name);
  return [...new Set([fold(skeleton(shown)), skeleton(fold(shown))])];
}
