/** What a person does with a message of the open chat: the menu's choices, reactions, and the jump to what is answered. */
import { after } from "../../lib/timing.js";
import { mayEdit } from "../../model/send/message-actions.js";
import { onLongPress } from "../parts/action-menu.js";
import { asFailure, sentence } from "../parts/strings.js";
import { MessageInfo } from "./message-info.js";
import { MessageMenu } from "./message-menu.js";
import { messagesOf } from "./timeline.js";

/** @typedef {import("../../model/screen/thread-items.js").ThreadItem} ThreadItem */
/** @typedef {import("../parts/action-menu.js").Choice} Choice */

const SHOWN_FOR_MS = 2000;
/* How often older messages are fetched to find the one that is answered. */
const PAGES_LIMIT = 20;

export class MessageActions {
  /** @param {import("./thread-view.js").ThreadView} view */
  constructor(view) {
    this.view = view;
    this.menu = new MessageMenu();
    this.info = new MessageInfo();
    this.listenToPresses(view.log.node);
  }

  /** @param {HTMLElement} log a long press on a message opens its menu */
  listenToPresses(log) {
    onLongPress(log, "article[data-key]", (node) => {
      const button = node.querySelector(".message-options");
      if (!(button instanceof HTMLElement)) return null;
      this.offer(node.dataset.key ?? "", button);
      return this.menu;
    });
  }

  /** @param {string} key */
  item(key) {
    return messagesOf(this.view.thread?.items() ?? []).find((item) => item.key === key);
  }

  /**
   * @param {string} key of a message
   * @param {HTMLElement} button
   */
  offer(key, button) {
    const item = this.item(key);
    if (item) this.menu.offer(button, this.choices(item), this.isChangeable(item) ? (emoji) => this.react(key, emoji) : null);
  }

  /** @param {ThreadItem} item whether it can be answered, reacted to and changed */
  isChangeable(item) {
    return Boolean(item.id !== null && item.content && !item.unopened && !item.isDeleted && this.view.thread?.isOfVersion2);
  }

  /**
   * @param {ThreadItem} item
   * @returns {Choice[]}
   */
  choices(item) {
    const { mode } = this.view;
    const isChangeable = this.isChangeable(item);
    const hasText = item.text !== "" && !item.isDeleted && !item.unopened;
    /** @type {(Choice | false)[]} */
    const all = [
      isChangeable && { label: "Reply", act: () => mode.reply(item) },
      hasText && { label: "Copy", act: () => this.copy(item.text) },
      isChangeable && mayEdit(item) && { label: "Edit", act: () => mode.edit(item) },
      item.id !== null && { label: "Delete for me", isGrave: true, act: () => this.act(() => this.view.conversations.forget(this.view.email, item)) },
      isChangeable && item.mine && { label: "Delete for everyone", isGrave: true, act: () => this.change({ kind: "delete", on: item }) },
      { label: "Info", act: () => this.info.open(item, this.browserOf(item)) },
    ];
    return all.filter((choice) => choice !== false);
  }

  /** @param {ThreadItem} item */
  browserOf({ mine, content }) {
    if (!content) return "";
    if (mine) return content.browser === this.view.thread?.ownBrowser ? "This browser" : "Another browser of yours";
    return `A browser of theirs (${content.browser.slice(0, 6)})`;
  }

  /** @param {string} text */
  async copy(text) {
    const isCopied = await navigator.clipboard.writeText(text).then(() => true, () => false);
    this.view.announcer.tell(isCopied ? "Copied" : "This browser does not let VibeChat copy. Copy it by hand.");
  }

  /**
   * @param {string} key
   * @param {string} emoji "" for none any more
   */
  react(key, emoji) {
    const item = this.item(key);
    const mine = item?.reactions.find((one) => one.mine)?.emoji;
    if (item) void this.change({ kind: "react", on: item, emoji: emoji === mine ? "" : emoji });
  }

  /** @param {import("../../model/send/message-actions.js").Action} action */
  change(action) {
    return this.act(() => this.view.conversations.change(this.view.email, action));
  }

  /** @param {() => Promise<unknown>} work */
  act(work) {
    return work().catch((error) => this.view.announcer.tell(sentence(asFailure(error))));
  }

  /** The last own message, in the composer. */
  editLast() {
    const last = messagesOf(this.view.thread?.items() ?? []).findLast((item) => item.mine);
    if (last && this.isChangeable(last) && mayEdit(last)) this.view.mode.edit(last);
  }

  /** @param {string} key of a reply: what it answers is shown */
  async jump(key) {
    const { thread } = this.view;
    for (let page = 0; page < PAGES_LIMIT && thread?.hasOlder && !this.item(key)?.quote?.key; page += 1) {
      await thread.loadOlder().catch(() => {});
    }
    const original = this.item(key)?.quote?.key;
    if (thread !== this.view.thread || !original) return;
    this.view.draw();
    this.show(original);
  }

  /** @param {string} key */
  show(key) {
    const node = this.view.log.rowNode(key);
    if (!node) return;
    this.view.moved = true;
    this.view.scroll.toNode(node);
    node.tabIndex = -1;
    node.focus({ preventScroll: true });
    node.classList.add("shown");
    after(SHOWN_FOR_MS, () => node.classList.remove("shown"));
  }
}
