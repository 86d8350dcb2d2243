/** "typing…" in the open chat's header, while the other person writes. */
import { find, isolated } from "../../lib/dom.js";
import { isAttending } from "../parts/attention.js";

/** @typedef {import("../../model/receipts/typing.js").Typing} Typing */
/** @typedef {{ email: string, name: string }} Chat */

// A screen reader says of one chat no more often than this that somebody is typing in it.
const SAY_AGAIN_MS = 60_000;

export class TypingLine {
  /**
   * @param {object} parts
   * @param {() => Promise<Typing>} parts.typing loads it
   * @param {import("../parts/announcer.js").Announcer} parts.announcer
   * @param {() => Chat | null} parts.chat that is open
   */
  constructor({ typing, announcer, chat }) {
    this.announcer = announcer;
    this.chat = chat;
    /** @type {Map<string, number>} by email */
    this.said = new Map();
    this.line = find("#thread-typing", HTMLElement);
    this.email = find("#thread-email", HTMLElement);
    this.loading = typing();
    /** @type {Typing | null} */
    this.typing = null;
    this.loading.then((loaded) => this.follow(loaded)).catch(() => {});
  }

  /** @param {Typing} typing */
  follow(typing) {
    this.typing = typing;
    typing.on("changed", ({ email }) => email === this.chat()?.email && this.draw());
    this.draw();
  }

  draw() {
    const chat = this.chat();
    const isShown = chat !== null && Boolean(this.typing?.isShown(chat.email));
    if (isShown) this.say(chat);
    this.line.hidden = !isShown;
    this.email.hidden = isShown;
  }

  /** @param {Chat} chat */
  say({ email, name }) {
    const now = performance.now();
    if (!this.line.hidden || !isAttending() || now - (this.said.get(email) ?? -Infinity) < SAY_AGAIN_MS) return;
    this.said.set(email, now);
    this.announcer.tell(isolated(name), " is typing.");
  }

  /** @param {string} text that the person is writing in the open chat */
  write(text) {
    const chat = this.chat();
    if (chat) this.typing?.write(chat.email, text).catch(() => {});
  }

  /** A message was sent in the open chat. */
  sent() {
    this.typing?.wrote(this.chat()?.email ?? "");
  }
}
