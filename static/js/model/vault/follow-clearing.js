/** Clears here what the person has cleared in another browser. That browser asks the server. */
import { chainPart, chatOrNew, get, newestMessages } from "../../storage/queries.js";
import { messageRecord } from "../keys/storage-cipher.js";

const ON_THE_WAY_LIMIT = 50;

/**
 * Remembers as cleared what was cleared here while it was on its way, so that the other browsers clear it too. Before it arrived, it could
 * still have failed, and be shown again.
 * @param {{ database: Database, cipher: StorageCipher, clearedMessages: import("../history/cleared-messages.js").ClearedMessages }} parts
 * @param {ChatId} chatId
 */
export async function rememberClearedOnTheWay({ database, cipher, clearedMessages }, chatId) {
  const rows = await database.read(["chats", "messages"], async (stores) => {
    const { clearedAt } = await chatOrNew(stores("chats"), chatId);
    return clearedAt > 0 ? newestMessages(stores("messages"), chatId, { limit: ON_THE_WAY_LIMIT }) : [];
  });
  const found = rows.filter(({ isForgotten, sealed }) => isForgotten && sealed);
  if (found.length === 0) {
    return;
  }
  const named = await Promise.all(found.map((row) => cipher.open(messageRecord(row), /** @type {Sealed} */ (row.sealed))));
  const cleared = await clearedMessages.rowsWith(chatId, named);
  await database.write(["chats", "cleared", "messages"], async (stores) => {
    cleared.forEach((row) => stores("cleared").put(row));
    for (const { id } of found) {
      const row = await get(stores("messages"), id);
      if (row) {
        stores("messages").put({ ...row, isForgotten: undefined });
      }
    }
    stores("chats").put({ ...(await chatOrNew(stores("chats"), chatId)), archiveDue: Date.now() });
  });
}

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
