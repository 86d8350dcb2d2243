/**
 * @param {ChatRow} chat
 * @param {string} browser of the peer
 * @param {Map<number, string>} [cleared] the hashes of messages that were cleared here, by counter
 * @returns {Map<number, string>} the same with the messages that the peer has deleted for both: who had not fetched them before never
 *   gets them (docs/protocol.md §5.9)
 */
export function withDeleted(chat, browser, cleared = new Map()) {
  const deleted = (chat.deleted ?? []).filter((place) => place.browser === browser);
  return new Map([...deleted.map(({ counter, hash }) => /** @type {const} */ ([counter, hash])), ...cleared]);
}
