/**
 * The drafts that the browsers of one person share. Each names the changes that it contains (by browser, the time of its last one)
 * and the browser in which it was typed. A text that was typed here goes only when it was sent, here or there, and changes only into
 * one that begins with it. A text that came from another browser follows that browser.
 */
import { peerOf } from "../../storage/chat-ids.js";
import { chatOrNew, newestMessages } from "../../storage/queries.js";
import { draftRecord, messageRecord, nonceOf } from "../keys/storage-cipher.js";

/** @typedef {Record<string, number>} Changes milliseconds by browser */
/** @typedef {{ text: string, changes: Changes, by: string }} SharedDraft */
/** @typedef {{ database: Database, cipher: StorageCipher }} Parts */

const ATTEMPTS_LIMIT = 5;
const SENT_LIMIT = 50;

/**
 * @param {Parts} parts
 * @param {ChatId} chatId
 * @returns {Promise<SharedDraft | null>} null: there was never one
 */
export async function draftToShare({ database, cipher }, chatId) {
  const { draft, draftChanges: changes, draftFrom } = await database.write(["chats"], async (stores) => {
    const chat = await chatOrNew(stores("chats"), chatId);
    if (nonceOf(chat.draft) === (chat.draftShared ?? "")) {
      return chat;
    }
    const draftChanges = { ...chat.draftChanges, [cipher.browser]: Math.max(Date.now(), latest(chat.draftChanges) + 1) };
    const now = { ...chat, draftChanges, draftFrom: undefined, draftShared: nonceOf(chat.draft) };
    stores("chats").put(now);
    return now;
  });
  const by = draftFrom ?? cipher.browser;
  return changes === undefined ? null : { text: await textOf(cipher, chatId, draft), changes, by };
}

/**
 * @param {Parts} parts
 * @param {ChatId} chatId
 * @param {SharedDraft} told by another browser
 * @returns {Promise<{ draft: SharedDraft | null, isChanged: boolean, isDoubted: boolean }>} what is shared now; isChanged: there is
 *   another text here now; isDoubted: a message that is not here yet may show that the text here was sent there
 */
export async function takeDraft(parts, chatId, told) {
  const { database, cipher } = parts;
  for (let attempt = 0; attempt < ATTEMPTS_LIMIT; attempt += 1) {
    const here = await draftToShare(parts, chatId);
    const own = here ?? { text: "", changes: {}, by: cipher.browser };
    const isDoubtful = isTyped(own, cipher.browser) && told.text === "" && contains(told, own) && !contains(own, told);
    const wasSent = isDoubtful && (await isSentElsewhere(parts, chatId, own.text));
    const next = chosen(own, told, cipher.browser, wasSent);
    if (next === own) {
      return { draft: here, isChanged: false, isDoubted: isDoubtful };
    }
    const isChanged = next.text !== own.text;
    const draft = next.text === "" ? null : await cipher.seal(draftRecord(peerOf(chatId)), next.text);
    const isKept = await database.write(["chats"], async (stores) => {
      const chat = await chatOrNew(stores("chats"), chatId);
      const isSame = nonceOf(chat.draft) === (chat.draftShared ?? "") && isEqual(chat.draftChanges, here?.changes);
      if (isSame) {
        const text = isChanged ? { draft, draftShared: nonceOf(draft) } : {};
        stores("chats").put({ ...chat, ...text, draftChanges: next.changes, draftFrom: next.by === cipher.browser ? undefined : next.by });
      }
      return isSame;
    });
    if (isKept) {
      return { draft: next, isChanged, isDoubted: false };
    }
  }
  return { draft: await draftToShare(parts, chatId), isChanged: false, isDoubted: false };
}

/**
 * @param {SharedDraft} here
 * @param {SharedDraft} told
 * @param {string} ownBrowser
 * @param {boolean} wasSent whether another browser has sent a message that begins with the text here
 * @returns {SharedDraft} the one that counts here; `here` itself: nothing is taken over
 */
export function chosen(here, told, ownBrowser, wasSent) {
  // A browser also tells what it has taken over. That may be older than what its author has told.
  if (at(told.changes, told.by) <= at(here.changes, told.by)) {
    return here;
  }
  const isNext = contains(told, here);
  const isTaken = isTyped(here, ownBrowser)
    ? isNext && (told.text.startsWith(here.text) || wasSent)
    : here.text === "" || isNext || told.by === here.by;
  return isTaken ? withChanges(told, here.changes) : here;
}

/**
 * @param {SharedDraft} draft
 * @param {string} ownBrowser
 * @returns {boolean} whether its text was typed here
 */
function isTyped({ text, by }, ownBrowser) {
  return text !== "" && by === ownBrowser;
}

/**
 * @param {SharedDraft} draft
 * @param {Changes} more
 * @returns {SharedDraft}
 */
function withChanges(draft, more) {
  if (contains(draft, { ...draft, changes: more })) {
    return draft;
  }
  const names = Object.keys({ ...draft.changes, ...more }).sort();
  return { ...draft, changes: Object.fromEntries(names.map((name) => [name, Math.max(at(draft.changes, name), at(more, name))])) };
}

/**
 * @param {Parts} parts
 * @param {ChatId} chatId
 * @param {string} text
 * @returns {Promise<boolean>} whether one of the latest messages that own other browsers have sent begins with it
 */
async function isSentElsewhere({ database, cipher }, chatId, text) {
  const rows = await database.read(["messages"], (stores) => newestMessages(stores("messages"), chatId, { limit: SENT_LIMIT }));
  const sent = rows.filter(({ mine, sealed, browser }) => mine && sealed && browser !== cipher.browser);
  const bodies = sent.map(async (row) => (await cipher.open(messageRecord(row), /** @type {Sealed} */ (row.sealed))).body);
  return (await Promise.all(bodies.map((body) => body.catch(() => "")))).some((body) => String(body).startsWith(text.trim()));
}

/**
 * @param {SharedDraft} one
 * @param {SharedDraft} other
 * @returns {boolean} whether the one contains all changes of the other
 */
export function contains({ changes }, other) {
  return Object.entries(other.changes).every(([browser, time]) => time <= at(changes, browser));
}

/**
 * @param {Changes} changes
 * @param {string} browser
 */
function at(changes, browser) {
  return changes[browser] ?? 0;
}

/** @param {Changes} [changes] */
function latest(changes = {}) {
  return Math.max(0, ...Object.values(changes));
}

/**
 * @param {Changes} [one]
 * @param {Changes} [other]
 */
function isEqual(one = {}, other = {}) {
  return JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
}

/**
 * @param {StorageCipher} cipher
 * @param {ChatId} chatId
 * @param {Sealed | null} draft
 * @returns {Promise<string>}
 */
async function textOf(cipher, chatId, draft) {
  return draft ? cipher.open(draftRecord(peerOf(chatId)), draft).catch(() => "") : "";
}
