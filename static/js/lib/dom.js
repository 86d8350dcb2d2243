/**
 * The only file that creates DOM nodes. No function takes markup, so text from a person or the server cannot become markup.
 */

/** @typedef {Node | string | null | false} Child */
/** @typedef {Record<string, string | number | boolean | null>} Attributes */

const SVG = "http://www.w3.org/2000/svg";
const SAFE_ADDRESS = /^(?:https?:\/\/|\/(?![/\\])|#)/;
const FORBIDDEN = /^(?:on|style$|src)/;

/**
 * `true` sets an attribute without a value; `false` and `null` leave it out.
 * @param {Element} node
 * @param {Attributes} attributes
 */
export function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
}

/**
 * @param {Element} node
 * @param {string} name
 * @param {string | number | boolean | null} value
 */
function setAttribute(node, name, value) {
  if (FORBIDDEN.test(name)) throw new TypeError(`attribute not allowed: ${name}`);
  if (name === "href" && !SAFE_ADDRESS.test(String(value))) throw new TypeError("address not allowed");
  if (value === false || value === null) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : String(value));
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  setAttributes(node, attributes);
  append(node, ...children);
  return node;
}

/**
 * @param {Element} node
 * @param {...Child} children
 */
export function append(node, ...children) {
  for (const child of children) if (child !== null && child !== false) node.append(child);
}

/**
 * @param {Element} node
 * @param {...Child} children
 */
export function fill(node, ...children) {
  node.replaceChildren();
  append(node, ...children);
}

/**
 * Writes the text only if it differs, because a write makes a live region speak again and clears a selection.
 * @param {Element} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * An icon of the page's sprite (templates/icons.html).
 * @param {string} name
 * @param {string} [className]
 */
export function icon(name, className = "") {
  const node = document.createElementNS(SVG, "svg");
  setAttributes(node, { class: `icon ${className}`.trim(), "aria-hidden": "true" });
  const use = document.createElementNS(SVG, "use");
  setAttribute(use, "href", `#icon-${name}`);
  node.append(use);
  return node;
}

/**
 * Text of others, isolated so that it does not change the direction of the words around it.
 * @param {string} text
 */
export function isolated(text) {
  return element("bdi", {}, text);
}

/**
 * Text of others on one line. Where room is short it ends with "…" on the side where its own direction ends.
 * @param {string} text
 */
export function clipped(text) {
  return element("bdi", { class: "clip" }, text);
}

/**
 * @param {string} label
 * @param {() => void} onPress
 * @param {Attributes} [attributes]
 */
export function button(label, onPress, attributes = {}) {
  const node = element("button", { type: "button", class: "link", ...attributes }, label);
  node.addEventListener("click", onPress);
  return node;
}

/**
 * @template {Element} Kind
 * @param {string} selector
 * @param {new () => Kind} kind
 * @param {ParentNode} [root]
 * @returns {Kind}
 */
export function find(selector, kind, root = document) {
  const node = root.querySelector(selector);
  if (!(node instanceof kind)) throw new Error(`the page has no ${selector}`);
  return node;
}
