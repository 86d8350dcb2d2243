/**
 * A message that was opened here before, and that the server has delivered again under another id (docs/protocol.md
 * §10.4). Its hash tells: it covers the people, the browser, the counter and the text. The hash is kept encrypted, so
 * it is compared outside of transactions.
 */
import { messagesAtCounter } from "../storage/queries.js";
import { messageRecord } from "./vault.js";

/** @typedef {{ compared: Set<number>, first: MessageRow | undefined }} Twins the ids that were looked at; the same message */

/**
 * @param {Stores} stores of a transaction with `messages`
 * @param {MessageRow} row of the peer's
 * @param {StoredContent} content
 * @returns {Promise<MessageRow[]>} those of the same browser with the same counter, under other ids
 */
export async function candidates(stores, row, { browser, counter }) {
  const rows = await messagesAtCounter(stores("messages"), row.peer, browser, counter);
  return rows.filter(({ id, repeats }) => id !== row.id && !repeats);
}

/**
 * The same counter with another text is no repetition: a browser whose storage was put back may have given it twice.
 * @param {{ database: Database, vault: Vault }} parts
 * @param {MessageRow} row of the peer's
 * @param {StoredContent} content
 * @returns {Promise<Twins>}
 */
export async function twinsOf({ database, vault }, row, content) {
  const rows = await database.read(["messages"], (stores) => candidates(stores, row, content));
  const hashes = await Promise.all(rows.map((other) => hashOf(vault, other)));
  return { compared: new Set(rows.map(({ id }) => id)), first: rows[hashes.indexOf(content.hash)] };
}

/**
 * @param {Vault} vault
 * @param {MessageRow} row that was opened
 * @returns {Promise<string | null>} null: it cannot be read any more
 */
async function hashOf(vault, row) {
  try {
    return (await vault.open(messageRecord(row), /** @type {Sealed} */ (row.sealed))).hash;
  } catch {
    return null;
  }
}
