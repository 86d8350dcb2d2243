/** A menu of actions that opens beside what it belongs to. One menu serves many buttons. */
import { append, element, fill } from "../../lib/dom.js";
import { after } from "../../lib/timing.js";
import { Menu } from "./menu.js";

/** @typedef {{ label: string, act: () => unknown, isGrave?: boolean }} Choice isGrave: it deletes, without a question in between or with one */

const EDGE_PX = 8;
const LONG_PRESS_MS = 500;

export class ActionMenu extends Menu {
  /**
   * @param {string} id
   * @param {string} label
   * @param {string} className
   */
  constructor(id, label, className) {
    const node = element("div", { id, class: `menu ${className}`, role: "menu", popover: "auto", "aria-label": label });
    append(document.body, node);
    super(node, node);
  }

  /**
   * @param {HTMLElement} button at which the menu opens; the browser opens it, or `openAt` does
   * @param {Choice[]} choices
   */
  offer(button, choices) {
    this.button = button;
    // Of a page with an open dialog only the dialog can be used.
    const home = button.closest("dialog") ?? document.body;
    if (this.node.parentNode !== home) home.append(this.node);
    fill(this.node, ...choices.map(({ label, act, isGrave = false }) => itemOf(label, act, isGrave ? { class: "grave" } : {})));
  }

  /** @param {boolean} [isPressed] whether what opens it is still pressed. Lifting it outside of a popover closes that */
  openAt(isPressed = false) {
    if (!this.isOpen) this.node.showPopover();
    if (!isPressed) return;
    const lifted = new AbortController();
    for (const name of ["pointerup", "pointercancel"]) {
      addEventListener(name, () => {
        lifted.abort();
        after(0, () => this.openAt());
      }, { capture: true, signal: lifted.signal });
    }
  }

  /** @override */
  opened() {
    const at = this.button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.node;
    const left = Math.min(Math.max(at.right - width, EDGE_PX), innerWidth - width - EDGE_PX);
    const below = at.bottom + EDGE_PX;
    const top = below + height <= innerHeight ? below : Math.max(at.top - height - EDGE_PX, EDGE_PX);
    Object.assign(this.node.style, { left: `${left}px`, top: `${top}px` });
    this.items[0]?.focus();
  }
}

/**
 * @param {string} label
 * @param {() => unknown} act
 * @param {Record<string, string | boolean>} [attributes]
 */
export function itemOf(label, act, attributes = {}) {
  const node = element("button", { type: "button", role: "menuitem", tabindex: "-1", ...attributes }, label);
  node.addEventListener("click", () => void act());
  return node;
}

/**
 * @param {HTMLElement} frame
 * @param {string} selector of what can be pressed in it
 * @param {(pressed: HTMLElement) => ActionMenu | null} offer the menu that opens; null: none
 */
export function onLongPress(frame, selector, offer) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let isOpened = false;
  const cancel = () => clearTimeout(timer);
  frame.addEventListener("pointerdown", ({ pointerType, target }) => {
    cancel();
    isOpened = false;
    const pressed = target instanceof Element ? target.closest(selector) : null;
    if (pointerType !== "touch" || !(pressed instanceof HTMLElement)) return;
    timer = after(LONG_PRESS_MS, () => {
      const menu = offer(pressed);
      menu?.openAt(true);
      isOpened = menu !== null;
    });
  }, { passive: true });
  // The link under the finger is not pressed.
  frame.addEventListener("click", (event) => {
    if (isOpened) event.preventDefault();
    if (isOpened) event.stopPropagation();
    isOpened = false;
  }, { capture: true });
  for (const name of ["pointermove", "pointerup", "pointercancel"]) frame.addEventListener(name, cancel, { passive: true });
  frame.addEventListener("scroll", cancel, { passive: true });
}
