/** Removes the contents of messages that were deleted or have expired from the storage. Their places in the chain stay (docs/protocol.md §5.9). */
import { chatOrNew, get, messagesAfter, unsent } from "../../storage/queries.js";
import { loadVersion, typeOf } from "../../types/content-types.js";
import { goneAtMs } from "../../types/expiry.js";
import { chatState } from "../../types/message-states.js";
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
  const { endsNoted: before } = await database.read(["chats"], (stores) => chatOrNew(stores("chats"), chat));
  const opened = await openedOf({ database, cipher }, chat);
  const sent = await unsentOf({ database, cipher }, chat);
  const { messages } = chatState([...opened.map(({ row, content }) => ({ ...content, mine: row.mine })), ...sent]);
  const now = Date.now();
  const endOf = (/** @type {Opened} */ { row, content }) => goneAtMs(content, row.arrivedAtMs ?? content.sent_at);
  const over = new Set(opened.filter((one) => endOf(one) <= now).map(({ content }) => content.hash));
  const isDeleted = (/** @type {string | null | undefined} */ hash) => Boolean(hash && (messages.get(hash)?.isDeleted || over.has(hash)));
  const names = (/** @type {StoredContent} */ { type, body, hash, replaces }) =>
    isDeleted(hash) || isDeleted(replaces) || (type === "reaction" && isDeleted(readReaction(body)?.on));
  const left = opened.filter(({ content: { type, v, body } }) => !typeOf(type, v).deletes && body !== "");
  const gone = left.filter(({ content }) => names(content));
  for (const { row, content } of gone) {
    await erase({ database, cipher }, row, content, over.has(content.hash));
  }
  const erased = new Set(gone);
  const ends = [...left.filter((one) => !erased.has(one)).map(endOf), ...sent.map((content) => goneAtMs(content, content.sent_at))];
  await note(database, chat, { before, endsAtMs: Math.min(Infinity, ...ends), hasErased: gone.length > 0 });
}

/**
 * @param {Database} database
 * @param {ChatId} chatId
 * @param {{ before: number | undefined, endsAtMs: number, hasErased: boolean }} found before: `endsNoted` when
 *   the messages were read
 */
function note(database, chatId, { before, hasErased, endsAtMs: next }) {
  return database.write(["chats"], async (stores) => {
    const chat = await chatOrNew(stores("chats"), chatId);
    const endsAtMs = chat.endsNoted === before ? next : Math.min(next, chat.endsAtMs ?? Infinity);
    stores("chats").put({ ...chat, endsAtMs, ...(hasErased ? { hasErased, archiveDue: Date.now() } : {}) });
  });
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
