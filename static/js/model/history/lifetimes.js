/** Notes in the chat how long its messages are kept, what of it was deleted, and when something has to be removed (docs/protocol.md §5.9). */
import { chatOrNew } from "../../storage/queries.js";
import { goneAtMs } from "../../types/expiry.js";
import { withDeletedPlace } from "./deleted-places.js";

/**
 * In the transaction that stores a content.
 * @param {Stores} stores with `chats`
 * @param {ChatId} chatId
 * @param {StoredContent} content checked
 * @param {{ mine: boolean, isRepeated?: boolean }} how isRepeated: it is here already, or was
 */
export async function noteLifetime(stores, chatId, content, { mine, isRepeated = false }) {
  if (content.v === 2) {
    const chat = await chatOrNew(stores("chats"), chatId);
    const now = Date.now();
    const goneAt = isOfRemoved(chat, content, isRepeated) ? now : goneAtMs(content, now);
    const ends = goneAt < Infinity ? { endsAtMs: Math.min(chat.endsAtMs ?? Infinity, goneAt), endsNoted: (chat.endsNoted ?? 0) + 1 } : {};
    stores("chats").put({ ...withDeletedPlace(chat, content), ...ends, ...(content.type === "timer" ? { timer: latest(chat.timer, content) } : {}),
      ...(content.type === "profile" && mine ? { profileToldMs: Math.max(chat.profileToldMs ?? 0, content.sent_at) } : {}) });
  }
}

/**
 * @param {ChatRow} chat
 * @param {StoredContent} content
 * @param {boolean} isRepeated
 * @returns {boolean} whether it may belong to a message that was deleted or has disappeared before it came
 */
function isOfRemoved({ deleted = [], hasErased }, { type, hash, replaces }, isRepeated) {
  return Boolean(deleted.some((place) => place.hash === hash) || (hasErased && (isRepeated || replaces || type === "reaction")));
}

/**
 * @param {ChatRow["timer"]} timer
 * @param {StoredContent} content of type `timer`
 * @returns {NonNullable<ChatRow["timer"]>} the one that counts, whichever came first
 */
function latest(timer, { body, sent_at: atMs, hash }) {
  const { seconds } = JSON.parse(body);
  const wasOn = Boolean(timer?.wasOn || seconds);
  const isLater = !timer || atMs > timer.atMs || (atMs === timer.atMs && hash > timer.hash);
  return isLater ? { seconds, atMs, hash, wasOn } : { ...timer, wasOn };
}
