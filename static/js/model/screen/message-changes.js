/** What edits, deletions and reactions make of the messages that the screen shows (docs/protocol.md §5.9). */
import { textOf } from "../../types/content-types.js";
import { goneAtMs } from "../../types/expiry.js";
import { chatState } from "../../types/message-states.js";

import { readTimer } from "../../types/timer-type.js";

/** @import { MessageState, Told } from "../../types/message-states.js" */
/** @import { AnyItem, Quote, ThreadItem, Words } from "./thread-items.js" */

/** @typedef {{ words: Words, mine: boolean, atMs?: number }} Read atMs: when the server had it */

export { Endings } from "./endings.js";
export { goneAtMs };

export const DELETED = "This message was deleted.";

/**
 * @param {AnyItem[]} items of the whole chat
 * @param {Read[]} read all contents that are here, in any order
 * @returns {AnyItem[]} as they are shown now
 */
export function withChanges(items, read) {
  const { messages } = chatState(read.map(toldOf));
  const shown = items.filter((item) => item.kind !== "message" || !isGone(item)).map((item) => (item.kind === "message" ? changed(item, messages.get(item.content?.hash ?? "")) : item));
  const byHash = new Map(shown.flatMap((item) => (item.kind === "message" && item.content?.hash ? [[item.content.hash, item]] : [])));
  return withTimers(shown, read).map((item) => (item.kind === "message" && item.content?.reply ? { ...item, quote: quoteOf(byHash.get(item.content.reply)) } : item));
}

/**
 * @param {AnyItem[]} items
 * @param {Read[]} read
 * @returns {AnyItem[]} with who has set how long messages are kept
 */
function withTimers(items, read) {
  const timers = new Map(read.flatMap(({ words, mine, atMs = 0 }) => (words.type === "timer" ? [[words.hash, { words, mine, atMs }]] : [])));
  const all = [...items];
  for (const { words, mine, atMs } of timers.values()) {
    const at = new Date(atMs);
    const after = all.findLastIndex((one) => one.kind !== "gap" && one.at <= at);
    all.splice(after + 1, 0, { kind: "timer", key: `timer ${words.hash}`, at, mine, seconds: readTimer(words.body)?.seconds ?? 0 });
  }
  return all;
}

/** @param {ThreadItem} item */
function isGone({ content }) {
  return (content?.goneAtMs ?? Infinity) <= Date.now();
}

/**
 * @param {Words} last the message that the list of chats shows
 * @param {Read[]} read it, and what came after it
 * @returns {string | null} its text now
 */
export function currentText(last, read) {
  const state = chatState(read.map(toldOf)).messages.get(last.hash);
  return state ? textNow(last, state) : last.text;
}

/**
 * @param {Read} read
 * @returns {Told}
 */
function toldOf({ words: { hash, type, body, sentAtMs, replaces }, mine }) {
  return { hash, mine, type, body, sent_at: sentAtMs, replaces };
}

/**
 * @param {ThreadItem} item
 * @param {MessageState | undefined} state
 * @returns {ThreadItem}
 */
function changed(item, state) {
  const { content } = item;
  if (!state || !content) {
    return item;
  }
  const { isDeleted, versions, reactions } = state;
  const text = textNow(content, state) ?? "";
  const body = versions.at(-1)?.body ?? "";
  return { ...item, text, content: { ...content, body, reply: isDeleted ? null : content.reply }, isDeleted, versions, reactions };
}

/**
 * @param {Words} content
 * @param {MessageState} state
 */
function textNow({ type, v, body, text }, { isDeleted, versions }) {
  const now = versions.at(-1)?.body ?? body;
  return isDeleted ? DELETED : now === body ? text : textOf({ type, v, body: now });
}

/**
 * @param {ThreadItem | undefined} item undefined: the message is not here, or not loaded
 * @returns {Quote}
 */
function quoteOf(item) {
  return item ? { key: item.key, mine: item.mine, text: item.text } : { key: null, mine: false, text: "" };
}
