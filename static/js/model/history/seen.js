/** Marks messages as seen, and notes that a receipt is due. */
import { chainPart, chatOrNew, get, marked } from "../../storage/queries.js";
import { mark } from "./message-rows.js";

/**
 * @typedef {object} Seen the ids of the messages that the person has seen
 * @property {number[]} shown those that have been on the screen
 * @property {number[]} passed those jumped over: they are no longer unread, and no receipt says that they were read
 * @property {boolean} atEnd whether the newest message was on the screen
 */

/**
 * @param {Stores} stores
 * @param {ChatId} chatId
 * @param {(id: number) => boolean} isShown
 * @param {Seen} seen the exact ids
 * @returns {Promise<boolean>} whether anything has changed
 */
export async function markSeen(stores, chatId, isShown, { shown, passed, atEnd }) {
  const unread = await marked(stores("messages"), "unread", chatId);
  const former = await Promise.all(shown.map((id) => get(stores("messages"), id)));
  const again = former.flatMap((row) => (row?.chat === chatId && row.passed && !row.seen ? [row] : []));
  const rows = [...unread.filter(({ id }) => isShown(id)), ...again];
  const jumped = new Set(passed);
  const skipped = unread.filter(({ id }) => jumped.has(id) && !isShown(id));
  rows.forEach((row) => stores("messages").put(mark({ ...row, seen: true })));
  skipped.forEach((row) => stores("messages").put(mark({ ...row, passed: true })));
  const chat = await chatOrNew(stores("chats"), chatId);
  const before = atEnd ? chat.unreadBefore : 0;
  if (rows.length + before > 0) {
    const owing = rows.length > 0 ? await owingReceipt(stores, chat, rows) : chat;
    stores("chats").put({ ...owing, unreadBefore: chat.unreadBefore - before });
  }
  return rows.length + skipped.length + before > 0;
}

/**
 * Notes in the chat that a receipt is due, and which messages were on the screen.
 * @param {Stores} stores
 * @param {ChatRow} chat
 * @param {MessageRow[]} seen
 * @returns {Promise<ChatRow>}
 */
export async function owingReceipt(stores, chat, seen) {
  const upTo = { ...chat.seen };
  for (const browser of new Set(seen.flatMap((row) => row.browser ?? []))) {
    upTo[browser] = await seenUpTo(stores, { chat: chat.id, browser, from: upTo[browser] ?? 0 });
  }
  return { ...chat, seen: upTo, receiptDue: Date.now() };
}

const CHAIN_PART = 100;

/**
 * The counter up to which a receipt says "read": it ends before the first message that was not on the screen.
 * @param {Stores} stores
 * @param {{ chat: ChatId, browser: string, from: number }} chain from: the counter up to which it was seen before
 * @returns {Promise<number>}
 */
async function seenUpTo(stores, { chat, browser, from }) {
  const rows = await chainPart(stores("messages"), chat, browser, { from: from + 1 }, CHAIN_PART);
  const end = rows.findIndex((row) => !row.seen && !row.hidden && !row.isQuiet);
  const last = rows[end < 0 ? rows.length - 1 : end - 1]?.counter ?? from;
  return end < 0 && rows.length === CHAIN_PART ? seenUpTo(stores, { chat, browser, from: last }) : last;
}

/**
 * Notes that the user has written in that chat, if the message is of another browser of the user's.
 * @param {Stores} stores
 * @param {MessageRow | null} kept
 * @param {string} here this browser
 */
export async function noteWritten(stores, kept, here) {
  if (kept?.mine && kept.browser !== undefined && kept.browser !== here) {
    stores("chats").put({ ...(await chatOrNew(stores("chats"), kept.chat)), writtenElsewhere: true });
  }
}
