/** "Requests": people who have written and whom the user does not know. Only their address stands there until "Show". */
import { element, fill, find, isolated, setText } from "../../lib/dom.js";
import { plural } from "../parts/format.js";
import { KeyedList } from "../parts/keyed-list.js";
import { oncePerFrame } from "../parts/scheduling.js";
import { asFailure, sentence } from "../parts/strings.js";
import { requestActions } from "../parts/request-actions.js";

/** @typedef {import("../../model/screen/chat-list.js").Request} Request */
/** @typedef {import("../parts/request-actions.js").Actions} Actions */
/** @typedef {{ key: string, request: Request, current: boolean }} RequestRow */

// Whoever makes many accounts must not push the chats out of sight.
const MOST_SHOWN = 20;

export class RequestsView {
  #parts;
  #rows = element("ul", { role: "list" });
  #note = element("p", { class: "hint", role: "status" });
  #node = element("nav", { class: "requests", id: "requests", "aria-label": "Requests", hidden: true },
    element("h2", { "aria-hidden": "true" }, "Requests"), this.#rows, this.#note);
  /** @type {KeyedList<RequestRow>} */
  #list;
  /** @type {Set<string>} the emails of those that stood here at the last drawing */
  #known = new Set();

  /**
   * @param {object} parts
   * @param {import("../../model/conversations.js").Conversations} parts.conversations
   * @param {Actions} parts.actions
   * @param {() => string | null} parts.open whose chat is open
   * @param {(words: string) => void} parts.announce
   */
  constructor(parts) {
    this.#parts = parts;
    this.#list = new KeyedList(this.#rows, { create: (row) => this.#row(row), update: (node, row) => drawRow(node, row) });
    find("#chats", HTMLElement).before(this.#node);
    const redraw = oncePerFrame(() => this.draw());
    parts.conversations.on("chats", redraw);
    this.draw();
  }

  draw() {
    const requests = this.#parts.conversations.requests();
    const open = this.#parts.open();
    const fresh = requests.filter(({ email }) => !this.#known.has(email)).length;
    if (fresh > 0) this.#parts.announce(`${plural(fresh, "request", "requests")} from people you don't know.`);
    this.#known = new Set(requests.map(({ email }) => email));
    this.#list.draw(requests.slice(0, MOST_SHOWN).map((request) => ({ key: request.email, request, current: request.email === open })));
    if (this.#node.hidden && requests.length > 0) setText(this.#note, "");
    this.#node.hidden = requests.length === 0;
    const more = requests.length - MOST_SHOWN;
    if (more > 0) setText(this.#note, `${plural(more, "more request waits", "more requests wait")}.`);
  }

  /** @param {RequestRow} row */
  #row(row) {
    const id = `request-${row.key}`;
    const say = (/** @type {unknown} */ error) => setText(this.#note, sentence(asFailure(error)));
    const actions = requestActions(row.key, this.#parts.actions, { describedBy: id, onFailure: say, has: ["show", "accept", "remove", "block", "report"] });
    const node = element("li", { class: "request" }, element("p", { id, class: "request-who" }), element("div", { class: "request-actions" }, ...actions));
    drawRow(node, row);
    return node;
  }
}

/**
 * @param {HTMLElement} node
 * @param {RequestRow} row
 */
function drawRow(node, { request, current }) {
  const who = find(".request-who", HTMLElement, node);
  const words = request.name === request.email ? [request.email] : [request.name, request.email];
  if (who.textContent !== words.join("")) fill(who, ...words.map((one) => isolated(one)));
  node.classList.toggle("current", current);
}
