/** The list of chats with its search field. Rows are drawn as far as the person scrolls. */
import { fill, find, isolated, setText } from "../../lib/dom.js";
import { fold, foldedWords } from "../../lib/letters.js";
import { isWithoutServer } from "../parts/connection-state.js";
import { rowTime } from "../parts/format.js";
import { KeyedList } from "../parts/keyed-list.js";
import { oncePerFrame } from "../parts/scheduling.js";
import { createChatRow, updateChatRow } from "./chat-row.js";

/** @typedef {import("../../model/conversations.js").Conversations} Conversations */
/** @typedef {import("../../model/conversations.js").ChatSummary} ChatSummary */

const ROWS_AT_ONCE = 200;
const MORE_WITHIN_PX = 1200;

export class ChatListView {
  /** @param {{conversations: Conversations, onOpen: (email: string) => void, onAdd: (email: string) => void}} parts */
  constructor({ conversations, onOpen, onAdd }) {
    this.conversations = conversations;
    this.onOpen = onOpen;
    this.onAdd = onAdd;
    /** @type {string | null} */
    this.current = null;
    this.limit = ROWS_AT_ONCE;
    /** Takes the marks out of a text, once that is loaded. */
    this.readable = (/** @type {string} */ text) => text;
    this.frame = find("#chats", HTMLElement);
    this.search = find("#search", HTMLInputElement);
    this.note = find("#chats-note", HTMLElement);
    this.addButton = find("#search-add", HTMLButtonElement);
    this.showsArchive = false;
    this.rows = find("#chat-rows", HTMLElement);
    /** @type {KeyedList<import("./chat-row.js").ChatRow>} */
    this.list = new KeyedList(this.rows, { create: createChatRow, update: updateChatRow, emptied: () => this.focusFirst() });
    this.listen(oncePerFrame(() => this.draw()));
  }

  /** @param {() => void} redraw */
  listen(redraw) {
    this.conversations.on("chats", redraw);
    this.conversations.on("connection", redraw);
    this.search.addEventListener("input", () => this.searched());
    this.addButton.addEventListener("click", () => this.onAdd(this.typedAddress));
    this.frame.addEventListener("scroll", () => this.scrolled(), { passive: true });
  }

  /** @param {string | null} email */
  show(email) {
    this.current = email;
    this.draw();
    if (email !== null) this.list.node(email)?.scrollIntoView({ block: "nearest" });
  }

  /** @returns {ChatSummary[]} */
  found() {
    const words = foldedWords(this.search.value);
    const chats = this.conversations.chats();
    if (words.length === 0) return chats.filter(({ isArchived }) => isArchived === this.showsArchive);
    return chats.filter(({ name, otherName, email }) => words.every((word) => fold(`${name} ${otherName} ${email}`).includes(word)));
  }

  draw() {
    const chats = this.found();
    const now = new Date();
    const shown = chats.slice(0, this.limit);
    this.list.draw(
      shown.map((chat) => ({
        key: chat.email,
        chat,
        current: chat.email === this.current,
        time: chat.lastAt ? rowTime(chat.lastAt, now) : "",
        line: this.readable(chat.lastLine),
      })),
    );
    setText(this.note, this.noteFor(chats.length));
    this.addButton.hidden = chats.length > 0 || this.typedAddress === "";
    if (!this.addButton.hidden) fill(this.addButton, "Add ", isolated(this.typedAddress));
  }

  /** The typed search, where it looks like an address; otherwise "". */
  get typedAddress() {
    const typed = this.search.value.trim();
    return /^\S+@\S+$/u.test(typed) ? typed : "";
  }

  /** @param {number} found */
  noteFor(found) {
    if (found > 0 || isWithoutServer(this.conversations.connection)) return "";
    if (this.search.value.trim() === "") return this.conversations.chats().length > 0 ? "" : "No chats yet. Add someone by email.";
    return this.typedAddress === "" ? "No chat by that name." : "You have no chat with this address yet.";
  }

  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.frame;
    if (scrollHeight - scrollTop - clientHeight > MORE_WITHIN_PX || this.found().length <= this.limit) return;
    this.limit += ROWS_AT_ONCE;
    this.draw();
  }

  searched() {
    this.limit = ROWS_AT_ONCE;
    this.frame.scrollTop = 0;
    this.draw();
  }

  /** Returns true if there was something to clear. */
  clearSearch() {
    if (this.search.value === "") return false;
    this.search.value = "";
    this.search.dispatchEvent(new Event("input"));
    return true;
  }

  focusFirst() {
    const button = this.frame.querySelector("button:not([hidden])");
    (button instanceof HTMLElement ? button : this.search).focus();
  }

  /** @param {string} email its row may be gone */
  focusRowOf(email) {
    (this.list.node(email)?.querySelector("a") ?? this.search).focus();
  }
}
