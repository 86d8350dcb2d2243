/**
 * The places of messages that were deleted for both (docs/protocol.md §5.9). The server has such a message no more, so who had not
 * fetched it before never gets it, or gets it after its deletion.
 */
import { typeOf } from "../../types/content-types.js";

// Whoever holds a key of the chat can make up as many as they like. A chain that has passed a place does not need it any more.
const PLACES_LIMIT = 500;

/**
 * @param {ChatRow} chat
 * @param {StoredContent} content just decrypted or written
 * @returns {ChatRow} the changed chat, not stored yet
 */
export function withDeletedPlace(chat, { type, v, body, replaces }) {
  const place = typeOf(type, v).deletes?.(body);
  if (!place || !replaces) {
    return chat;
  }
  const others = (chat.deleted ?? []).filter(({ browser, counter }) => browser !== place.browser || counter !== place.counter);
  return { ...chat, deleted: [...others, { ...place, hash: replaces }].slice(-PLACES_LIMIT) };
}

/**
 * @param {ChatRow} chat
 * @param {string} browser of the peer
 * @param {Map<number, string>} [cleared] the hashes of messages that were cleared here, by counter
 * @returns {Map<number, string>} the same with those that were deleted for both
 */
export function withDeleted(chat, browser, cleared = new Map()) {
  const deleted = (chat.deleted ?? []).filter((place) => place.browser === browser);
  return new Map([...deleted.map(({ counter, hash }) => /** @type {const} */ ([counter, hash])), ...cleared]);
}
