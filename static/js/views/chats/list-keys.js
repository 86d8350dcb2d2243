/** Keyboard control of the list of chats, and of the messages found below it. */
import { find } from "../../lib/dom.js";
import { onKey } from "../parts/key-presses.js";

/** @typedef {import("./chat-list-view.js").ChatListView} ChatListView */

export class ListKeys {
  /** @param {ChatListView} list */
  constructor(list) {
    this.list = list;
    this.found = find("#found", HTMLElement);
    onKey(list.search, (event) => this.searchKey(event));
    for (const node of [list.frame, this.found]) onKey(node, (event) => this.rowKey(event));
  }

  /**
   * Opens the chat before or after the open one.
   * @param {1 | -1} step
   * @param {boolean} unreadOnly
   */
  move(step, unreadOnly) {
    const chats = this.list.found();
    const at = chats.findIndex(({ email }) => email === this.list.current);
    const ahead = step > 0 ? chats.slice(at + 1) : chats.slice(0, Math.max(at, 0)).reverse();
    const next = ahead.find(({ unread, isMarkedUnread }) => !unreadOnly || unread > 0 || isMarkedUnread);
    if (next) this.list.onOpen(next.email);
  }

  /** @param {KeyboardEvent} event */
  searchKey(event) {
    const first = this.list.found()[0];
    if (event.key === "ArrowDown" && !hasModifier(event)) this.focusRow(0);
    else if (event.key === "Enter" && first) {
      this.list.clearSearch();
      this.list.onOpen(first.email);
    } else if (event.key === "Enter" && this.list.typedAddress !== "") this.list.onAdd(this.list.typedAddress);
    else if (event.key === "Enter") this.links()[0]?.click();
    else return;
    event.preventDefault();
  }

  /** @param {KeyboardEvent} event */
  rowKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || hasModifier(event)) return;
    event.preventDefault();
    const at = this.links().findIndex((link) => link.closest("li")?.contains(document.activeElement));
    if (at + step < 0) this.list.search.focus();
    else this.focusRow(at + step);
  }

  /** @param {number} index */
  focusRow(index) {
    this.links()[index]?.focus();
  }

  /** @returns {HTMLElement[]} of the chats, then of the messages found */
  links() {
    return [this.list.frame, this.found].flatMap((node) => [...node.querySelectorAll("a")]);
  }

  focus() {
    const { frame, search } = this.list;
    const current = frame.querySelector("a[aria-current]") ?? frame.querySelector("a") ?? search;
    if (current instanceof HTMLElement) current.focus();
  }
}

/** @param {KeyboardEvent} event */
function hasModifier({ altKey, ctrlKey, metaKey }) {
  return altKey || ctrlKey || metaKey;
}
