/** What stands for a person's face: initials of the name, and a colour that stays with the address. */

const HUES = 12;

/**
 * @param {string} name
 * @param {string} email
 * @returns {{ initials: string, hue: number }} hue: 0 to 11
 */
export function portrait(name, email) {
  return { initials: initialsOf(name), hue: hueOf(email) };
}

/** @param {string} name */
function initialsOf(name) {
  const words = name.split(/[\s@._-]+/u).filter((word) => word !== "");
  const letters = [words[0], name.includes("@") ? undefined : words[1]].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toUpperCase();
}

/** @param {string} email */
function hueOf(email) {
  return [...email].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 9973, 7) % HUES;
}
