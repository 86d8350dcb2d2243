/** A person's avatar: initials on a colour. */
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
