/**
 * Messages that the server has delivered a second time, with another id (docs/protocol.md §7.3). They are not shown, so a
 * server could fill the disk with them unnoticed. The last ones are kept, so that they are not decrypted again.
 */
import { get } from "../../storage/queries.js";

const REPETITIONS_LIMIT = 200;

/**
 * @param {MessageRow} row
 * @returns {boolean} whether it repeats another message here: it has no place in a chain
 */
export function isRepetition({ sealed, hidden, counter }) {
  return Boolean(sealed && hidden && counter === undefined);
}

/**
 * @param {Stores} stores of a transaction with `messages`
 * @param {ChatRow} chat
 * @param {number} id of a repetition that was stored just now
 * @returns {Promise<ChatRow>} the chat as it is to be stored
 */
export async function withRepetition(stores, chat, id) {
  const ids = [...new Set([...(chat.repetitions ?? []), id])];
  for (const old of ids.slice(0, -REPETITIONS_LIMIT)) {
    const row = await get(stores("messages"), old);
    // The id may be another message's by now.
    if (row?.chat === chat.id && isRepetition(row)) {
      stores("messages").delete(old);
    }
  }
  return { ...chat, repetitions: ids.slice(-REPETITIONS_LIMIT) };
}
