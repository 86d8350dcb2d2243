/** Makes nodes of a formatted text. Its marks stay in it, hidden, so that a copied text is the one that was typed. */
import { button, element, isolated } from "../../lib/dom.js";
import { formatted } from "./formatting.js";

/** @typedef {import("./formatting.js").Part} Part */
/** @typedef {(link: {href: string, asks: string}) => void} Ask before such an address is opened */

/**
 * @param {string} text
 * @param {Ask} ask
 */
export function formattedNodes(text, ask) {
  return formatted(text).map((part) => nodeOf(part, ask));
}

/**
 * @param {Part} part
 * @param {Ask} ask
 * @returns {import("../../lib/dom.js").Child}
 */
function nodeOf(part, ask) {
  if (part.kind === "text") return part.text;
  if (part.kind === "mark") return element("span", { class: "typed-mark", "aria-hidden": "true" }, part.text);
  if (part.kind === "code") return element("code", {}, part.text);
  if (part.kind === "link") return linkNode(part, ask);
  const inner = /** @type {import("./formatting.js").Marked} */ (part).parts.map((one) => nodeOf(one, ask));
  if (part.kind !== "block") return element(part.kind === "bold" ? "strong" : "em", {}, ...inner);
  const [first = null, lines = null, last = null] = inner;
  return element("code", { class: "code-block", dir: "ltr" }, first, element("span", { class: "code-lines" }, lines), last);
}

/**
 * @param {Part & { kind: "link" }} part
 * @param {Ask} ask
 */
function linkNode({ text, href, asks }, ask) {
  return asks === undefined ? link(text, href) : button(text, () => ask({ href, asks }), { class: "asking-link" });
}

/**
 * @param {string} text
 * @param {string} href
 */
function link(text, href) {
  return element("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, isolated(text));
}
