/** Clears here what the person has cleared in another browser. That browser asks the server. */
import { chainPart, chatOrNew } from "../../storage/queries.js";

/**
 * @param {{ database: Database, clearing: import("../history/clearing.js").Clearing }} parts
 * @param {ChatId} chatId
 * @returns {Promise<boolean>} whether anything has changed
 */
export async function followClearing({ database, clearing }, chatId) {
  const { rows, through } = await database.read(["chats", "messages"], async (stores) => {
    const { elsewhere, clearedThrough = 0 } = await chatOrNew(stores("chats"), chatId);
    const found = await messagesAt(stores("messages"), chatId, elsewhere?.cleared ?? {});
    const there = elsewhere?.clearedThrough ?? 0;
    return { rows: found.sort((one, other) => one.id - other.id), through: there > clearedThrough ? there : 0 };
  });
  if (rows.length === 0 && through === 0) {
    return false;
  }
  await clearing.forget(chatId, rows, ({ clearedElsewhere, ownClearings = 0 }) =>
    // The server's event about it comes before or after this.
    (through === 0 ? {} : { clearedThrough: through, unreadBefore: 0, ownClearings: clearedElsewhere ? ownClearings : Math.max(1, ownClearings) }));
  return true;
}

/**
 * @param {IDBObjectStore} messages
 * @param {ChatId} chat
 * @param {Record<string, [number, number][]>} places ranges of counters by browser
 * @returns {Promise<MessageRow[]>} the opened messages there
 */
async function messagesAt(messages, chat, places) {
  const ranges = Object.entries(places).flatMap(([browser, all]) => all.map(([from, to]) => ({ browser, from, to })));
  const parts = await Promise.all(ranges.map(({ browser, ...part }) => chainPart(messages, chat, browser, part, 2 ** 31)));
  return parts.flat();
}
