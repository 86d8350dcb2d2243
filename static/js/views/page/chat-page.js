/** The chat page: draws the list of chats first, then loads the open chat and the dialogs (chat-shell.js). */
import { find, setAttributes, setText } from "../../lib/dom.js";
import { once } from "../../lib/once.js";
import { portrait } from "../../lib/portrait.js";
import { whenIdle } from "../../lib/timing.js";
import { ChatListView } from "../chats/chat-list-view.js";
import { NothingOpen } from "../chats/nothing-open.js";
import { drawAvatar, takePicturesFrom } from "../parts/avatar.js";
import { ConnectionStrip, isWithoutServer } from "../parts/connection-state.js";
import { badge, plural } from "../parts/format.js";
import { watchLocalTime } from "../parts/local-time.js";
import { Router } from "../parts/router.js";
import { hasKeyboard } from "../parts/scheduling.js";
import { loadChatShell } from "./lazy-parts.js";

/** @typedef {import("../../model/account.js").Account} Account */
/** @typedef {import("../../model/session/session.js").Session} Session */
/** @typedef {import("./chat-shell.js").ChatShell} ChatShell */

/** @type {Record<string, "addContact" | "details" | "logOut" | "settings" | "shortcuts" | "takeOver">} by button */
const OPENERS = {
  "#add-contact-open": "addContact",
  "#details-open": "details",
  "#invite-add": "addContact",
  "#key-strip-open": "takeOver",
  "#log-out-open": "logOut",
  "#settings-open": "settings",
  "#shortcuts-open": "shortcuts",
};

const COPIES_ADDRESS = ["#copy-address", "#invite-copy"];

export class ChatPage {
  /** @param {{account: Account, session: Session}} parts */
  constructor({ account, session }) {
    this.account = account;
    this.session = session;
    this.conversations = account.conversations;
    this.app = find("#app", HTMLElement);
    this.side = find("#side", HTMLElement);
    this.nothingOpen = new NothingOpen((email) => this.add(email));
    /** @type {string | null} whose chat is open */
    this.open = null;
    /** @type {ChatShell | null} */
    this.shell = null;
    this.whole = once(() => this.loadShell());
    this.ownPicture = "";
    takePicturesFrom((email) => account.pictureOf(email));
    this.connection = new ConnectionStrip();
    this.router = new Router((email) => this.show(email));
    this.list = new ChatListView({
      conversations: this.conversations,
      onOpen: (email) => this.router.open(email),
      onAdd: (email) => this.add(email),
    });
    this.listen();
  }

  start() {
    find("#opening", HTMLElement).hidden = true;
    this.app.hidden = false;
    this.drawOwn();
    this.connection.draw(this.conversations.connection);
    this.router.start();
    // The list of chats may need modules of its own, which would wait behind all of the second half.
    const stop = this.conversations.on("chats", () => {
      if (!this.conversations.isLoaded) return;
      stop();
      whenIdle(() => this.prepare());
    });
  }

  /** Loads the second half while the browser is idle: opening a dialog then needs no network. */
  prepare() {
    this.whole().then(() => this.account.tellLookalikesApart()).catch(() => {});
  }

  async loadShell() {
    const { ChatShell } = await loadChatShell();
    this.shell = new ChatShell(this);
    this.shell.thread.show(this.open);
    return this.shell;
  }

  /** @param {(shell: ChatShell) => void} use */
  async ask(use) {
    const whole = await this.whole().catch(() => null);
    if (whole) use(whole);
    else this.connection.sayUnreached();
  }

  /** @param {string} email that is known already, to be confirmed */
  add(email) {
    void this.ask(({ dialogs }) => dialogs.addContact.open(email));
  }

  /** @param {string} email */
  added(email) {
    this.router.open(email);
    this.arrange();
  }

  listen() {
    this.conversations.on("connection", ({ state }) => {
      this.connection.draw(state);
      this.arrange();
      if (state === "ok") whenIdle(() => this.prepare());
    });
    this.conversations.on("chats", () => this.arrange());
    this.session.on("user", () => this.drawOwn());
    watchLocalTime(() => this.drawTimes());
    for (const [button, name] of Object.entries(OPENERS)) {
      find(button, HTMLButtonElement).addEventListener("click", () => this.ask(({ dialogs }) => dialogs[name].open()));
    }
    for (const name of COPIES_ADDRESS) {
      const button = find(name, HTMLButtonElement);
      button.addEventListener("click", () => this.ask((shell) => shell.copyAddress(button)));
    }
    find("#back", HTMLAnchorElement).addEventListener("click", (event) => {
      event.preventDefault();
      this.router.close();
    });
  }

  /** @param {string | null} email */
  show(email) {
    const from = this.list.current;
    this.list.show(email);
    this.arrange();
    if (email === null && from !== null && hasKeyboard()) this.list.focusRowOf(from);
  }

  /** The page's address may name a person without a chat. Whether that is so is known once the chats are loaded. */
  arrange() {
    const email = this.list.current;
    const isConnecting = isWithoutServer(this.conversations.connection);
    /* Which people are strangers is not known before the chats are loaded. */
    const isWaiting = email !== null && !this.conversations.isLoaded;
    const isUnknown = email !== null && !this.isKnown(email) && (!isConnecting || this.isHidden(email));
    const unknown = isUnknown ? email : null;
    const isEmpty = !isConnecting && this.conversations.chats().length + this.conversations.requests().length === 0;
    this.open = unknown === null && !isWaiting ? email : null;
    const isInChat = this.open !== null || isWaiting;
    this.app.classList.toggle("in-chat", isInChat);
    this.app.classList.toggle("empty", isEmpty);
    this.nothingOpen.draw({ hidden: isInChat, isEmpty, unknown });
    if (this.shell) this.shell.thread.show(this.open);
    else if (isInChat) void this.ask(() => {});
    this.shell?.dialogs.details.follow();
    this.shell?.requests.draw();
    this.drawTitle();
  }

  /** @param {string} email */
  isKnown(email) {
    return (
      this.account.contacts.byEmail(email) !== null || this.conversations.chats().some((chat) => chat.email === email) ||
      this.conversations.requests().some((request) => request.email === email && request.isShown)
    );
  }

  /** @param {string} email of a stranger, perhaps, whose messages the person has not looked at */
  isHidden(email) {
    return this.conversations.requests().some((request) => request.email === email && !request.isShown);
  }

  /**
   * @param {string} email
   * @returns {import("../thread/thread-view.js").Person}
   */
  person(email) {
    const known = this.conversations.chats().find((chat) => chat.email === email);
    return known ?? { email, name: email, ...portrait(email, email) };
  }

  drawTimes() {
    this.list.draw();
    this.shell?.thread.draw();
    this.shell?.dialogs.details.follow();
  }

  drawOwn() {
    const { user, name } = this.session;
    if (!user) return;
    setText(find("#own-name", HTMLElement), name);
    for (const node of document.querySelectorAll("[data-own-email]")) setText(node, user.email);
    this.drawOwnAvatar(find("#own-avatar", HTMLElement), "small");
  }

  /** @param {Element} node @param {string} size */
  drawOwnAvatar(node, size) {
    const { user, name } = this.session;
    const email = user?.email ?? "";
    drawAvatar(node, { ...portrait(name, email), email, picture: this.ownPicture }, size);
  }

  /** @param {number} unread in other chats, which a narrow page does not show */
  drawBack(unread) {
    setText(find("#back-count", HTMLElement), badge(unread));
    const words = unread > 0 ? `Back, ${plural(unread, "unread message", "unread messages")} in other chats` : "Back";
    setAttributes(find("#back", HTMLAnchorElement), { "aria-label": words });
  }

  drawTitle() {
    const unread = this.conversations.chats().reduce((sum, chat) => sum + (chat.isArchived ? 0 : chat.unread), 0);
    this.drawBack(unread - (this.conversations.chats().find(({ email }) => email === this.open)?.unread ?? 0));
    const title = this.open === null ? "VibeChat" : `${this.person(this.open).name} · VibeChat`;
    document.title = unread > 0 ? `(${unread}) ${title}` : title;
  }
}
