/** One row of the list of chats. The link's accessible name is the person; everything else describes it. */
import { clipped, element, fill, find, icon, setAttributes, setText } from "../../lib/dom.js";
import { drawAvatar } from "../parts/avatar.js";
import { badge, plural } from "../parts/format.js";
import { addressOf } from "../parts/router.js";

/** @typedef {import("../../model/conversations.js").ChatSummary} ChatSummary */
/** @typedef {{key: string, chat: ChatSummary, current: boolean, time: string, line: string}} ChatRow `time` and `line`: of the last message */

/** @param {ChatRow} row */
export function createChatRow(row) {
  const id = `chat-${row.key}`;
  const described = `${id}-mark ${id}-line ${id}-time`;
  const name = element("a", { id: `${id}-name`, class: "chat-row-name", href: addressOf(row.key), "aria-describedby": described });
  const node = element(
    "li",
    { class: "chat-row", "data-email": row.key },
    element("span", { class: "avatar", "aria-hidden": "true" }),
    name,
    element("span", { class: "chat-row-time", id: `${id}-time` }),
    element("span", { class: "chat-row-line", id: `${id}-line` }),
    element("span", { class: "chat-row-mark", id: `${id}-mark` }),
  );
  draw(node, row);
  return node;
}

/**
 * @param {HTMLElement} node
 * @param {ChatRow} row
 * @param {ChatRow} before
 */
export function updateChatRow(node, row, before) {
  if (JSON.stringify(row) !== JSON.stringify(before)) draw(node, row);
}

/**
 * @param {HTMLElement} node
 * @param {ChatRow} row
 */
function draw(node, { chat, current, time, line }) {
  /** @param {string} selector */
  const part = (selector) => find(selector, HTMLElement, node);
  node.classList.toggle("unread", chat.unread > 0 || chat.isMarkedUnread);
  node.classList.toggle("current", current);
  setAttributes(part("a"), { "aria-current": current ? "page" : null });
  drawAvatar(part(".avatar"), chat);
  fill(part("a"), clipped(chat.name), ...(chat.isAmbiguous ? [element("span", {}, " · "), clipped(chat.email)] : []));
  setText(part(".chat-row-time"), time);
  fill(part(".chat-row-line"), ...lineNodes(chat, line, current));
  fill(part(".chat-row-mark"), ...markNodes(chat));
}

/**
 * @param {ChatSummary} chat
 * @param {string} line
 * @param {boolean} current
 * @returns {import("../../lib/dom.js").Child[]}
 */
function lineNodes(chat, line, current) {
  if (chat.draft && !current) return [element("span", { class: "draft" }, "Draft: "), clipped(chat.draft)];
  if (chat.keyChanged) return [clipped("Keys changed")];
  if (chat.lastAt === null) return [clipped("No messages yet")];
  return [chat.lastMine && element("span", {}, "You: "), clipped(line)];
}

/**
 * @param {ChatSummary} chat
 * @returns {import("../../lib/dom.js").Child[]}
 */
function markNodes({ failed, unread, isPinned, isMuted, isArchived, isMarkedUnread }) {
  /** @param {string} words */
  const said = (words) => element("span", { class: "visually-hidden" }, words);
  const counted = plural(unread, "unread message", "unread messages");
  return [
    isArchived && element("span", { class: "chat-row-archived" }, "Archived"),
    isMuted && icon("mute", "quiet"),
    isMuted && said("Muted. "),
    isPinned && icon("pin", "quiet"),
    isPinned && said("Pinned. "),
    failed && icon("alert"),
    failed && said("Not sent. "),
    isMarkedUnread && unread === 0 && element("span", { class: "badge dot" }, said("Marked as unread. ")),
    unread > 0 && element("span", { class: "badge", "aria-hidden": "true" }, badge(unread)),
    unread > 0 && said(`${counted}. `),
  ];
}
