/** Whether a text is visible, and what its first character is. */

// Emoji of later Unicode versions count as unassigned here. The fillers of Hangul and Braille count as letters and symbols.
const VISIBLE = /(?=[^\u115f\u1160\u2800\u3164\uffa0\u{1d159}])(?:[^\p{C}\p{Z}\p{M}]|\p{Extended_Pictographic})/u;
// A grapheme can be as long as the whole text. An honest one is not longer than this.
const LONGEST_GRAPHEME = 64;

const segmenter = new Intl.Segmenter();

/**
 * @param {string} text
 * @returns {boolean} whether it shows anything
 */
export function isVisible(text) {
  return VISIBLE.test(text);
}

/**
 * @param {string} text
 * @returns {string} its first grapheme; of an overlong one, only its first letter
 */
export function firstGrapheme(text) {
  const [first] = segmenter.segment(text.slice(0, 2 * LONGEST_GRAPHEME));
  const grapheme = first?.segment ?? "";
  return grapheme.length <= LONGEST_GRAPHEME ? grapheme : String.fromCodePoint(grapheme.codePointAt(0) ?? 0);
}

/**
 * @param {string} text
 * @param {number} limit in UTF-16 code units
 * @returns {string} its beginning, cut between two characters
 */
export function shortened(text, limit) {
  const next = segmenter.segment(text.slice(0, limit + LONGEST_GRAPHEME)).containing(limit);
  return next ? text.slice(0, next.index) : text;
}
