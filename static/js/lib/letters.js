/** Normalises text for search and for the comparison of names. */

// Letters that Unicode does not decompose, as people type them without their own keyboard.
const PLAIN = new Map(Object.entries({
  ł: "l", ø: "o", đ: "d", ð: "d", ħ: "h", ŧ: "t", ß: "ss", ı: "i", ĸ: "k", æ: "ae", œ: "oe", þ: "th", ŋ: "n", ə: "e",
  ς: "σ", ƀ: "b", ɓ: "b", ƈ: "c", ɖ: "d", ɗ: "d", ƌ: "d", ɛ: "e", ɇ: "e", ƒ: "f", ǥ: "g", ɠ: "g", ɣ: "g", ɨ: "i", ɩ: "i", ɉ: "j",
  ƙ: "k", ƚ: "l", ɫ: "l", ɲ: "n", ƞ: "n", ɵ: "o", ɔ: "o", ƥ: "p", ᵽ: "p", ɍ: "r", ʂ: "s", ƫ: "t", ƭ: "t", ʈ: "t", ʉ: "u",
  ʊ: "u", ʋ: "v", ⱴ: "v", ɏ: "y", ƴ: "y", ƶ: "z", ȥ: "z", ʼ: "'", "’": "'", "ʻ": "'", "‘": "'",
}));
// Invisible characters. Unicode counts the Hangul fillers as ignorable and the Braille blank as a symbol.
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\u2800]/gu;

/**
 * @param {string} text
 * @returns {string} without invisible characters, and with one space for each run of white space
 */
export function visible(text) {
  return text.replace(/\s+/gu, " ").replace(INVISIBLE, "").trim();
}

/**
 * @param {string} text
 * @returns {string} the same for "Łódź" and "lodz", "Straße" and "STRASSE", "Åse" and "ase"
 */
export function fold(text) {
  const small = text.replace(INVISIBLE, "").normalize("NFKD").toLowerCase();
  return [...small.replace(/\p{Diacritic}/gu, "")].map((letter) => PLAIN.get(letter) ?? letter).join("");
}

/**
 * @param {string} query
 * @returns {string[]} its words, folded
 */
export function foldedWords(query) {
  return fold(query).split(/\s+/u).filter(Boolean);
}
