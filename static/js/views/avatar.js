/** The round picture of a person: initials on a colour of theirs. */
import { setText } from "../lib/dom.js";

/**
 * @param {Element} node
 * @param {{initials: string, hue: number}} person
 * @param {string} [size]
 */
export function drawAvatar(node, { initials, hue }, size = "") {
  node.setAttribute("class", `avatar ${size} hue-${hue}`);
  setText(node, initials);
}

/**
 * @param {string} name
 * @param {string} email
 */
export function portrait(name, email) {
  const words = name.split(/\s+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  const initials = letters
    .map((word) => [...(word ?? "")][0] ?? "")
    .join("")
    .toUpperCase();
  let sum = 0;
  for (const letter of email) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 997;
  return { initials, hue: sum % 12 };
}
