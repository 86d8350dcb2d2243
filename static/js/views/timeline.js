/** Turns what a chat holds into the rows that are drawn: day lines, the unread line, groups. Pure. */
import { dayKey } from "./days.js";

/** @typedef {import("../model/thread-items.js").ThreadItem} ThreadItem */
/** @typedef {import("../model/thread-items.js").GapItem} GapRow */
/** @typedef {import("../model/thread-items.js").ChangeItem} ChangeRow */
/** @typedef {import("../model/thread-items.js").TakenBackItem} TakenBackRow */
/** @typedef {import("../model/thread-items.js").AnyItem} Item */
/** @typedef {{key: string, count: number}} UnreadMark */
/** @typedef {{kind: "day", key: string, at: Date}} DayRow */
/** @typedef {{kind: "unread", key: string, count: number}} UnreadRow */
/** @typedef {{kind: "message", key: string, item: ThreadItem, grouped: boolean, newestMine: boolean}} MessageRow */
/** @typedef {DayRow | UnreadRow | GapRow | ChangeRow | TakenBackRow | MessageRow} Row */

export const GROUP_MS = 5 * 60_000;

/**
 * @param {readonly Item[]} items
 * @returns {ThreadItem[]} the messages among them
 */
export function messagesOf(items) {
  return items.filter((item) => item.kind === "message");
}

/**
 * @param {ThreadItem} item
 * @param {Item | undefined} before
 */
function belongsTogether(item, before) {
  return (
    before?.kind === "message" && before.mine === item.mine && item.at.getTime() - before.at.getTime() < GROUP_MS
  );
}

/**
 * @param {readonly Item[]} items oldest first
 * @param {UnreadMark | null} unread
 * @returns {Row[]}
 */
export function rowsFor(items, unread) {
  /** @type {Row[]} */
  const rows = [];
  const newestMine = messagesOf(items).findLast((item) => item.mine);
  let day = "";
  items.forEach((item, index) => {
    const itsDay = item.kind === "gap" ? day : dayKey(item.at);
    const marked = unread?.key === item.key;
    if (itsDay !== day && item.kind !== "gap") rows.push({ kind: "day", key: `day-${item.key}`, at: item.at });
    if (unread && marked) rows.push({ kind: "unread", key: "unread", count: unread.count });
    const grouped = item.kind === "message" && itsDay === day && !marked && belongsTogether(item, items[index - 1]);
    rows.push(item.kind === "message" ? { ...row(item), grouped, newestMine: item === newestMine } : item);
    day = itsDay;
  });
  return rows;
}

/**
 * @param {ThreadItem} item
 * @returns {{kind: "message", key: string, item: ThreadItem}}
 */
function row(item) {
  return { kind: "message", key: item.key, item };
}
