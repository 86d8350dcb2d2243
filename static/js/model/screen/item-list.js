/** Builds the ordered items of an open chat from its stored rows, unsent messages and echoes. */
import { isSilent } from "../history/message-rows.js";
import { waitReason } from "../keys/pinning.js";
import { inSecondBrowser, secondBrowsers } from "../keys/second-browsers.js";
import { arranged } from "./arrangement.js";
import { placeOf } from "./causality.js";
import { usualDelays } from "./sender-clocks.js";
import { changeItems, echoItem, inOrder, storedItem, takenBackItems, unsentItem, withKeys } from "./thread-items.js";

/** @import { Window } from "../history/message-store.js" */
/** @import { ThreadContents } from "./thread-contents.js" */
/** @import { AnyItem, ChangeItem } from "./thread-items.js" */

/** @typedef {Pick<ThreadParts, "cipher" | "decryptQueue" | "people" | "preferences" | "sync">} Parts */
/** @typedef {Pick<Window, "rows" | "strays" | "gaps" | "unsent">} Rows */
/**
 * @typedef {Rows & { email: string, chat: ChatRow | null, echoes: Map<string, Echo>, hasOlder: boolean }} Shown chat: null:
 *   not read yet; hasOlder: there are older messages than the rows
 */

/**
 * @param {Shown} shown
 * @param {ThreadContents} contents
 * @param {Parts} parts
 * @returns {AnyItem[]} oldest first
 */
export function itemsOf(shown, contents, parts) {
  const { chat, rows, unsent } = shown;
  const waitsFor = waitReason(parts.people.get(shown.email));
  const items = inOrder(chat === null ? [] : storedItems({ ...shown, chat }, contents, parts), {
    unsent: unsent.filter((row) => !isSilent(row)).map((row) => unsentItem(row, contents.known(row), waitsFor)),
    echoes: echoesAlone(shown).map(echoItem),
    changes: [...changes(shown, parts.people), ...(chat === null ? [] : takenBackItems([...rows, ...unsent], chat))],
  });
  return contents.changes ? contents.changes.withChanges(items, readOf(shown, contents)) : items;
}

/**
 * @param {Shown} shown
 * @param {ThreadContents} contents
 * @returns {import("./message-changes.js").Read[]} all contents, also of messages that have no place of their own
 */
export function readOf({ rows, strays, unsent }, contents) {
  return [...strays, ...rows, ...unsent].flatMap((row) => {
    const { words } = contents.known(row);
    return words ? [{ words, mine: !("mine" in row) || row.mine, atMs: "atMs" in row ? row.atMs : row.createdAtMs }] : [];
  });
}

/**
 * @param {Shown & { chat: ChatRow }} shown
 * @param {ThreadContents} contents
 * @param {Parts} parts
 */
function storedItems(shown, contents, { cipher, decryptQueue, people, preferences, sync }) {
  const { chat } = shown;
  const distinct = distinctRows(shown, decryptQueue);
  const theirs = distinct.filter(({ row }) => !row.mine);
  const usualDelay = usualDelays(theirs.map(({ row }) => ({ row, sentAtMs: contents.known(row).words?.sentAtMs })));
  const isSecond = inSecondBrowser(people.get(shown.email));
  const { browser: here } = cipher;
  const isUnlisted = (/** @type {MessageRow} */ { mine, browser = here }) =>
    (mine ? browser !== here && !people.isOwnBrowser(browser) : isSecond(browser));
  const around = { chat, isReadTold: preferences.readReceipts, ownBrowser: here, isUnlisted, usualDelay };
  const placed = distinct.map(({ row, key }) => {
    const known = contents.known(row);
    return { row, words: known.words, item: storedItem(row, known, { ...around, key }) };
  });
  const gaps = sync.isSettled ? shown.gaps.filter((gap) => sync.isComplete || isWithin(gap, shown)) : [];
  const mayHaveGone = Boolean(chat.timer?.wasOn);
  const told = gaps.map((gap) => ({ ...gap, mayBeBlocked: mayBeBlocked(gap, shown) }));
  return arranged(placed, told, aroundOf(shown, here)).map((item) => (item.kind === "gap" ? { ...item, mayHaveGone } : item));
}

/**
 * @param {import("../history/gaps.js").Gap} gap
 * @param {Shown & { chat: ChatRow }} shown
 * @returns {boolean} whether the peer was blocked and what follows came after that: what was sent meanwhile was not taken
 */
function mayBeBlocked({ before }, { chat: { blocked }, rows }) {
  const next = rows.find(({ id }) => id === before);
  return blocked?.is === false && (next?.arrivedAtMs ?? Infinity) >= blocked.atMs;
}

/**
 * @param {import("../history/gaps.js").Gap} gap
 * @param {Shown} shown
 * @returns {boolean} false: the gap is before the newest screen, whose earlier messages are not fetched yet
 */
function isWithin({ before }, { hasOlder, rows }) {
  return !hasOlder || before !== rows[0]?.id;
}

/**
 * @param {Shown & { chat: ChatRow }} shown
 * @param {string} here this browser
 */
function aroundOf({ chat: { heads = {} }, hasOlder, rows, unsent }, here) {
  const browsers = rows.filter(({ mine, browser }) => !mine && browser).map(({ browser }) => browser);
  return {
    hasOlder,
    silent: new Set(rows.filter(({ hidden }) => hidden).map(placeOf)),
    unsent: new Set(unsent.map(({ counter }) => counter)),
    browsers: new Set([...browsers, ...Object.keys(heads)]).size,
    ownBrowsers: new Set([here, ...rows.filter(({ mine }) => mine).map(({ browser = here }) => browser)]).size,
  };
}

/**
 * @param {Shown} shown
 * @param {People} people
 * @returns {ChangeItem[]} within the shown part
 */
function changes({ email, hasOlder, rows }, people) {
  const first = hasOlder ? (rows[0]?.createdAtMs ?? Infinity) : 0;
  const person = people.get(email);
  return changeItems(person?.changes ?? [], people.renamings(email), secondBrowsers(person))
    .filter(({ at }) => at.getTime() >= first);
}

/**
 * @param {Shown} shown
 * @returns {Echo[]} those that were not read from the database yet
 */
function echoesAlone({ echoes, rows, unsent }) {
  const known = new Set([...rows.filter(hasContent), ...unsent].map(({ clientId }) => clientId));
  return [...echoes.values()].filter(({ clientId }) => !known.has(clientId));
}

/**
 * @param {Shown} shown
 * @param {DecryptQueue} decryptQueue
 * @returns {ReturnType<typeof withKeys>} each message once, however often the server has delivered it
 */
function distinctRows({ echoes, rows, strays, unsent }, decryptQueue) {
  const visible = [...strays, ...rows].filter(({ hidden }) => !hidden);
  const waiting = new Set([...unsent.map(({ clientId }) => clientId), ...echoes.keys()]);
  // Another message with an own client_id may be a repetition, until decryption was tried.
  return withKeys(visible, waiting).filter(({ row, isOther }) => !isOther || hasContent(row) || decryptQueue.failure(row));
}

/**
 * @param {MessageRow} row
 * @returns {boolean} whether this browser has its content
 */
export function hasContent({ sealed }) {
  return sealed !== undefined;
}
