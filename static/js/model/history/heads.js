/**
 * What a browser of the peer's says in its receipts that it has sent last, its *head* (docs/protocol.md §5.6), against the
 * message that stands here under that number.
 */
import { chatOrNew, get, messagesAtCounter } from "../../storage/queries.js";
import { messageRecord } from "../keys/storage-cipher.js";

/** @typedef {{ counter: number, hash: string }} Head */

// A peer may give one counter to thousands of messages.
const TWINS_COMPARED = 20;

/**
 * @param {string} peer
 * @param {string} browser
 * @returns {string} the name of the record in which the head is kept
 */
export function headRecord(peer, browser) {
  return `head ${peer} ${browser}`;
}

/**
 * @param {{ database: Database, cipher: StorageCipher }} parts
 * @param {string} peer
 * @param {string} browser
 * @returns {Promise<Head | null>} null: it has named none, or it cannot be read any more
 */
export async function namedHead({ database, cipher }, peer, browser) {
  const { heads } = await database.read(["chats"], (stores) => chatOrNew(stores("chats"), peer));
  const sealed = heads?.[browser]?.named;
  return sealed ? cipher.open(headRecord(peer, browser), sealed).catch(() => null) : null;
}

/**
 * Marks what stands here under the head's counter, where nothing of it has the head's hash.
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
        // A skip that contradicts something is what there is to show of it.
        stores("messages").put({ ...row, conflict: true, hidden: row.hidden && !row.isSkip });
      }
    }
  });
}
