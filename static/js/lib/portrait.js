/** A person's avatar: the initials of the name, and a colour that depends on the email alone. */
import { firstGrapheme, isVisible } from "./text.js";

const HUES = 12;
const OPENING = /^\p{P}+(?=[\p{L}\p{N}\p{S}])/u; // of a word in brackets or quotes

/**
 * @param {string} name
 * @param {string} email
 * @returns {{ initials: string, hue: number }} hue: 0 to 11
 */
export function portrait(name, email) {
  return { initials: initialsOf(name, email), hue: hueOf(email) };
}

/**
 * @param {string} name
 * @param {string} email used where the name is empty or invisible
 */
function initialsOf(name, email) {
  const words = name.split(/[\s@._-]+/u).map((word) => word.replace(OPENING, "")).filter(isVisible);
  const shown = words.length > 0 ? words.slice(0, name.includes("@") ? 1 : 2) : [email];
  return shown.map(firstGrapheme).join("").toUpperCase();
}

/** @param {string} email */
function hueOf(email) {
  return [...email].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 9973, 7) % HUES;
}
