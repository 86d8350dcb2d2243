/** The chat page as a whole: joins the list, the open chat, the dialogs and the keys. */
import { find, setText } from "../lib/dom.js";
import { portrait } from "../lib/portrait.js";
import { Announcer, drawTitle } from "./announcer.js";
import { hasKeyboard } from "./attention.js";
import { drawAvatar } from "./avatar.js";
import { ChatList } from "./chat-list.js";
import { ConnectionStrip } from "./connection.js";
import { listenToKeys } from "./keyboard.js";
import { dialogs, loadTheRest, once, whenIdle } from "./later.js";
import { focusRegion } from "./regions.js";
import { Router } from "./router.js";
import { ThreadView } from "./thread.js";
import { followVisibleHeight } from "./viewport.js";

/** @typedef {import("../model/account.js").Account} Account */
/** @typedef {import("../model/session.js").Session} Session */
/** @typedef {import("./thread.js").Person} Person */
/** @typedef {ReturnType<typeof import("./dialogs.js").makeDialogs>} Dialogs */

/** @type {Record<string, "addContact" | "details" | "logOut" | "settings" | "shortcuts" | "takeOver">} by button */
const OPENERS = {
  "#add-contact-open": "addContact",
  "#details-open": "details",
  "#key-strip-open": "takeOver",
  "#log-out-open": "logOut",
  "#settings-open": "settings",
  "#shortcuts-open": "shortcuts",
};

export class ChatPage {
  /** @param {{account: Account, session: Session}} parts */
  constructor({ account, session }) {
    this.account = account;
    this.session = session;
    this.conversations = account.conversations;
    this.app = find("#app", HTMLElement);
    this.nothingOpen = find("#nothing-open", HTMLElement);
    this.router = new Router((email) => this.show(email));
    this.list = new ChatList({
      conversations: this.conversations,
      onOpen: (email) => this.router.open(email),
      onSearch: () => this.toListOnPhone(),
    });
    this.thread = new ThreadView({
      conversations: this.conversations,
      person: (email) => this.person(email),
      onReview: () => this.review(),
    });
    this.connection = new ConnectionStrip();
    this.dialogs = once(() => this.makeDialogs());
    this.listen();
  }

  start() {
    followVisibleHeight();
    find("#opening", HTMLElement).hidden = true;
    this.app.hidden = false;
    this.drawOwn();
    this.connection.draw(this.conversations.connection);
    this.router.start();
    whenIdle(() => this.prepare());
  }

  /** What is opened next needs no network, and what has something to ask by itself asks it. */
  async prepare() {
    if (await loadTheRest()) await this.dialogs();
  }

  async makeDialogs() {
    const { makeDialogs } = await dialogs();
    return makeDialogs({
      account: this.account,
      session: this.session,
      person: () => this.openPerson(),
      onAdded: (email) => this.added(email),
    });
  }

  /** @param {(dialogs: Dialogs) => void} open */
  async ask(open) {
    const made = await this.dialogs().catch(() => null);
    if (made) open(made);
    else this.connection.sayUnreached();
  }

  /** @param {string} email */
  added(email) {
    this.router.open(email);
    this.arrange();
  }

  listen() {
    const announcer = new Announcer();
    this.conversations.on("connection", ({ state }) => {
      this.connection.draw(state);
      this.arrange();
      if (state === "ok") whenIdle(() => this.prepare());
    });
    this.conversations.on("announce", (message) => announcer.say(message));
    this.conversations.on("chats", () => this.arrange());
    this.session.on("user", () => this.drawOwn());
    for (const [button, name] of Object.entries(OPENERS))
      find(button, HTMLButtonElement).addEventListener("click", () => this.ask((made) => made[name].open()));
    find("#back", HTMLAnchorElement).addEventListener("click", (event) => {
      event.preventDefault();
      this.router.close();
    });
    listenToKeys({
      jump: () => this.list.jump(),
      shortcuts: () => this.ask(({ shortcuts }) => shortcuts.open()),
      move: (step, unreadOnly) => this.list.move(step, unreadOnly),
      region: (step) => this.focusRegion(step),
      escape: () => this.escape(),
    });
  }

  /** @param {string | null} email */
  show(email) {
    const from = this.list.current;
    this.list.show(email);
    this.arrange();
    if (email === null && from !== null && hasKeyboard()) this.list.focusRowOf(from);
  }

  /** The address may name somebody with whom there is no chat. That is only known when the chats are. */
  arrange() {
    const email = this.list.current;
    const unknown = email !== null && this.conversations.connection !== "connecting" && !this.isKnown(email);
    const open = unknown ? null : email;
    this.app.classList.toggle("in-chat", open !== null);
    this.thread.show(open);
    this.nothingOpen.hidden = open !== null;
    setText(
      this.nothingOpen,
      unknown ? `You have no chat with ${email} yet. Add them by email.` : "Choose a chat, or add someone by email.",
    );
    this.drawTitle();
  }

  /** @param {string} email */
  isKnown(email) {
    return (
      this.account.contacts.byEmail(email) !== null || this.conversations.chats().some((chat) => chat.email === email)
    );
  }

  /**
   * @param {string} email
   * @returns {Person}
   */
  person(email) {
    const known = this.conversations.chats().find((chat) => chat.email === email);
    return known ?? { email, name: email, ...portrait(email, email) };
  }

  openPerson() {
    const { thread } = this.thread;
    return thread && { ...this.person(thread.email), name: thread.name };
  }

  review() {
    const person = this.openPerson();
    const fingerprint = this.thread.thread?.keyChange?.fingerprint;
    if (person && fingerprint) void this.ask(({ keysChanged }) => keysChanged.open({ ...person, fingerprint }));
  }

  drawOwn() {
    const { user, name } = this.session;
    if (!user) return;
    setText(find("#own-name", HTMLElement), name);
    setText(find("#own-email", HTMLElement), name === user.email ? "" : user.email);
    drawAvatar(find("#own-avatar", HTMLElement), portrait(name, user.email), "small");
  }

  drawTitle() {
    const unread = this.conversations.chats().reduce((sum, chat) => sum + chat.unread, 0);
    drawTitle(unread, this.thread.thread?.name ?? null);
  }

  toListOnPhone() {
    if (this.list.frame.getClientRects().length > 0) return;
    this.router.close();
    this.show(null);
  }

  /** @param {1 | -1} step */
  focusRegion(step) {
    const { list, thread } = this;
    const regions = [
      { node: find("#side", HTMLElement), focus: () => list.focus() },
      { node: thread.log.node, focus: () => thread.log.node.focus() },
      { node: thread.composer.form, focus: () => thread.composer.focus() },
    ];
    focusRegion(regions, step);
  }

  escape() {
    if (this.list.clearSearch()) return;
    if (this.thread.thread) this.thread.toBottom();
  }
}
