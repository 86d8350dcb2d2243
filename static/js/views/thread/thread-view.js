/** The open chat: header, strips, log and composer. */
import { find, isolated, setText } from "../../lib/dom.js";
import { Thread } from "../../model/screen/thread.js";
import { askAbout } from "../dialogs/link-dialog.js";
import { isAttending, onAttention } from "../parts/attention.js";
import { drawAvatar } from "../parts/avatar.js";
import { badge } from "../parts/format.js";
import { onKey } from "../parts/key-presses.js";
import { hasKeyboard, oncePerFrame } from "../parts/scheduling.js";
import { fileNodes, picturesOf } from "../files/file-nodes.js";
import { FileTray } from "../files/file-tray.js";
import { Composer } from "./composer.js";
import { ComposerMode } from "./composer-mode.js";
import { emojiButton } from "./emoji-choice.js";
import { MessageActions } from "./message-choices.js";
import { unmarked } from "./formatting.js";
import { LogView } from "./message-log.js";
import { OlderAsking, ScrollKeeper, ShownMessages, UnreadMarks } from "./reading-position.js";
import { StandingBar } from "./standing-bar.js";
import { ThreadStrips } from "./thread-strips.js";
import { messagesOf, rowsFor } from "./timeline.js";
import { TimerSign } from "./timer-sign.js";
import { TypingLine } from "./typing-line.js";

/** @typedef {import("../../model/conversations.js").Conversations} Conversations */
/** @typedef {{email: string, name: string, initials: string, hue: number}} Person */

const OLDER_WITHIN_PX = 900;

export class ThreadView {
  /**
   * @param {object} parts
   * @param {import("../parts/announcer.js").Announcer} parts.announcer
   * @param {Conversations} parts.conversations
   * @param {(email: string) => Person} parts.person
   * @param {() => Promise<import("./typing-line.js").Typing>} parts.typing
   * @param {import("./standing-bar.js").Actions} parts.actions
   * @param {() => boolean} parts.isLocked the person's earlier messages are locked in this browser
   * @param {() => void} parts.onReview
   * @param {() => void} parts.onDetails
   * @param {(isWanted?: boolean) => Promise<any>} parts.files isWanted: false: null where nothing was being uploaded
   * @param {(send: () => void) => void} parts.onDiffer the numbers did not match, and the person has not been asked yet
   */
  constructor({ announcer, conversations, person, typing, actions, files, isLocked, onReview, onDetails, onDiffer }) {
    this.files = files;
    this.isLocked = isLocked;
    this.announcer = announcer;
    this.conversations = conversations;
    conversations.useThreads(Thread);
    this.person = person;
    /** @type {Thread | null} */
    this.thread = null;
    this.marks = new UnreadMarks(null);
    this.seen = new ShownMessages();
    /** @type {string | null | undefined} the first unread message when the chat was placed; undefined: it is not yet */
    this.placed = undefined;
    /** whether the person has moved about in the chat since it was opened */
    this.moved = false;
    /** how many messages could not be sent, as far as it was said */
    this.failed = 0;
    this.older = this.askingOlder();
    this.section = find("#thread", HTMLElement);
    this.bottomButton = find("#to-bottom", HTMLButtonElement);
    this.log = new LogView(this.messageContext(onReview));
    this.scroll = new ScrollKeeper(this.log.node, this.log.space);
    this.standing = new StandingBar(conversations, actions);
    this.strips = new ThreadStrips({
      onReview,
      onDetails,
      onRetryAll: () => void conversations.retryAll(this.email),
      onKeep: () => this.act(() => conversations.keepCleared(this.email)),
      onClear: () => this.act(() => conversations.clear(this.email)),
    });
    this.timer = new TimerSign(onDetails);
    this.typing = new TypingLine({ typing, announcer, chat: () => this.thread });
    this.composer = new Composer({
      asksFirst: (send) => {
        const differed = this.thread?.differed;
        const asks = Boolean(differed && !differed.mayWrite);
        if (asks) onDiffer(send);
        return asks;
      },
      onSend: (text) => this.send(text),
      onDraft: (text) => this.drafted(text),
      onFocus: (isFocused) => conversations.focusDraft(isFocused && this.thread ? this.email : null),
      onUp: () => this.actions.editLast(),
      hasMore: () => (this.mode.isEditing ? this.mode.mayBeEmpty : Boolean(this.tray?.isFilled)),
    });
    /** @type {FileTray | undefined} */
    this.tray = new FileTray({
      files, email: () => this.email, section: this.section, composer: this.composer, tell: (...words) => announcer.tell(...words),
      onSend: () => this.scroll.toBottom(),
    });
    emojiButton(this.composer);
    this.mode = new ComposerMode(this.composer, () => this.thread?.name ?? "", () => this.thread?.draft ?? "");
    this.actions = new MessageActions(this);
    this.listen();
  }

  get email() {
    return this.thread?.email ?? "";
  }

  listen() {
    const redraw = oncePerFrame(() => this.draw());
    this.conversations.on("thread", ({ email }) => {
      if (email !== this.email) return;
      this.older.release();
      if (this.thread && !this.mode.isEditing) this.composer.offerDraft(this.thread.draft);
      redraw();
    });
    this.conversations.on("announce", (message) => this.announcer.say({ ...message, text: unmarked(message.text) }));
    this.conversations.on("chats", () => this.thread && redraw());
    this.conversations.on("connection", ({ state }) => this.connected(state));
    onKey(this.log.node, () => (this.moved = true));
    for (const name of ["wheel", "touchmove", "pointerdown"]) {
      this.log.node.addEventListener(name, () => (this.moved = true), { passive: true });
    }
    this.log.node.addEventListener("scroll", () => {
      this.older.release();
      this.scrolled();
    }, { passive: true });
    this.bottomButton.addEventListener("click", () => this.toBottom());
    onAttention(() => this.thread && this.scrolled());
  }

  /**
   * @param {() => void} review
   * @returns {import("./message-view.js").MessageContext}
   */
  messageContext(review) {
    return {
      name: () => this.thread?.name ?? "",
      fullName: () => this.thread?.fullName ?? "",
      speaker: () => this.thread?.speaker ?? "",
      isLocked: this.isLocked,
      review,
      options: (key, button) => this.actions.offer(key, button),
      react: (key, emoji) => this.actions.react(key, emoji),
      jump: (key) => void this.actions.jump(key),
      files: (body, linked) => fileNodes(body, { load: this.files, linked, pictures: () => this.pictures() }),
      ask: askAbout,
      retry: ({ key, clientId }) => this.act(() => this.conversations.retry(this.email, clientId ?? key)),
      remove: ({ key, clientId }) => this.act(() => this.conversations.remove(this.email, clientId ?? key)),
    };
  }

  regions() {
    return [
      { node: this.log.node, focus: () => this.log.node.focus() },
      { node: this.composer.form, focus: () => this.composer.focus() },
    ];
  }

  /** @param {() => Promise<unknown>} action what a button does that goes by it, so that the focus moves on */
  act(action) {
    this.composer.focus();
    return action();
  }

  /** @param {string | null} email */
  show(email) {
    if (email === this.email && this.thread) return;
    this.leave();
    this.thread = email === null ? null : this.conversations.open(email);
    this.section.hidden = this.thread === null;
    if (this.thread === null) return;
    this.composer.open(this.thread.draft);
    this.tray?.draw();
    this.draw();
    if (hasKeyboard()) this.focus();
  }

  /** Where the person writes, or reads while nobody can write here. */
  focus() {
    if (this.composer.form.hidden || !hasKeyboard()) this.log.node.focus({ preventScroll: true });
    else this.composer.focus();
  }

  /**
   * Scrolls to a message of the open chat.
   * @param {string} email
   * @param {number} id
   * @returns {Promise<boolean>} false: it is not here any more, or too far back
   */
  async reveal(email, id) {
    const { thread } = this;
    if (thread?.email !== email) return true;
    const key = await thread.reveal(id);
    if (thread !== this.thread || key === null) return thread !== this.thread;
    this.draw();
    this.actions.show(key);
    return true;
  }

  leave() {
    if (this.thread) this.conversations.close(this.email);
    this.thread = null;
    this.mode.end();
    this.placed = undefined;
    this.moved = false;
    this.seen = new ShownMessages();
    this.older.reset();
    this.older = this.askingOlder();
    this.marks = new UnreadMarks(null);
    this.log.clear();
  }

  draw() {
    const { thread } = this;
    if (!thread) return;
    this.drawHead(thread);
    const couldWrite = !this.composer.form.hidden;
    this.standing.draw(thread.email, thread.name);
    if (!couldWrite && !this.composer.form.hidden && document.activeElement?.matches("body, .request-actions *, .standing *")) this.focus();
    this.strips.draw(thread);
    if (thread.loading) return;
    if (this.placed === undefined || (this.placed !== thread.firstUnreadKey && !this.moved)) this.place(thread);
    else this.drawRows(thread);
    this.scrolled();
  }

  /** @param {Thread} thread */
  drawHead(thread) {
    this.typing.draw();
    this.timer.draw(thread.timerSeconds);
    setText(find("#thread-name", HTMLElement), thread.name);
    setText(find("#thread-email", HTMLElement), thread.name === thread.email ? "" : thread.email);
    drawAvatar(find("#thread-avatar", HTMLElement), this.person(thread.email), "small");
  }

  /** @param {Thread} thread opened at what is unread, else at the bottom; anew where unread messages come in above that */
  place(thread) {
    const { firstUnreadKey: key, unreadCount: count } = thread;
    this.marks = new UnreadMarks(key === null ? null : { key, count });
    this.placed = key;
    this.failed = failedOf(thread.items());
    this.drawItems(thread, thread.items());
    this.marks.take(thread.items(), true);
    if (!this.toLine()) this.scroll.toBottom();
    this.marks.sawAll(thread.items());
  }

  /** @param {Thread} thread */
  drawRows(thread) {
    const items = thread.items();
    const wasAtBottom = this.scroll.atBottom;
    this.sayFailed(items);
    const fresh = this.marks.take(items, isAttending() && wasAtBottom);
    this.drawItems(thread, items);
    if (!wasAtBottom || !isAttending() || !this.scroll.isTallerThanScreen(this.log.rowNode(fresh[0]?.key ?? ""))) return;
    /* The new messages are taller than the screen: their beginning has not been on it. */
    this.marks.line = null;
    this.marks.mark(fresh);
    this.drawItems(thread, items);
    this.toLine();
  }

  /** @param {readonly import("./timeline.js").Item[]} items */
  sayFailed(items) {
    const failed = failedOf(items);
    if (failed > this.failed) this.announcer.tell("Not sent: a message to ", isolated(this.thread?.name ?? ""), ".");
    this.failed = failed;
  }

  /**
   * @param {Thread} thread
   * @param {readonly import("./timeline.js").Item[]} items
   */
  drawItems(thread, items) {
    this.scroll.keep(() => {
      this.log.forName(thread.speaker);
      this.log.drawStart(startOf(thread));
      this.log.draw(rowsFor(items, this.marks.line));
    });
  }

  /** @returns {boolean} whether there is an unread line */
  toLine() {
    const line = this.log.rowNode("unread");
    if (line) this.scroll.toNode(line);
    return Boolean(line);
  }

  /** @param {import("../../model/receive/connection.js").ConnectionState} state */
  connected(state) {
    if (state !== "ok" && state !== "polling") return;
    this.older.reset();
    this.scrolled();
  }

  /** Marks as read what has been on the screen, and nothing below it. */
  scrolled() {
    const { thread } = this;
    if (!thread || this.placed === undefined) return;
    const items = thread.items();
    if (this.scroll.atBottom) this.marks.sawAll(items);
    if (isAttending() && !thread.partial) this.tellSeen(items);
    this.bottomButton.hidden = this.scroll.atBottom;
    setText(find("#to-bottom-count", HTMLElement), badge(this.marks.below(items)));
    if (thread.hasOlder && this.log.node.scrollTop < OLDER_WITHIN_PX) void this.askOlder(thread);
  }

  /** @param {readonly import("./timeline.js").Item[]} items */
  tellSeen(items) {
    const keys = this.scroll.inSight().map((node) => this.log.keyOf(node));
    const seen = this.seen.take(items, new Set(keys), this.scroll.atBottom);
    void this.conversations.markRead(this.email, seen);
  }

  /** @param {string} text */
  drafted(text) {
    const { thread } = this;
    if (!thread || this.mode.isEditing) return;
    this.conversations.setDraft(thread.email, text);
    if (!thread.differed || thread.differed.mayWrite) this.typing.write(text);
  }

  askingOlder() {
    return new OlderAsking({ again: () => this.scrolled() });
  }

  /** @param {Thread} thread */
  async askOlder(thread) {
    const asked = await this.older.ask(thread);
    if (asked && thread === this.thread) this.draw();
  }

  /** Of the open chat, oldest first. */
  pictures() {
    return messagesOf(this.thread?.items() ?? []).flatMap(({ at, content, mine }) => {
      const by = mine ? "You" : (this.thread?.name ?? "");
      return content?.type === "file" ? picturesOf(content.body).map((picture) => ({ ...picture, at, by })) : [];
    });
  }

  toBottom() {
    this.moved = true;
    this.scroll.toBottom();
    this.scrolled();
    if (document.activeElement === this.bottomButton || document.activeElement === document.body) this.composer.focus();
  }

  /**
   * @param {string} text
   * @returns {Promise<unknown>} rejected where not even this browser could keep it
   */
  send(text) {
    this.marks.line = null;
    this.moved = true;
    this.typing.sent();
    const mode = this.mode.take();
    if (mode?.kind === "edit") return this.conversations.change(this.email, { kind: "edit", on: mode.item, text });
    if (this.tray?.isFilled) {
      this.conversations.setDraft(this.email, "");
      return this.tray.send(text, mode?.item.content?.hash ?? null);
    }
    const kept = this.conversations.send(this.email, text, mode?.item.content?.hash);
    this.scroll.atBottom = true;
    this.draw();
    return kept;
  }
}

/** @param {Thread} thread */
function startOf(thread) {
  if (thread.loading || (!thread.hasOlder && thread.differed)) return "nothing";
  return thread.hasOlder ? "older" : "first";
}

/** @param {readonly import("./timeline.js").Item[]} items */
function failedOf(items) {
  return items.filter((item) => item.kind === "message" && item.state === "failed").length;
}
