/** The second half of the chat page: the open chat, the dialogs and the keyboard shortcuts. */
import { find } from "../../lib/dom.js";
import { whenIdle } from "../../lib/timing.js";
import { pictureIdOf } from "../../model/session/own-profile.js";
import { onChosenNotification, registerWorker } from "../../model/worker/worker-registration.js";
import { ArchiveButton } from "../chats/archive-button.js";
import { ChatDialogs } from "../chats/chat-dialogs.js";
import { ChatMenu } from "../chats/chat-menu.js";
import { FoundMessages } from "../chats/found-messages.js";
import { ListKeys } from "../chats/list-keys.js";
import { RequestsView } from "../chats/requests-view.js";
import { makeDialogs } from "../dialogs/dialogs.js";
import { Announcer } from "../parts/announcer.js";
import { copyBy } from "../parts/clipboard.js";
import { Menu } from "../parts/menu.js";
import { followVisibleHeight } from "../parts/viewport.js";
import { unmarked } from "../thread/formatting.js";
import { ThreadView } from "../thread/thread-view.js";
import { VaultViews } from "../vault/vault-views.js";
import { FocusKeeper } from "./focus-keeper.js";
import { keepStrip } from "./keep-strip.js";
import { focusRegion, listenToKeys } from "./keyboard.js";
import { Notifications } from "./notifications.js";
import { strangerActions } from "./stranger-actions.js";

/** @typedef {import("./chat-page.js").ChatPage} ChatPage */

export class ChatShell {
  /** @param {ChatPage} page */
  constructor(page) {
    const { account, conversations, session } = page;
    this.page = page;
    this.keys = new ListKeys(page.list);
    this.menu = new Menu(find("#account-open", HTMLButtonElement), find("#account-menu", HTMLElement));
    this.announcer = new Announcer();
    const announce = (/** @type {string} */ words) => this.announcer.tell(words);
    const actions = strangerActions({
      account,
      announce,
      open: (email) => page.router.open(email),
      leave: (email) => page.open === email && page.router.close(),
    });
    this.requests = new RequestsView({ conversations, actions, announce, open: () => page.open });
    this.thread = new ThreadView({
      announcer: this.announcer,
      actions,
      conversations,
      person: (email) => page.person(email),
      typing: account.typing,
      files: (isWanted) => account.files(isWanted),
      isLocked: () => account.vault.state === "locked",
      onReview: () => this.review(),
      onDetails: () => this.dialogs.details.open(),
      onDiffer: (send) => this.differ(send),
    });
    /** @type {Promise<ServiceWorkerRegistration | undefined>} */
    const registering = new Promise((resolve) => {
      whenIdle(() => resolve(registerWorker(document.documentElement.dataset.release ?? "")));
    });
    const push = account.webPush(registering);
    onChosenNotification((email) => page.router.open(email));
    this.dialogs = makeDialogs({
      account,
      push,
      safety: account.safety,
      session,
      person: () => this.person(),
      onAdded: (email) => page.added(email),
      onOptions: (email, button) => this.chatMenu.open(email, button),
      actions,
      onSettings: () => this.vault.card.opened(),
      drawOwn: (node) => this.drawOwn(node),
      wayBack: {
        isOnlyWay: () => this.vault.isOnlyWay(),
        isThere: () => account.vault.state === "kept" && !account.vault.isOnlyWay,
        keep: () => this.vault.keep.open(),
      },
    });
    this.vault = new VaultViews({
      account,
      email: () => session.user?.email ?? "",
      announce,
      openSettings: () => this.dialogs.settings.open(),
    });
    keepStrip(account);
    this.archive = new ArchiveButton({ conversations, list: page.list });
    this.chatMenu = new ChatMenu({
      conversations,
      list: page.list,
      announce,
      leave: (email) => this.leave(email),
      dialogs: new ChatDialogs({ conversations, exported: (email) => account.exported(email), leave: (email) => this.leave(email) }),
    });
    new FoundMessages({
      field: page.list.search,
      begin: () => account.messageSearch(),
      nameOf: (email) => page.person(email).name,
      open: ({ peer, id }) => this.reveal(peer, id),
    });
    new Notifications({
      conversations, preferences: account.preferences, open: (email) => page.router.open(email), registering, push,
    });
    page.list.readable = unmarked;
    page.list.draw();
    this.listen();
    followVisibleHeight();
    new FocusKeeper(() => (page.open === null ? this.keys : this.thread).focus());
    void this.drawOwn().catch(() => {});
    account.preferences.on("changed", () => void this.drawOwn().catch(() => {}));
  }

  listen() {
    const { keys } = this;
    listenToKeys({
      jump: () => this.jump(),
      shortcuts: () => this.dialogs.shortcuts.open(),
      move: (step, unreadOnly) => keys.move(step, unreadOnly),
      region: (step) => focusRegion(this.regions(), step),
      escape: () => this.escape(),
    });
  }

  regions() {
    const side = { node: this.page.side, focus: () => this.keys.focus() };
    /** @type {NodeListOf<HTMLElement>} */
    const panels = document.querySelectorAll(".panel[open]:not([inert])");
    const beside = [...panels].map((node) => ({ node, focus: () => node.querySelector("button")?.focus() }));
    return [side, ...this.thread.regions(), ...beside];
  }

  /**
   * Draws the person's own avatar, with the present picture.
   * @param {Element} [node] where, besides the place that it always has
   * @returns {Promise<boolean>} whether it has a picture
   */
  async drawOwn(node) {
    this.page.ownPicture = pictureIdOf(await this.page.account.ownProfile());
    this.page.drawOwn();
    if (node) this.page.drawOwnAvatar(node, "large");
    return this.page.ownPicture !== "";
  }

  /** @param {HTMLButtonElement} button */
  copyAddress(button) {
    void copyBy(button, this.page.session.user?.email ?? "", (words) => this.announcer.tell(words));
  }

  /** The other person in the open chat. */
  person() {
    const { thread } = this.thread;
    return thread && { ...this.page.person(thread.email), name: thread.name, fullName: thread.fullName };
  }

  review() {
    const person = this.person();
    const change = this.thread.thread?.keyChange;
    if (person && change) this.dialogs.keysChanged.open({ ...person, ...change, name: person.fullName });
  }

  /** @param {string} email of a chat that is not to be shown any more */
  leave(email) {
    if (this.page.open === email) this.page.router.close();
  }

  /** @param {() => void} send */
  differ(send) {
    const person = this.person();
    if (person) this.dialogs.differ.open({ ...person, name: person.fullName }, send);
  }

  /**
   * @param {string} email
   * @param {number} id of the message to show
   * @returns {Promise<boolean>} false: it is not here any more, or too far back
   */
  reveal(email, id) {
    this.page.router.open(email);
    return this.thread.reveal(email, id);
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
    const { list } = this.page;
    if (list.clearSearch() || this.archive.leave()) return;
    if (this.dialogs.details.escape()) return;
    if (this.thread.mode.mode) this.thread.mode.end();
    else if (this.thread.thread) this.thread.toBottom();
  }
}
