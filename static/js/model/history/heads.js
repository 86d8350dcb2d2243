/**
 * Compares the head of a peer's browser, which its receipts name as the last message sent (docs/protocol.md §5.6), with the
 * message that is here with that counter.
 */
import { chatOrNew, get, messagesAtCounter } from "../../storage/queries.js";
import { messageRecord } from "../keys/storage-cipher.js";

/** @typedef {{ counter: number, hash: string }} Head */

// A peer may give one counter to thousands of messages.
const TWINS_COMPARED = 20;

/**
 * @param {ChatId} chat
 * @param {string} browser
 * @returns {string} the record name of the head
 */
export function headRecord(chat, browser) {
  return `head ${chat} ${browser}`;
}

/**
 * @param {{ database: Database, cipher: StorageCipher }} parts
 * @param {ChatId} chat
 * @param {string} browser
 * @returns {Promise<Head | null>} null: there is none, or it cannot be decrypted any more
 */
export async function namedHead({ database, cipher }, chat, browser) {
  const { heads } = await database.read(["chats"], (stores) => chatOrNew(stores("chats"), chat));
  const sealed = heads?.[browser]?.named;
  return sealed ? cipher.open(headRecord(chat, browser), sealed).catch(() => null) : null;
}

/**
 * Marks the messages with the head's counter as a conflict, if none has the head's hash.
 * @param {{ database: Database, cipher: StorageCipher }} parts
 * @param {{ chat: ChatId, browser: string, head: Head }} named
 */
export async function markContradicted({ database, cipher }, { chat, browser, head }) {
  const found = await database.read(["messages"], (stores) =>
    messagesAtCounter(stores("messages"), chat, browser, head.counter, TWINS_COMPARED));
  const rows = found.filter(({ mine, sealed }) => !mine && sealed);
  const opened = await Promise.allSettled(rows.map((row) => cipher.open(messageRecord(row), /** @type {Sealed} */ (row.sealed))));
  // One that cannot be read any more may be the one.
  if (opened.some((one) => one.status === "rejected" || one.value.hash === head.hash)) {
    return;
  }
  await database.write(["messages"], async (stores) => {
    for (const { id, clientId } of rows) {
      const row = await get(stores("messages"), id);
      if (row?.sealed && row.clientId === clientId) {
        // A skip in a conflict is shown, so that the conflict shows.
        stores("messages").put({ ...row, conflict: true, hidden: row.hidden && !row.isSkip });
      }
    }
  });
}
