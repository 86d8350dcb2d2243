/** The button above the chats that shows the archived ones, and the others again. */
import { find, setText } from "../../lib/dom.js";

export class ArchiveButton {
  #node = find("#archive", HTMLButtonElement);
  #parts;

  /** @param {{conversations: import("../../model/conversations.js").Conversations, list: import("./chat-list-view.js").ChatListView}} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#node.addEventListener("click", () => this.#turn());
    parts.conversations.on("chats", () => this.#draw());
    parts.list.search.addEventListener("input", () => this.#draw());
    this.#draw();
  }

  /** Leaves the archive where the focus is in it. Returns whether it was. */
  leave() {
    const { list } = this.#parts;
    if (!list.showsArchive || !list.frame.contains(document.activeElement)) return false;
    this.#turn();
    this.#node.focus();
    return true;
  }

  #turn() {
    const { list } = this.#parts;
    list.showsArchive = !list.showsArchive;
    list.searched();
    this.#draw();
  }

  #draw() {
    const { conversations, list } = this.#parts;
    const count = conversations.chats().filter(({ isArchived }) => isArchived).length;
    this.#node.hidden = count === 0 || list.search.value !== "";
    setText(this.#node, list.showsArchive ? "Back to all chats" : `Archived (${count})`);
    if (count === 0 && list.showsArchive) this.#turn();
  }
}
