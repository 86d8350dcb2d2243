/**
 * Gives the focus a place where the control that had it is gone or hidden: by its own action, or because what opened a dialog
 * is drawn anew. Without it the focus is nowhere, and a screen reader begins at the top of the page.
 */
import { hasKeyboard, oncePerFrame } from "../parts/scheduling.js";

/** @typedef {{ node: Element, next: Element | null }} Link a control, or an element around it, and what follows it */
/** @typedef {{ name: string, links: Link[] }} Place of a control: it and all elements around it, inside out */

const CONTROLS = "a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), summary";
/* What stands together. Outside of these the next control of a dialog may do something quite different: its heading takes the focus. */
const GROUPS = "li, ul, section, details";
const CHANGES = { subtree: true, childList: true, attributeFilter: ["hidden", "open", "class", "inert"] };

export class FocusKeeper {
  /** @type {Element | null} the control that has the focus, or had it when it went away */
  #held = null;
  /** @type {Place | null} of it */
  #place = null;
  /** @type {WeakMap<Element, Place>} by dialog: where the focus was before */
  #openers = new WeakMap();
  /** @type {WeakSet<Element>} the dialogs that have had the focus since they were opened */
  #entered = new WeakSet();
  #elsewhere;

  /** @param {() => void} elsewhere moves the focus where nothing near that place can have it */
  constructor(elsewhere) {
    this.#elsewhere = elsewhere;
    document.addEventListener("focusin", ({ target }) => target instanceof Element && this.#take(target));
    document.addEventListener("close", ({ target }) => target instanceof Element && this.#entered.delete(target), true);
    document.addEventListener("focusout", () => queueMicrotask(() => this.#left()));
    new MutationObserver(oncePerFrame(() => this.#look())).observe(document.body, CHANGES);
  }

  /** @param {Element} node */
  #take(node) {
    const dialog = node.closest("dialog");
    if (dialog && this.#place && !this.#entered.has(dialog)) this.#openers.set(dialog, this.#place);
    if (dialog) this.#entered.add(dialog);
    this.#held = node;
    this.#place = placeOf(node);
  }

  /** Whoever presses beside all controls has taken the focus away. */
  #left() {
    if (document.activeElement === document.body && this.#held && isSeen(this.#held)) this.#held = null;
  }

  #look() {
    const { activeElement } = document;
    const isLost = activeElement === null || activeElement === document.body || activeElement === this.#held;
    if (!isLost || !this.#held || !this.#place || isSeen(this.#held)) return;
    const target = this.#near(this.#place);
    this.#held = null;
    if (target) target.focus({ preventScroll: true });
    else this.#elsewhere();
  }

  /**
   * @param {Place} place
   * @returns {HTMLElement | null}
   */
  #near({ name, links }) {
    const [{ node: control }, ...around] = /** @type {[Link, ...Link[]]} */ (links);
    if (control instanceof HTMLElement && isSeen(control)) return control;
    let gone = /** @type {Link} */ (links[0]);
    for (const link of around) {
      const { node } = link;
      if (node === document.body) return null;
      if (node instanceof HTMLDialogElement && !node.open) return this.#nearOpener(node);
      const found = headingFor(node) ?? beside(gone, isSeen(node) ? controlsIn(node) : [], name);
      if (found) return found;
      gone = link;
    }
    return null;
  }

  /** @param {HTMLDialogElement} dialog */
  #nearOpener(dialog) {
    const opener = this.#openers.get(dialog);
    return opener ? this.#near(opener) : null;
  }
}

/**
 * @param {Element} node around a control that is gone
 * @returns {HTMLElement | null} the heading of its dialog, unless the node is within a group
 */
function headingFor(node) {
  return node.closest(GROUPS) ? null : node.closest("dialog[open]")?.querySelector("h2[tabindex]") ?? null;
}

/**
 * @param {Link} gone
 * @param {HTMLElement[]} controls around it
 * @param {string} name of the control that had the focus
 */
function beside(gone, controls, name) {
  return after(gone, controls) ?? controls.findLast((one) => nameOf(one) === name) ?? controls.at(-1);
}

/**
 * @param {Element} node
 * @returns {Place}
 */
function placeOf(node) {
  /** @type {Link[]} */
  const links = [];
  for (let at = /** @type {Element | null} */ (node); at; at = at.parentElement) links.push({ node: at, next: at.nextElementSibling });
  return { name: nameOf(node), links };
}

/**
 * @param {Link} gone
 * @param {HTMLElement[]} controls
 */
function after({ node, next }, controls) {
  const from = node.isConnected ? node.nextElementSibling : next;
  if (!from?.isConnected) return undefined;
  return controls.find((one) => from.contains(one) || from.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
}

/**
 * @param {Element} node
 * @returns {HTMLElement[]} the controls in it that can be seen, and can have the focus without an on-screen keyboard
 */
function controlsIn(node) {
  const all = /** @type {HTMLElement[]} */ ([...node.querySelectorAll(CONTROLS)]);
  const isFit = (/** @type {HTMLElement} */ one) => one.tabIndex >= 0 && (hasKeyboard() || !one.matches("input, textarea"));
  return all.filter((one) => isFit(one) && isSeen(one));
}

/** @param {Element} node */
function isSeen(node) {
  return node.isConnected && node.checkVisibility({ visibilityProperty: true });
}

/** @param {Element} node */
function nameOf(node) {
  return node.getAttribute("aria-label") ?? node.textContent?.trim() ?? "";
}
