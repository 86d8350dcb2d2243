/** Turns the messages of a chat into the rows that are drawn: day lines, the unread line, groups. Pure. */
import { dayKey } from "./format.js";

/** @typedef {import("../model/thread.js").ThreadItem} ThreadItem */
/** @typedef {{key: string, count: number}} UnreadMark */
/** @typedef {{kind: "day", key: string, at: Date}} DayRow */
/** @typedef {{kind: "unread", key: string, count: number}} UnreadRow */
/** @typedef {{kind: "message", key: string, item: ThreadItem, grouped: boolean, newestMine: boolean}} MessageRow */
/** @typedef {DayRow | UnreadRow | MessageRow} Row */

export const GROUP_MS = 5 * 60_000;

/**
 * @param {ThreadItem} item
 * @param {ThreadItem | undefined} before
 */
function belongsTogether(item, before) {
  return before !== undefined && before.mine === item.mine && item.at.getTime() - before.at.getTime() < GROUP_MS;
}

/**
 * @param {readonly ThreadItem[]} items oldest first
 * @param {UnreadMark | null} unread
 * @returns {Row[]}
 */
export function rowsFor(items, unread) {
  /** @type {Row[]} */
  const rows = [];
  const newestMine = items.findLast((item) => item.mine);
  let day = "";
  items.forEach((item, index) => {
    const itsDay = dayKey(item.at);
    const marked = unread?.key === item.key;
    if (itsDay !== day) rows.push({ kind: "day", key: `day-${item.key}`, at: item.at });
    if (unread && marked) rows.push({ kind: "unread", key: "unread", count: unread.count });
    const grouped = itsDay === day && !marked && belongsTogether(item, items[index - 1]);
    rows.push({ kind: "message", key: item.key, item, grouped, newestMine: item === newestMine });
    day = itsDay;
  });
  return rows;
}
