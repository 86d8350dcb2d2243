/** Sentences with a person's name, isolated so that it cannot change the direction of the text around it. */
import { isolated } from "../../lib/dom.js";

/**
 * @param {string} words with {name} where the name is to stand
 * @param {string} name
 * @returns {import("../../lib/dom.js").Child[]}
 */
export function named(words, name) {
  return words.split("{name}").flatMap((part, index) => (index === 0 ? [part] : [isolated(name), part]));
}
