/** Where the unread line stands in the chat that is open, and how many messages are below what one sees. Pure. */

/** @typedef {import("../model/thread.js").ThreadItem} ThreadItem */
/** @typedef {import("./timeline.js").UnreadMark} UnreadMark */

export class UnreadMarks {
  /** @param {UnreadMark | null} line what was unread when the chat was opened */
  constructor(line) {
    this.line = line;
    /** @type {string | null} the newest item when the person was last at the bottom */
    this.seen = null;
    /** @type {string | null} */
    this.newest = null;
  }

  /**
   * @param {readonly ThreadItem[]} items oldest first
   * @param {boolean} attending
   */
  take(items, attending) {
    const fresh = after(items, this.newest).filter((item) => !item.mine);
    this.newest = items.at(-1)?.key ?? null;
    const first = fresh[0];
    if (attending || !first) return;
    if (this.line) this.line = { key: this.line.key, count: this.line.count + fresh.length };
    else this.line = { key: first.key, count: fresh.length };
  }

  /** @param {readonly ThreadItem[]} items */
  sawAll(items) {
    this.seen = items.at(-1)?.key ?? null;
  }

  /** @param {readonly ThreadItem[]} items */
  below(items) {
    return after(items, this.seen).filter((item) => !item.mine).length;
  }
}

/**
 * @param {readonly ThreadItem[]} items
 * @param {string | null} key
 */
function after(items, key) {
  if (key === null) return [];
  const index = items.findLastIndex((item) => item.key === key);
  return index < 0 ? [] : items.slice(index + 1);
}
