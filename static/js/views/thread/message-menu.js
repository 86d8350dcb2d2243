/** The menu of a message, one for all: what can be done with it. */
import { element, fill } from "../../lib/dom.js";
import { ActionMenu, itemOf } from "../parts/action-menu.js";
import { pickEmoji } from "./emoji-choice.js";
import { MENU_ID } from "./message-extras.js";

/** @typedef {import("../parts/action-menu.js").Choice} Choice */

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

export class MessageMenu extends ActionMenu {
  constructor() {
    super(MENU_ID, "Message options", "message-menu");
  }

  /**
   * @param {HTMLElement} button
   * @param {Choice[]} choices
   * @param {((emoji: string) => unknown) | null} [react] null: nobody can react
   * @override
   */
  offer(button, choices, react = null) {
    super.offer(button, choices);
    if (react) this.node.children[0]?.after(itemOf("React", () => this.offerEmoji(react), { "data-stays": true }));
  }

  /** @param {(emoji: string) => unknown} react */
  offerEmoji(react) {
    const items = EMOJI.map((emoji) => itemOf(emoji, () => react(emoji), { class: "emoji-choice" }));
    items.push(itemOf("…", () => pickEmoji(react).catch(() => {}), { class: "emoji-choice", "aria-label": "More emoji" }));
    fill(this.node, element("div", { class: "emoji-choices", role: "none" }, ...items));
    this.opened();
  }
}
