/** The menu of a chat in the list, one for all: what can be done with the whole chat. */
import { append, element, icon } from "../../lib/dom.js";
import { ActionMenu, onLongPress } from "../parts/action-menu.js";
import { asFailure, sentence } from "../parts/strings.js";

/** @typedef {import("../../model/conversations.js").ChatSummary} ChatSummary */
/** @typedef {import("../../model/conversations.js").Conversations} Conversations */
/** @typedef {import("../parts/action-menu.js").Choice} Choice */
/**
 * @typedef {object} Parts
 * @property {Conversations} conversations
 * @property {import("./chat-list-view.js").ChatListView} list
 * @property {(words: string) => void} announce
 * @property {(email: string) => void} leave what shows that chat
 * @property {import("./chat-dialogs.js").ChatDialogs} dialogs
 */

export class ChatMenu {
  #parts;
  #menu = new ActionMenu("chat-menu", "Chat options", "chat-menu");

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    const { frame, rows } = parts.list;
    this.#addButtons(rows);
    new MutationObserver(() => this.#addButtons(rows)).observe(rows, { childList: true });
    onLongPress(frame, ".chat-row", (row) => this.#offerAt(row));
    // Of the mouse's second button, and of the keyboard's menu key.
    frame.addEventListener("contextmenu", (event) => {
      const row = event.target instanceof Element ? event.target.closest(".chat-row") : null;
      if (!(row instanceof HTMLElement) || !this.#offerAt(row)) return;
      event.preventDefault();
      this.#menu.openAt(event.buttons !== 0);
    });
  }

  /**
   * @param {string} email
   * @param {HTMLElement} button that was pressed
   */
  open(email, button) {
    if (this.#offer(email, button)) this.#menu.openAt();
  }

  /** @param {HTMLElement} rows */
  #addButtons(rows) {
    for (const row of rows.querySelectorAll(".chat-row")) if (!row.querySelector(".chat-options")) append(row, this.#button(row));
  }

  /** @param {Element} row */
  #button(row) {
    const name = row.querySelector("a")?.id;
    const id = `${name}-options`;
    const names = { id, "aria-label": "Chat options", "aria-labelledby": `${id} ${name}` };
    const node = element("button", { type: "button", class: "chat-options", "aria-haspopup": "menu", ...names }, icon("more"));
    node.addEventListener("click", () => this.open(row instanceof HTMLElement ? (row.dataset.email ?? "") : "", node));
    return node;
  }

  /** @param {HTMLElement} row */
  #offerAt(row) {
    const button = row.querySelector(".chat-options");
    return button instanceof HTMLElement && this.#offer(row.dataset.email ?? "", button) ? this.#menu : null;
  }

  /**
   * @param {string} email
   * @param {HTMLElement} button
   */
  #offer(email, button) {
    const chat = this.#parts.conversations.chats().find((one) => one.email === email);
    if (chat) this.#menu.offer(button, this.#choices(chat, () => button.focus()));
    return Boolean(chat);
  }

  /**
   * @param {ChatSummary} chat
   * @param {() => void} back where the focus returns
   * @returns {Choice[]}
   */
  #choices(chat, back) {
    const { conversations, dialogs, list } = this.#parts;
    const { email, isArchived, isMuted, isPinned } = chat;
    const set = (/** @type {import("../../model/screen/chat-settings-change.js").Wish} */ wish, /** @type {string} */ said) =>
      this.#act(() => conversations.set(email, wish), said);
    const isUnread = chat.unread > 0 || chat.isMarkedUnread;
    return [
      isPinned ? { label: "Unpin", act: () => set({ pinned: false }, "Unpinned") } : { label: "Pin", act: () => set({ pinned: true }, "Pinned") },
      isMuted ? { label: "Unmute", act: () => set({ muted: false }, "Unmuted") } : { label: "Mute", act: () => set({ muted: true }, "Muted") },
      isUnread ? { label: "Mark as read", act: () => this.#markRead(chat) } : { label: "Mark as unread", act: () => this.#markUnread(email) },
      isArchived
        ? { label: "Unarchive", act: () => set({ archived: false }, "Out of the archive").then(() => list.focusRowOf(email)) }
        : { label: "Archive", act: () => set({ archived: true }, "Archived").then(() => list.focusRowOf(email)) },
      { label: "Nickname", act: () => dialogs.nickname(chat, back) },
      { label: "Download this chat", act: () => dialogs.download(chat, back) },
      { label: "Delete chat", isGrave: true, act: () => dialogs.remove(chat, back) },
    ];
  }

  /** @param {ChatSummary} chat */
  #markRead({ email, isMarkedUnread }) {
    const { conversations } = this.#parts;
    return this.#act(async () => {
      await conversations.markRead(email);
      if (isMarkedUnread) await conversations.set(email, { unread: false });
    }, "Marked as read");
  }

  /** @param {string} email a chat that is looked at does not stay unread, so it is left */
  #markUnread(email) {
    this.#parts.leave(email);
    return this.#act(() => this.#parts.conversations.set(email, { unread: true }), "Marked as unread");
  }

  /**
   * @param {() => Promise<unknown>} work
   * @param {string} said
   */
  #act(work, said) {
    return work().then(() => said, (error) => sentence(asFailure(error))).then((words) => this.#parts.announce(words));
  }
}
