/**
 * What this browser knows of a chat and the person's other browsers are to know (docs/protocol.md §14.8): what was read, passed
 * over and cleared, and what receipts have said. Counters name messages, since a message's id is the server's word. Merging is
 * the union, so that neither order nor repetition matters.
 */
import { chainPart, marked, newestMessages, theirChains } from "../../storage/queries.js";
import { has, rangesOf, union } from "../history/ranges.js";
import { mark } from "../history/message-rows.js";
import { owingReceipt } from "../history/seen.js";
import { ticksOf } from "../receipts/peer-receipts.js";
import { knowsSettings, merged, readSettings } from "../session/chat-settings.js";
import { contains } from "./shared-drafts.js";

/** @typedef {import("../history/ranges.js").Range} Range */
/** @typedef {Record<string, Range[]>} Counters ranges by browser */
/** @typedef {Record<string, { delivered: Range[], read: Range[] }>} TicksOf by own browser */
/**
 * @typedef {object} ChatState
 * @property {Counters} seen messages that were on the screen
 * @property {Counters} passed messages that were jumped over
 * @property {Counters} cleared
 * @property {number} read_through a server's id: no message up to it is unread; 0: unknown
 * @property {number} cleared_through
 * @property {TicksOf} ticks what receipts have said of the messages of own browsers
 * @property {import("./shared-drafts.js").SharedDraft | null} draft
 * @property {import("../session/chat-settings.js").ToldSettings} settings
 * @property {boolean} accepted
 * @property {boolean} listed
 * @property {{ is: boolean, at_ms: number } | null} blocked what the person has decided last; null: nothing
 */

const BROWSER = /^[0-9a-f]{32}$/;
const PART = 500;
// Whoever holds the peer's key can invent browsers without end.
const BROWSERS_LIMIT = 64;

/**
 * @param {Stores} stores of a transaction with `chains` and `messages`
 * @param {ChatRow} chat
 * @param {string} ownBrowser
 * @param {Map<string, Map<number, string>>} gone the hashes of cleared messages, by browser and counter
 * @returns {Promise<Omit<ChatState, "draft">>}
 */
export async function stateOf(stores, chat, ownBrowser, gone) {
  const { elsewhere, otherTicks } = chat;
  const [seen, passed, cleared] = [{ ...elsewhere?.seen }, { ...elsewhere?.passed }, { ...elsewhere?.cleared }];
  for (const chain of await theirChains(stores("chains"), chat.id)) {
    const here = await readIn(stores, chat, chain);
    join(seen, { [chain.browser]: here.seen });
    join(passed, { [chain.browser]: here.passed });
  }
  join(cleared, Object.fromEntries([...gone].map(([browser, hashes]) => [browser, rangesAt([...hashes.keys()])])));
  const [[last], [unread]] = await Promise.all([
    newestMessages(stores("messages"), chat.id, { limit: 1 }),
    marked(stores("messages"), "unread", chat.id, 1),
  ]);
  const through = unread ? unread.id - 1 : Math.max(last?.id ?? 0, chat.clearedThrough ?? 0);
  return {
    seen: kept(seen), passed: kept(passed), cleared: kept(cleared),
    read_through: Math.floor(chat.unreadBefore > 0 ? 0 : through),
    cleared_through: Math.floor(Math.max(chat.clearedThrough ?? 0, elsewhere?.clearedThrough ?? 0)),
    ticks: kept({ ...otherTicks, [ownBrowser]: ticksOf(chat) }),
    settings: merged(chat.settings ?? {}, {}),
    accepted: Boolean(chat.accepted),
    listed: Boolean(chat.listed),
    blocked: chat.blocked ? { is: chat.blocked.is, at_ms: chat.blocked.atMs } : null,
  };
}

/**
 * @param {Stores} stores
 * @param {ChatRow} chat
 * @param {ChainRow} chain up to whose end all messages are here
 * @returns {Promise<{ seen: Range[], passed: Range[] }>}
 */
async function readIn(stores, chat, { browser, counter, from = 1 }) {
  const to = Math.min(chat.seen?.[browser] ?? 0, counter);
  /** @type {{ seen: number[], passed: number[] }} */
  const found = { seen: [], passed: [] };
  for (let next = to + 1; ;) {
    const rows = await chainPart(stores("messages"), chat.id, browser, { from: next }, PART);
    const shown = rows.filter(({ hidden }) => !hidden);
    found.seen.push(...shown.filter((row) => row.seen).map(counterOf));
    found.passed.push(...shown.filter((row) => row.passed && !row.seen).map(counterOf));
    if (rows.length < PART) {
      return { seen: union(rangesOf(from, to, []), rangesAt(found.seen)), passed: rangesAt(found.passed) };
    }
    next = counterOf(/** @type {MessageRow} */ (rows.at(-1))) + 1;
  }
}

/** @param {MessageRow} row of a chain */
function counterOf({ counter }) {
  return /** @type {number} */ (counter);
}

/**
 * @param {number[]} counters
 * @returns {Range[]}
 */
function rangesAt(counters) {
  return union(counters.map((counter) => [counter, counter]), []);
}

/**
 * @template Entry
 * @param {Record<string, Entry>} byBrowser
 * @returns {Record<string, Entry>} sorted by browser, so that equal states have equal bytes
 */
function kept(byBrowser) {
  const some = Object.entries(byBrowser).filter(([, entry]) => !Array.isArray(entry) || entry.length > 0);
  return Object.fromEntries(some.sort(([one], [other]) => (one < other ? -1 : 1)).slice(-BROWSERS_LIMIT));
}

/**
 * @param {Counters} into
 * @param {Counters} more
 */
function join(into, more) {
  for (const [browser, ranges] of Object.entries(more)) {
    into[browser] = union(into[browser] ?? [], ranges);
  }
}

/**
 * @param {any} value of another own browser's stream
 * @returns {ChatState} without what is malformed
 */
export function readChatState(value) {
  const { seen, passed, cleared, ticks, draft, settings, blocked, ...others } = value ?? {};
  return {
    seen: readCounters(seen), passed: readCounters(passed), cleared: readCounters(cleared),
    read_through: readNumber(others.read_through),
    cleared_through: readNumber(others.cleared_through),
    ticks: readByBrowser(ticks, (told) => ({ delivered: readRanges(told?.delivered), read: readRanges(told?.read) })),
    draft: readDraft(draft),
    settings: readSettings(settings),
    accepted: others.accepted === true,
    listed: others.listed === true,
    blocked: typeof blocked?.is === "boolean" && readNumber(blocked.at_ms) > 0 ? { is: blocked.is, at_ms: blocked.at_ms } : null,
  };
}

/**
 * @param {any} draft
 * @returns {import("./shared-drafts.js").SharedDraft | null}
 */
function readDraft(draft) {
  const isDraft = typeof draft?.text === "string" && BROWSER.test(draft.by);
  return isDraft ? { text: draft.text, changes: readByBrowser(draft.changes, readNumber), by: draft.by } : null;
}

/** @param {any} value */
function readCounters(value) {
  return readByBrowser(value, readRanges);
}

/**
 * @template Entry
 * @param {any} value
 * @param {(entry: any) => Entry} read
 * @returns {Record<string, Entry>}
 */
function readByBrowser(value, read) {
  const entries = Object.entries(typeof value === "object" && value !== null ? value : {}).filter(([browser]) => BROWSER.test(browser));
  return Object.fromEntries(entries.slice(0, BROWSERS_LIMIT).map(([browser, entry]) => [browser, read(entry)]));
}

/**
 * @param {any} value
 * @returns {Range[]}
 */
function readRanges(value) {
  const isRange = (/** @type {any} */ one) => Array.isArray(one) && one.length === 2 && readNumber(one[0]) > 0 && readNumber(one[1]) >= one[0];
  return union(Array.isArray(value) ? value.filter(isRange) : [], []);
}

/** @param {any} value */
function readNumber(value) {
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/**
 * @param {ChatState} own
 * @param {ChatState} told
 * @returns {boolean} whether this browser knows all of it already
 */
export function knows(own, told) {
  const isIn = (/** @type {Range[]} */ known = [], /** @type {Range[]} */ more = []) => String(union(known, more)) === String(known);
  const places = /** @type {const} */ (["seen", "passed", "cleared"]);
  return places.every((what) => Object.entries(told[what]).every(([browser, more]) => isIn(own[what][browser], more)))
    && Object.entries(told.ticks).every(([browser, { delivered, read }]) =>
      isIn(own.ticks[browser]?.delivered, delivered) && isIn(own.ticks[browser]?.read, read))
    && told.read_through <= own.read_through
    && told.cleared_through <= own.cleared_through
    && knowsSettings(own.settings, told.settings)
    && (own.accepted || !told.accepted) && (own.listed || !told.listed) && !isLater(told.blocked, own.blocked)
    && (told.draft === null || (own.draft !== null && contains(own.draft, told.draft)));
}

/**
 * @param {ChatState["blocked"]} one
 * @param {ChatState["blocked"]} other
 * @returns {boolean} whether it was decided after the other one. Of two decisions of one time, the block counts
 */
function isLater(one, other) {
  return one !== null && (other === null || one.at_ms > other.at_ms || (one.at_ms === other.at_ms && one.is && !other.is));
}

/**
 * Takes over into the stored chat what another browser knows; `cleared` is followed by `Clearing`, the draft by `SharedDrafts`, and
 * the nickname by `People`.
 * @param {Stores} stores of a transaction with `chats` and `messages`
 * @param {ChatRow} chat
 * @param {ChatState} state
 * @param {string} ownBrowser
 * @returns {Promise<boolean>} whether anything has changed
 */
export async function takeOver(stores, chat, state, ownBrowser) {
  const unread = await marked(stores("messages"), "unread", chat.id);
  const isIn = (/** @type {Counters} */ places, /** @type {MessageRow} */ { browser, counter }) =>
    browser !== undefined && has(places[browser] ?? [], counter ?? 0);
  const seen = unread.filter((row) => !row.conflict && isIn(state.seen, row));
  const passed = unread.filter((row) => !row.conflict && isIn(state.passed, row) && !seen.includes(row));
  seen.forEach((row) => stores("messages").put(mark({ ...row, seen: true })));
  passed.forEach((row) => stores("messages").put(mark({ ...row, passed: true })));
  // What does not open here has no counter: the other browser has nothing unread there.
  const presumed = unread.filter(({ id, sealed, tried, pending }) => !sealed && tried && !pending && id <= state.read_through);
  presumed.forEach((row) => stores("messages").put(mark({ ...row, passed: true, presumed: true })));
  const { nickname, ...told } = state.settings;
  // The other browser tells the peer.
  const { receiptDue: _, ...marks } = seen.length > 0 ? await owingReceipt(stores, chat, seen) : chat;
  const isReadBefore = chat.unreadBefore > 0 && state.read_through >= chat.startId - 1;
  const news = {
    unreadBefore: isReadBefore ? 0 : chat.unreadBefore,
    elsewhere: joined(chat.elsewhere, state),
    ...ticksWith(chat, state.ticks, ownBrowser),
    ...(Object.keys(told).length > 0 ? { settings: merged(chat.settings ?? {}, told) } : {}),
    ...standingWith(chat, state),
  };
  const isChanged = Object.entries(news).some(([name, value]) => JSON.stringify(value) !== JSON.stringify(/** @type {any} */ (chat)[name]));
  if (isChanged || seen.length > 0) {
    stores("chats").put({ ...marks, receiptDue: chat.receiptDue, ...news });
  }
  return isChanged || seen.length + passed.length + presumed.length > 0;
}

/**
 * @param {ChatRow} chat
 * @param {ChatState} state
 * @returns {Pick<ChatRow, "accepted" | "listed" | "blocked">}
 */
function standingWith({ accepted, listed, blocked }, state) {
  const own = blocked ? { is: blocked.is, at_ms: blocked.atMs } : null;
  return {
    accepted: accepted || state.accepted || undefined,
    listed: listed || state.listed || undefined,
    blocked: isLater(state.blocked, own) && state.blocked ? { is: state.blocked.is, atMs: state.blocked.at_ms } : blocked,
  };
}

/**
 * @param {import("../../storage/rows.js").Elsewhere | undefined} known
 * @param {ChatState} state
 * @returns {import("../../storage/rows.js").Elsewhere}
 */
function joined(known, { seen, passed, cleared, cleared_through: through }) {
  const into = { seen: { ...known?.seen }, passed: { ...known?.passed }, cleared: { ...known?.cleared } };
  join(into.seen, seen);
  join(into.passed, passed);
  join(into.cleared, cleared);
  return { ...into, clearedThrough: Math.max(known?.clearedThrough ?? 0, through) };
}

/**
 * @param {ChatRow} chat
 * @param {TicksOf} told
 * @param {string} ownBrowser
 * @returns {Pick<ChatRow, "ticks" | "otherTicks">}
 */
function ticksWith(chat, told, ownBrowser) {
  const both = (/** @type {TicksOf[string] | undefined} */ known, /** @type {TicksOf[string]} */ more) => ({
    delivered: union(known?.delivered ?? [], more.delivered), read: union(known?.read ?? [], more.read),
  });
  const { [ownBrowser]: own, ...others } = told;
  const all = { ...chat.otherTicks };
  Object.entries(others).forEach(([browser, more]) => (all[browser] = both(all[browser], more)));
  return {
    ...(own ? { ticks: both(ticksOf(chat), own) } : {}),
    ...(Object.keys(all).length > 0 ? { otherTicks: all } : {}),
  };
}
