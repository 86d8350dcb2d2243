/** Turns the items of a chat into rows to draw: day lines, the unread line, messages in groups. */
import { timeZone } from "../parts/local-time.js";
import { dayKey } from "./days.js";

/** @typedef {import("../../model/screen/thread-items.js").ThreadItem} ThreadItem */
/** @typedef {import("../../model/screen/thread-items.js").GapItem} GapRow */
/** @typedef {import("../../model/screen/thread-items.js").ChangeItem} ChangeRow */
/** @typedef {import("../../model/screen/thread-items.js").TakenBackItem} TakenBackRow */
/** @typedef {import("../../model/screen/thread-items.js").AnyItem} Item */
/** @typedef {import("../../model/screen/thread-items.js").TimerItem} TimerRow */
/** @typedef {{key: string, count: number}} UnreadMark */
/** @typedef {{kind: "day", key: string, at: Date}} DayRow */
/** @typedef {{kind: "unread", key: string, count: number}} UnreadRow */
/** @typedef {{kind: "message", key: string, item: ThreadItem, grouped: boolean, newestMine: boolean, zone: string}} MessageRow
 *   `zone`: the time zone of its times */
/** @typedef {{kind: "elsewhere", key: string, at: Date, items: ThreadItem[]}} ElsewhereRow more than one in a row that name a
 *   key of one's own that is not here */
/** @typedef {ElsewhereRow | DayRow | UnreadRow | GapRow | ChangeRow | TakenBackRow | TimerRow | MessageRow} Row */

export const GROUP_MS = 5 * 60_000;

/**
 * @param {readonly Item[]} items
 * @returns {ThreadItem[]} the messages among them
 */
export function messagesOf(items) {
  return items.filter((item) => item.kind === "message");
}

/**
 * @param {readonly Item[]} items
 * @param {UnreadMark | null} unread which begins another run
 * @returns {(Item | ElsewhereRow)[]}
 */
function withRuns(items, unread) {
  /** @type {(Item | ElsewhereRow)[]} */
  const shown = [];
  for (const item of items) {
    const before = shown.at(-1);
    const goesOn = item.kind === "message" && item.unopened?.where && item.key !== unread?.key;
    if (goesOn && before?.kind === "elsewhere") {
      before.items.push(item);
    } else if (goesOn && before?.kind === "message" && before.unopened?.where) {
      shown.splice(-1, 1, { kind: "elsewhere", key: `elsewhere-${before.key}`, at: before.at, items: [before, item] });
    } else {
      shown.push(item);
    }
  }
  return shown;
}

/**
 * @param {ThreadItem} item
 * @param {Item | ElsewhereRow | undefined} before
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
  const shown = withRuns(items, unread);
  shown.forEach((item, index) => {
    const itsDay = item.kind === "gap" ? day : dayKey(item.at);
    const marked = unread?.key === (item.kind === "elsewhere" ? item.items[0] : item)?.key;
    if (itsDay !== day && item.kind !== "gap") rows.push({ kind: "day", key: `day-${item.key}`, at: item.at });
    if (unread && marked) rows.push({ kind: "unread", key: "unread", count: unread.count });
    const grouped = item.kind === "message" && itsDay === day && !marked && belongsTogether(item, shown[index - 1]);
    rows.push(item.kind === "message" ? { ...row(item), grouped, newestMine: item === newestMine } : item);
    day = itsDay;
  });
  return rows;
}

/**
 * @param {ThreadItem} item
 * @returns {{kind: "message", key: string, item: ThreadItem, zone: string}}
 */
function row(item) {
  return { kind: "message", key: item.key, item, zone: timeZone() };
}
