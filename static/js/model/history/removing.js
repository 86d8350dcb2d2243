/** Removes one message for the person, not for the peer, with all that names it (docs/protocol.md §7.4). */
import { readReaction } from "../../types/reaction-type.js";
import { openedOf } from "./erasing.js";

/** @typedef {{ database: Database, cipher: StorageCipher, clearedMessages: ClearedMessages }} Parts */

/**
 * @param {Parts} parts
 * @param {ChatId} chat
 * @param {string} hash of the message
 * @returns {Promise<number[]>} the server's ids of what was removed
 */
export async function removeMessage({ database, cipher, clearedMessages }, chat, hash) {
  const opened = await openedOf({ database, cipher }, chat);
  const gone = opened.filter(({ content: { hash: own, replaces, type, body } }) =>
    own === hash || replaces === hash || (type === "reaction" && readReaction(body)?.on === hash));
  const rows = await clearedMessages.rowsWith(chat, gone.map(({ content }) => content));
  await database.write(["cleared", "messages"], async (stores) => {
    gone.forEach(({ row }) => stores("messages").delete(row.id));
    rows.forEach((row) => stores("cleared").put(row));
  }, { durability: "strict" });
  return gone.map(({ row }) => row.id).filter(Number.isInteger);
}
