/** The round picture of a person: initials on a colour of theirs. */
import { setText } from "../../lib/dom.js";

/**
 * @param {Element} node
 * @param {{initials: string, hue: number}} person
 * @param {string} [size]
 */
export function drawAvatar(node, { initials, hue }, size = "") {
  node.setAttribute("class", `avatar ${size} hue-${hue}`);
  setText(node, initials);
}
