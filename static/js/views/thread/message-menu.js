/** The menu of a message, one for all: what can be done with it. */
import { append, element, fill } from "../../lib/dom.js";
import { Menu } from "../parts/menu.js";
import { MENU_ID } from "./message-extras.js";

/** @typedef {{ label: string, act: () => unknown }} Choice */

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const EDGE_PX = 8;

export class MessageMenu extends Menu {
  constructor() {
    const node = element("div", { id: MENU_ID, class: "menu message-menu", role: "menu", popover: "auto", "aria-label": "Message options" });
    append(document.body, node);
    super(node, node);
  }

  /**
   * @param {HTMLElement} button at which the menu opens; the browser opens it, or `openAt` does
   * @param {Choice[]} choices
   * @param {((emoji: string) => unknown) | null} react null: nobody can react
   */
  offer(button, choices, react) {
    this.button = button;
    const items = choices.map(({ label, act }) => itemOf(label, act));
    if (react) items.splice(1, 0, itemOf("React", () => this.offerEmoji(react), { "data-stays": true }));
    fill(this.node, ...items);
  }

  openAt() {
    if (!this.isOpen) this.node.showPopover();
  }

  /** @param {(emoji: string) => unknown} react */
  offerEmoji(react) {
    const items = EMOJI.map((emoji) => itemOf(emoji, () => react(emoji), { class: "emoji-choice" }));
    fill(this.node, element("div", { class: "emoji-choices", role: "none" }, ...items));
    this.opened();
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
function itemOf(label, act, attributes = {}) {
  const node = element("button", { type: "button", role: "menuitem", tabindex: "-1", ...attributes }, label);
  node.addEventListener("click", () => void act());
  return node;
}
