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
 * @param {string} peer
 * @param {string} browser
 * @returns {string} the record name of the head
 */
export function headRecord(peer, browser) {
  return `head ${peer} ${browser}`;
}

/**
 * @param {{ database: Database, cipher: StorageCipher }} parts
 * @param {string} peer
 * @param {string} browser
 * @returns {Promise<Head | null>} null: there is none, or it cannot be decrypted any more
 */
export async function namedHead({ database, cipher }, peer, browser) {
  const { heads } = await database.read(["chats"], (stores) => chatOrNew(stores("chats"), peer));
  const sealed = heads?.[browser]?.named;
  return sealed ? cipher.open(headRecord(peer, browser), sealed).catch(() => null) : null;
}

/**
 * Marks the messages with the head's counter as a conflict, if none has the head's hash.
 * @param {{ database: Database, cipher: StorageCipher }} parts
 * @param {{ peer: string, browser: string, head: Head }} named
 */
export async function markContradicted({ database, cipher }, { peer, browser, head }) {
  const found = await database.read(["messages"], (stores) =>
    messagesAtCounter(stores("messages"), peer, browser, head.counter, TWINS_COMPARED));
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
