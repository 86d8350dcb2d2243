/**
 * The drafts that the browsers of one person share. Each names the changes that it contains: by browser, the time of its last one. A
 * draft that contains all changes of another takes its place; drafts that were changed apart are joined, in each browser to the same.
 */
import { joined } from "../../lib/draft-merge.js";
import { peerOf } from "../../storage/chat-ids.js";
import { chatOrNew } from "../../storage/queries.js";
import { draftRecord, nonceOf } from "../keys/storage-cipher.js";

/** @typedef {Record<string, number>} Changes milliseconds by browser */
/** @typedef {{ text: string, changes: Changes }} SharedDraft */
/** @typedef {{ database: Database, cipher: StorageCipher }} Parts */

const ATTEMPTS_LIMIT = 5;

/**
 * @param {Parts} parts
 * @param {ChatId} chatId
 * @returns {Promise<SharedDraft | null>} null: there was never one
 */
export async function draftToShare({ database, cipher }, chatId) {
  const { draft, draftChanges } = await database.write(["chats"], async (stores) => {
    const chat = await chatOrNew(stores("chats"), chatId);
    if (nonceOf(chat.draft) === (chat.draftShared ?? "")) {
      return chat;
    }
    const at = Math.max(Date.now(), latest(chat.draftChanges) + 1);
    const now = { ...chat, draftChanges: { ...chat.draftChanges, [cipher.browser]: at }, draftShared: nonceOf(chat.draft) };
    stores("chats").put(now);
    return now;
  });
  return draftChanges === undefined ? null : { text: await textOf(cipher, chatId, draft), changes: draftChanges };
}

/**
 * @param {Parts} parts
 * @param {ChatId} chatId
 * @param {SharedDraft} shared by another browser
 * @returns {Promise<{ draft: SharedDraft | null, isChanged: boolean }>} what is shared now; isChanged: there is another text here now
 */
export async function takeDraft(parts, chatId, shared) {
  const { database, cipher } = parts;
  for (let attempt = 0; attempt < ATTEMPTS_LIMIT; attempt += 1) {
    const here = await draftToShare(parts, chatId);
    const next = merged(here ?? { text: "", changes: {} }, shared);
    const isChanged = next.text !== (here?.text ?? "");
    const draft = next.text === "" ? null : await cipher.seal(draftRecord(peerOf(chatId)), next.text);
    const isKept = await database.write(["chats"], async (stores) => {
      const chat = await chatOrNew(stores("chats"), chatId);
      const isSame = nonceOf(chat.draft) === (chat.draftShared ?? "") && isEqual(chat.draftChanges, here?.changes);
      if (isSame) {
        const text = isChanged ? { draft, draftShared: nonceOf(draft) } : {};
        stores("chats").put({ ...chat, ...text, draftChanges: next.changes });
      }
      return isSame;
    });
    if (isKept) {
      return { draft: next, isChanged };
    }
  }
  return { draft: await draftToShare(parts, chatId), isChanged: false };
}

/**
 * @param {SharedDraft} one
 * @param {SharedDraft} other
 * @returns {SharedDraft} the same for both orders
 */
export function merged(one, other) {
  const [isOld, isNew] = [contains(other, one), contains(one, other)];
  if (isOld !== isNew) {
    return isOld ? other : one;
  }
  // The last comparison makes the order the same everywhere.
  const [first, second] = [one, other].sort((left, right) =>
    latest(left.changes) - latest(right.changes) || left.text.length - right.text.length || (left.text < right.text ? -1 : 1));
  const names = Object.keys({ ...one.changes, ...other.changes }).sort();
  const changes = Object.fromEntries(names.map((name) => [name, Math.max(one.changes[name] ?? 0, other.changes[name] ?? 0)]));
  return { text: isOld ? second.text : joined(first.text, second.text), changes };
}

/**
 * @param {SharedDraft} one
 * @param {SharedDraft} other
 * @returns {boolean} whether the one contains all changes of the other
 */
export function contains({ changes }, other) {
  return Object.entries(other.changes).every(([browser, at]) => at <= (changes[browser] ?? 0));
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
