/** What the chat page has beyond its first screen: the open chat, the dialogs, the keys. */
import { makeDialogs } from "./dialogs.js";
import { keepStrip } from "./keep-strip.js";
import { focusRegion, listenToKeys } from "./keyboard.js";
import { ListKeys } from "./list-keys.js";
import { ThreadView } from "./thread.js";
import { followVisibleHeight } from "./viewport.js";

/** @typedef {import("./chat-page.js").ChatPage} ChatPage */

export class Rest {
  /**
   * @param {ChatPage} page
   * @param {import("../model/safety.js").Safety} safety
   */
  constructor(page, safety) {
    const { account, conversations, session } = page;
    this.page = page;
    this.keys = new ListKeys(page.list);
    this.thread = new ThreadView({
      conversations,
      person: (email) => page.person(email),
      onReview: () => this.review(),
    });
    this.dialogs = makeDialogs({
      account,
      safety,
      session,
      person: () => this.person(),
      onAdded: (email) => page.added(email),
    });
    keepStrip(account);
    this.listen();
    followVisibleHeight();
  }

  listen() {
    const { keys, page, thread } = this;
    listenToKeys({
      jump: () => this.jump(),
      shortcuts: () => this.dialogs.shortcuts.open(),
      move: (step, unreadOnly) => keys.move(step, unreadOnly),
      region: (step) => focusRegion([{ node: page.side, focus: () => keys.focus() }, ...thread.regions()], step),
      escape: () => this.escape(),
    });
  }

  /** Of the chat that is open. */
  person() {
    const { thread } = this.thread;
    return thread && { ...this.page.person(thread.email), name: thread.name };
  }

  review() {
    const person = this.person();
    const fingerprint = this.thread.thread?.keyChange?.fingerprint;
    if (person && fingerprint) this.dialogs.keysChanged.open({ ...person, fingerprint });
  }

  jump() {
    const { list, router } = this.page;
    if (list.frame.getClientRects().length === 0) {
      router.close();
      this.page.show(null);
    }
    list.search.focus();
    list.search.select();
  }

  escape() {
    if (this.page.list.clearSearch()) return;
    if (this.thread.thread) this.thread.toBottom();
  }
}
