/**
 * Stores messages of the archive among those of this browser (docs/protocol.md §14.8). A message that is here stays as it is;
 * one that waits to be decrypted is opened by what the archive says.
 */
import { chatWith } from "../../storage/chat-ids.js";
import { chatOrNew, get, messagesAtCounter } from "../../storage/queries.js";
import { isPlaced, loadVersion, typeOf } from "../../types/content-types.js";
import { freeIdBeside } from "../history/apply-event.js";
import { contentOf } from "../history/chain-check.js";
import { noteLifetime } from "../history/lifetimes.js";
import { isSameMessage, mark, marksOf } from "../history/message-rows.js";
import { noteWritten } from "../history/seen.js";
import { messageRecord } from "../keys/storage-cipher.js";
import { rowOf } from "./archive-content.js";
import { isOver, withoutBody } from "./archive-erasing.js";

/** @import { ArchivedMessage } from "./archive-content.js" */

/** @typedef {{ database: Database, cipher: StorageCipher, clearedMessages: ClearedMessages, people: People }} ImportParts */
/** @typedef {Omit<MessageRow, "chat">} Row */
/** @typedef {{ row: MessageRow, message: ArchivedMessage }} Candidate */
/**
 * What an import has done.
 * @typedef {object} Imported
 * @property {Set<ChatId>} chats that have other messages now
 * @property {Map<string, { chat: ChatId, browser: string }>} chains of the other people, whose ends may have moved
 * @property {Set<ChatId>} due chats of which a message was in the archive that was cleared here
 */

const TWINS_COMPARED = 20;

/**
 * @param {ImportParts} parts
 * @param {ArchivedMessage[]} messages
 * @returns {Promise<Imported>}
 */
export async function importMessages(parts, messages) {
  /** @type {Imported} */
  const done = { chats: new Set(), chains: new Map(), due: new Set() };
  const isGone = await clearedIn(parts, messages);
  const standing = messages.filter((message) => !isGone(message));
  messages.filter((message) => isGone(message) || isOver(message)).forEach(({ peer }) => done.due.add(chatWith(peer)));
  const known = await resealedHere(parts, standing);
  const candidates = await Promise.all(standing.filter((message) => !known.has(message)).map((message) => candidate(parts, message)));
  for (const { row, message } of candidates.filter((one) => !one.row.mine)) {
    await parts.people.hear(row.peer, message.content);
  }
  await parts.database.write(["messages", "chats"], async (stores) => {
    for (const { row, message } of candidates) {
      await enter(stores, { row, message, here: parts.cipher.browser }, done);
    }
  });
  return done;
}

/**
 * @param {ImportParts} parts
 * @param {ArchivedMessage[]} messages
 * @returns {Promise<(message: ArchivedMessage) => boolean>} whether a message was cleared here
 */
export async function clearedIn({ database, clearedMessages }, messages) {
  const ids = [...new Set(messages.map(({ peer }) => chatWith(peer)))];
  const chats = await database.read(["chats"], (stores) => Promise.all(ids.map((id) => chatOrNew(stores("chats"), id))));
  const gone = new Map(await Promise.all(chats.map(async ({ id, clearedThrough = 0 }) =>
    /** @type {const} */ ([id, { clearedThrough, hashes: await clearedMessages.all(id) }]))));
  return ({ id, peer, content: { browser, counter, hash } }) => {
    const { clearedThrough = 0, hashes = new Map() } = gone.get(chatWith(peer)) ?? {};
    return id <= clearedThrough || hashes.get(browser)?.get(counter) === hash;
  };
}

/**
 * A message can be here in another envelope, for it keeps its hash however often it is sealed.
 * @param {ImportParts} parts
 * @param {ArchivedMessage[]} messages
 * @returns {Promise<Set<ArchivedMessage>>}
 */
async function resealedHere({ database, cipher }, messages) {
  const twins = await database.read(["messages"], (stores) => Promise.all(messages.map(({ peer, content: { browser, counter } }) =>
    messagesAtCounter(stores("messages"), chatWith(peer), browser, counter, TWINS_COMPARED))));
  const found = await Promise.all(messages.map(async (message, index) => {
    const row = /** @type {MessageRow} */ (rowOf(message));
    const others = (twins[index] ?? []).filter((twin) => twin.mine === row.mine && !isSameMessage(twin, row));
    const hashes = await Promise.all(others.map(async (twin) => (await contentOf(cipher, twin))?.hash));
    return hashes.includes(message.content.hash) ? [message] : [];
  }));
  return new Set(found.flat());
}

/**
 * @param {ImportParts} parts
 * @param {ArchivedMessage} archived
 * @returns {Promise<Candidate>}
 */
async function candidate({ cipher }, archived) {
  const message = isOver(archived) ? withoutBody(archived) : archived;
  const row = /** @type {MessageRow} */ ({ ...rowOf(message), chat: chatWith(message.peer) });
  const { conflict, content } = { ...row, content: message.content };
  await loadVersion(content.v);
  const hidden = (!isPlaced(content) && !conflict) || (content.body === "" && Boolean(content.expires));
  const sealed = await cipher.seal(messageRecord(row), content);
  // It ends so long after some browser of the person had it, where its writer's clock was ahead.
  const arrivedAtMs = content.expires ? message.at || Date.now() : undefined;
  return { message, row: { ...row, arrivedAtMs, sealed, hidden, ...marksOf(content), archived: true } };
}

/**
 * @param {Stores} stores
 * @param {Candidate & { here: string }} given here: this browser
 * @param {Imported} done
 */
async function enter(stores, { row, message: { content }, here }, done) {
  const messages = stores("messages");
  const found = await get(messages, row.id);
  const present = found && isSameMessage(found, row) ? found : undefined;
  if (present && !present.raw) {
    // It is in some browser's archive, so it need not be in this one's as well.
    messages.put(mark({ ...present, archived: true, seen: present.seen || row.seen }));
    if (row.seen && !present.seen) {
      done.chats.add(row.chat);
    }
    return;
  }
  const id = found && !present ? await freeIdBeside(messages, row.id) : row.id;
  if (id === null || (!present && (await isUnderOtherId(messages, row)))) {
    return;
  }
  await put(stores, { ...row, id }, present);
  await noteWritten(stores, row, here);
  await typeOf(content.type, content.v).apply?.(stores, { chat: row.chat, peer: row.peer, mine: row.mine, ...content });
  await noteLifetime(stores, row.chat, content, row);
  done.chats.add(row.chat);
  if (!row.mine) {
    done.chains.set(`${row.chat} ${row.browser}`, { chat: row.chat, browser: String(row.browser) });
  }
}

/**
 * @param {IDBObjectStore} messages
 * @param {MessageRow} row
 */
async function isUnderOtherId(messages, row) {
  const twins = await messagesAtCounter(messages, row.chat, String(row.browser), row.counter ?? 0, TWINS_COMPARED);
  return twins.some((twin) => isSameMessage(twin, row));
}

/**
 * @param {Stores} stores
 * @param {MessageRow} row
 * @param {MessageRow | undefined} present the same message, not decrypted yet
 */
async function put(stores, row, present) {
  const chat = await chatOrNew(stores("chats"), row.chat);
  stores("chats").put(chat);
  stores("messages").put(mark(present ? joined(row, present, chat) : joined(row, { ...row, unconfirmed: true }, chat)));
}

/**
 * @param {MessageRow} row
 * @param {MessageRow} other the same message
 * @param {ChatRow} chat
 * @returns {MessageRow}
 */
function joined(row, other, { seen: seenUpTo = {} }) {
  const isSeenElsewhere = Number(seenUpTo[String(row.browser)] ?? 0) >= Number(row.counter);
  const seen = row.seen || other.seen || isSeenElsewhere;
  const readAtMs = row.readAtMs || other.readAtMs;
  // It may have been read after it was archived. Until the server has told of it, it counts as neither unread nor read.
  const unconfirmed = (!seen && other.unconfirmed) || undefined;
  const passed = row.passed || other.passed || unconfirmed || (!seen && readAtMs > 0) || undefined;
  return { ...row, seen, passed, unconfirmed, readAtMs, deliveredAtMs: row.deliveredAtMs || other.deliveredAtMs, isLive: other.isLive };
}
