/** Stands in the composer's place while the person is a stranger, or is blocked. */
import { button, element, fill, find, isolated } from "../../lib/dom.js";
import { requestActions } from "../parts/request-actions.js";
import { asFailure, sentence } from "../parts/strings.js";

/** @typedef {import("../../model/conversations.js").Conversations} Conversations */
/** @typedef {import("../parts/request-actions.js").Actions & { unblock: (email: string) => Promise<unknown> }} Actions */

export class StandingBar {
  #conversations;
  #actions;
  #composer = find("#composer", HTMLElement);
  #node = element("div", { class: "thread-strip standing", hidden: true });
  #drawn = "";

  /**
   * @param {Conversations} conversations
   * @param {Actions} actions
   */
  constructor(conversations, actions) {
    this.#conversations = conversations;
    this.#actions = actions;
    this.#composer.before(this.#node);
  }

  /**
   * @param {string} email
   * @param {string} name
   */
  draw(email, name) {
    const isRequest = this.#conversations.requests().some((request) => request.email === email);
    const isBlocked = this.#conversations.chats().some((chat) => chat.email === email && chat.isBlocked);
    this.#composer.hidden = isRequest || isBlocked;
    this.#node.hidden = !this.#composer.hidden;
    const drawn = this.#node.hidden ? "" : JSON.stringify([email, name, isBlocked]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    if (drawn === "") fill(this.#node);
    else if (isBlocked) this.#fillBlocked(email, name);
    else this.#fillRequest(email, name);
  }

  /**
   * @param {string} email
   * @param {string} name
   */
  #fillRequest(email, name) {
    const said = element("p", { role: "status" });
    const has = /** @type {const} */ (["accept", "remove", "block", "report"]);
    const onFailure = (/** @type {unknown} */ error) => fill(said, sentence(asFailure(error)));
    /* A page with room beside the chat shows the same buttons in the list. */
    const actions = element("nav", { class: "request-actions only-narrow", "aria-label": "Requests" },
      ...requestActions(email, this.#actions, { onFailure, has: [...has] }));
    fill(this.#node, element("p", {}, isolated(name), " doesn't know whether you have read this. Accept to answer."), actions, said);
  }

  /**
   * @param {string} email
   * @param {string} name
   */
  #fillBlocked(email, name) {
    const unblock = button("Unblock", () => void this.#actions.unblock(email));
    fill(this.#node, element("p", {}, "You blocked ", isolated(name), ". ", unblock));
  }
}
