/** Removes the contents of messages that were deleted or have expired from the storage. Their places in the chain stay (docs/protocol.md §5.9). */
import { get, messagesAfter, unsent } from "../../storage/queries.js";
import { loadVersion, typeOf } from "../../types/content-types.js";
import { chatState, goneAtMs } from "../../types/message-states.js";
import { readReaction } from "../../types/reaction-type.js";
import { messageRecord, nonceOf } from "../keys/storage-cipher.js";
import { contentOf } from "./chain-check.js";
import { mark } from "./message-rows.js";

const BATCH = 500;

/** @typedef {{ row: MessageRow, content: StoredContent }} Opened */

/**
 * @param {{ database: Database, cipher: StorageCipher }} parts
 * @param {ChatId} chat
 */
export async function eraseDeleted({ database, cipher }, chat) {
  await loadVersion(2);
  const opened = await openedOf({ database, cipher }, chat);
  const sent = await unsentOf({ database, cipher }, chat);
  const { messages } = chatState([...opened.map(({ row, content }) => ({ ...content, mine: row.mine })), ...sent]);
  const isDeleted = (/** @type {string | null | undefined} */ hash) => Boolean(hash && messages.get(hash)?.isDeleted);
  const names = (/** @type {StoredContent} */ { type, body, hash, replaces }) =>
    isDeleted(hash) || isDeleted(replaces) || (type === "reaction" && isDeleted(readReaction(body)?.on));
  for (const { row, content } of opened.filter(({ content: { type, v, body } }) => !typeOf(type, v).erases && body !== "")) {
    const isExpired = goneAtMs(content, row.arrivedAtMs ?? content.sent_at) <= Date.now();
    if (isExpired || names(content)) {
      await erase({ database, cipher }, row, content, isExpired);
    }
  }
}

/**
 * @param {{ database: Database, cipher: StorageCipher }} parts
 * @param {ChatId} chat
 * @returns {Promise<import("../../types/message-states.js").Told[]>} what was written here and the server has not confirmed, such as a deletion
 */
async function unsentOf({ database, cipher }, chat) {
  const rows = await database.read(["outbox"], (stores) => unsent(stores("outbox"), chat));
  const contents = await Promise.all(rows.map((row) => contentOf(cipher, row)));
  return contents.flatMap((content) => (content ? [{ ...content, mine: true }] : []));
}

/**
 * @param {{ database: Database, cipher: StorageCipher }} parts
 * @param {ChatId} chat
 * @returns {Promise<Opened[]>}
 */
export async function openedOf({ database, cipher }, chat) {
  /** @type {Opened[]} */
  const opened = [];
  let after = 0;
  for (let rows = [null]; rows.length > 0; ) {
    const from = after;
    const found = await database.read(["messages"], (stores) => messagesAfter(stores("messages"), chat, from, BATCH));
    const read = await Promise.all(found.map(async (row) => ({ row, content: row.sealed ? await contentOf(cipher, row) : null })));
    opened.push(...read.flatMap(({ row, content }) => (content ? [{ row, content }] : [])));
    after = found.at(-1)?.id ?? 0;
    rows = found.length < BATCH ? [] : [null];
  }
  return opened;
}

/**
 * @param {{ database: Database, cipher: StorageCipher }} parts
 * @param {MessageRow} row
 * @param {StoredContent} content
 * @param {boolean} isExpired it is not shown any more; a deleted one keeps its place on the screen
 */
async function erase({ database, cipher }, row, content, isExpired) {
  const sealed = await cipher.seal(messageRecord(row), { ...content, body: "" });
  await database.write(["messages"], async (stores) => {
    const found = await get(stores("messages"), row.id);
    if (found?.sealed && nonceOf(found.sealed) === nonceOf(row.sealed ?? null)) {
      stores("messages").put(mark({ ...found, sealed, hidden: found.hidden || isExpired }));
    }
  });
}
