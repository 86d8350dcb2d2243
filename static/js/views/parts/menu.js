/** A menu of a button. The browser opens it (`popovertarget`), closes it and returns the focus. */
import { onKey } from "./key-presses.js";

const GAP_PX = 4;
/** @type {Record<string, (at: number, last: number) => number>} the item that a key goes to */
const STEPS = {
  ArrowDown: (at, last) => (at === last ? 0 : at + 1),
  ArrowUp: (at, last) => (at <= 0 ? last : at - 1),
  ArrowRight: (at, last) => (at === last ? 0 : at + 1),
  ArrowLeft: (at, last) => (at <= 0 ? last : at - 1),
  Home: () => 0,
  End: (_, last) => last,
};

export class Menu {
  /**
   * @param {HTMLElement} button
   * @param {HTMLElement} node
   */
  constructor(button, node) {
    this.button = button;
    this.node = node;
    this.node.addEventListener("toggle", () => this.isOpen && this.opened());
    onKey(this.node, (event) => this.key(event));
    /* In the capture phase, before the item's own action: a dialog that the item opens then returns the focus to the button. */
    this.node.addEventListener("click", (event) => this.chosen(event), { capture: true });
  }

  get isOpen() {
    return this.node.matches(":popover-open");
  }

  /** @returns {HTMLElement[]} */
  get items() {
    const items = [.../** @type {NodeListOf<HTMLElement>} */ (this.node.querySelectorAll("[role=menuitem]"))];
    return items.filter((item) => item.getClientRects().length > 0);
  }

  opened() {
    const { left, top } = this.button.getBoundingClientRect();
    this.node.style.left = `${left}px`;
    this.node.style.bottom = `${innerHeight - top + GAP_PX}px`;
    this.items[0]?.focus();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { items } = this;
    const step = STEPS[event.key];
    if (step) items[step(items.findIndex((item) => item === document.activeElement), items.length - 1)]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") this.close();
    else return;
    if (event.key !== "Tab") event.preventDefault();
  }

  /** @param {MouseEvent} event */
  chosen({ target }) {
    const item = target instanceof Element && target.closest("[role=menuitem]");
    if (item && !item.hasAttribute("data-stays")) this.close();
  }

  close() {
    if (this.isOpen) this.node.hidePopover();
  }
}
