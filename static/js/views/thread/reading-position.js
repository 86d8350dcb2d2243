/** The reader's position in a chat: the unread line, older messages to fetch, and the scroll position. */
import { after, backoffMs } from "../../lib/timing.js";
import { messagesOf } from "./timeline.js";

/** Where the unread line is, and how many messages are below the visible part. Pure. */

/** @typedef {import("./timeline.js").Item} Item */
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
   * @param {readonly Item[]} items oldest first
   * @param {boolean} attending
   * @returns {Item[]} those of the other person's that are new
   */
  take(items, attending) {
    const fresh = theirsAfter(items, this.newest);
    this.newest = newestOf(items);
    if (!attending) this.mark(fresh);
    return fresh;
  }

  /** @param {readonly Item[]} fresh what has come and was not on the screen */
  mark(fresh) {
    const first = fresh[0];
    if (!first) return;
    if (this.line) this.line = { key: this.line.key, count: this.line.count + fresh.length };
    else this.line = { key: first.key, count: fresh.length };
  }

  /** @param {readonly Item[]} items */
  sawAll(items) {
    this.seen = newestOf(items);
  }

  /** @param {readonly Item[]} items */
  below(items) {
    return theirsAfter(items, this.seen).length;
  }
}

/**
 * Which messages have been on the screen since the chat was opened. Pure.
 */
export class ShownMessages {
  constructor() {
    /** @type {Set<string>} */
    this.shown = new Set();
    /** @type {Set<string>} */
    this.passed = new Set();
    /** @type {string | null} the oldest that has been on the screen */
    this.top = null;
  }

  /**
   * @param {readonly Item[]} items oldest first
   * @param {Set<string>} inSight keys
   * @param {boolean} atEnd
   * @returns {import("../../model/history/seen.js").Seen} what is news
   */
  take(items, inSight, atEnd) {
    const messages = messagesOf(items);
    const first = messages.findIndex(({ key }) => inSight.has(key) || key === this.top);
    this.top = messages[first]?.key ?? this.top;
    const shown = theirs(messages, this.shown).filter(({ key, opening }) => inSight.has(key) && !opening);
    shown.forEach(({ key }) => this.shown.add(key));
    const below = atEnd && first >= 0 ? theirs(messages.slice(first), this.shown) : [];
    const passed = below.filter(({ key, late, opening }) => !late && !opening && !this.passed.has(key));
    passed.forEach(({ key }) => this.passed.add(key));
    return { shown: idsOf(shown), passed: idsOf(passed), atEnd };
  }
}

/**
 * @param {readonly import("./timeline.js").ThreadItem[]} messages
 * @param {Set<string>} known
 */
function theirs(messages, known) {
  return messages.filter(({ key, mine }) => !mine && !known.has(key));
}

/** @param {import("./timeline.js").ThreadItem[]} messages */
function idsOf(messages) {
  return messages.flatMap(({ id }) => id ?? []);
}

/** @param {readonly Item[]} items a line between messages goes as it came, and is nobody's message */
function newestOf(items) {
  return messagesOf(items).at(-1)?.key ?? null;
}

/**
 * @param {readonly Item[]} items
 * @param {string | null} key
 */
function theirsAfter(items, key) {
  if (key === null) return [];
  const messages = messagesOf(items);
  const index = messages.findLastIndex((item) => item.key === key);
  return index < 0 ? [] : messages.slice(index + 1).filter((item) => !item.mine);
}

/**
 * Asks for older messages when the reader comes near the top. The chat is drawn again after each round, so a round that
 * failed or found nothing is repeated only after a pause. At the very top no scroll event can come, so a timer asks again.
 */

/** @typedef {Pick<import("../../model/screen/thread.js").Thread, "hasOlder" | "items" | "loadOlder">} Asked */

export class OlderAsking {
  /** @param {{ again?: () => void, now?: () => number }} [parts] again: it is worth another try */
  constructor({ again = () => {}, now = () => performance.now() } = {}) {
    this.again = again;
    this.now = now;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.asking = false;
    this.held = false;
    this.attempt = 0;
    this.notBeforeMs = 0;
  }

  /** Allows the next request at once: another chat is open, or the network is back. */
  reset() {
    clearTimeout(this.timer);
    this.held = false;
    this.attempt = 0;
    this.notBeforeMs = 0;
  }

  /** The person has scrolled or the chat has changed: allows a request unless the last one was too recent. */
  release() {
    if (this.now() >= this.notBeforeMs) this.held = false;
  }

  /**
   * @param {Asked} thread
   * @returns {Promise<boolean>} whether it was asked at all
   */
  async ask(thread) {
    if (this.asking || this.held) return false;
    this.asking = true;
    const found = await foundOlder(thread).catch(() => false);
    this.asking = false;
    if (found) this.reset();
    else this.hold();
    return true;
  }

  hold() {
    const delayMs = backoffMs(this.attempt);
    this.held = true;
    this.notBeforeMs = this.now() + delayMs;
    this.attempt += 1;
    this.timer = after(delayMs, () => {
      this.held = false;
      this.again();
    });
  }
}

/** @param {Asked} thread */
async function foundOlder(thread) {
  const first = oldestOf(thread);
  await thread.loadOlder();
  return !thread.hasOlder || oldestOf(thread) !== first;
}

/** @param {Asked} thread */
function oldestOf(thread) {
  return thread.items().find(({ kind }) => kind !== "gap")?.key;
}

/**
 * Keeps the scroll position. At the bottom the log stays at the bottom; elsewhere the message that is read keeps its place.
 * Only the person leaves the bottom: a scroll event after a change of size comes from the browser.
 */

const NEAR_PX = 64;
const EDGE_PX = 16;

export class ScrollKeeper {
  /**
   * @param {HTMLElement} frame what scrolls
   * @param {HTMLElement} rows what is in it
   */
  constructor(frame, rows) {
    this.frame = frame;
    this.rows = rows;
    this.atBottom = true;
    this.size = "";
    frame.addEventListener("scroll", () => this.look(), { passive: true });
    const observer = new ResizeObserver(() => this.resized());
    observer.observe(frame);
    observer.observe(rows);
  }

  look() {
    if (this.atBottom && this.size !== this.currentSize()) return;
    const { scrollHeight, scrollTop, clientHeight } = this.frame;
    this.atBottom = scrollHeight - scrollTop - clientHeight <= NEAR_PX;
  }

  resized() {
    if (this.atBottom) this.toBottom();
    this.size = this.currentSize();
  }

  currentSize() {
    const { scrollHeight, clientHeight, clientWidth } = this.frame;
    return `${scrollHeight} ${clientHeight} ${clientWidth}`;
  }

  toBottom() {
    this.frame.scrollTop = this.frame.scrollHeight;
    this.atBottom = true;
  }

  /** @param {HTMLElement | null | undefined} node from which on the rows do not fit on the screen */
  isTallerThanScreen(node) {
    const { bottom } = this.rows.getBoundingClientRect();
    return Boolean(node) && bottom - (node?.getBoundingClientRect().top ?? bottom) > this.frame.clientHeight;
  }

  /** @param {HTMLElement} node shown near the top of what one sees */
  toNode(node) {
    const room = this.frame.clientHeight / 4;
    this.frame.scrollTop += node.getBoundingClientRect().top - this.frame.getBoundingClientRect().top - room;
    this.size = this.currentSize();
    this.look();
  }

  /** @param {() => void} draw changes rows above or below without moving what one reads */
  keep(draw) {
    const anchor = this.atBottom ? null : this.firstInSight();
    const before = anchor?.getBoundingClientRect().top ?? 0;
    draw();
    if (this.atBottom) this.toBottom();
    else if (anchor?.isConnected) this.frame.scrollTop += anchor.getBoundingClientRect().top - before;
  }

  firstInSight() {
    return this.articles[this.firstIndexInSight()] ?? null;
  }

  /** @returns {HTMLElement[]} the messages of which more than an edge can be seen */
  inSight() {
    const { articles } = this;
    const { top, bottom } = this.frame.getBoundingClientRect();
    const seen = [];
    for (let index = this.firstIndexInSight(); index < articles.length; index += 1) {
      const box = articles[index]?.getBoundingClientRect();
      if (!box || box.top > bottom - EDGE_PX) break;
      if (box.bottom > top + EDGE_PX) seen.push(/** @type {HTMLElement} */ (articles[index]));
    }
    return seen;
  }

  get articles() {
    return this.rows.getElementsByTagName("article");
  }

  firstIndexInSight() {
    const top = this.frame.getBoundingClientRect().top;
    const nodes = this.articles;
    let low = 0;
    let high = nodes.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const node = nodes[middle];
      if (node && node.getBoundingClientRect().bottom > top) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
