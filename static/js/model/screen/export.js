/**
 * Reads all that this browser holds of the account, decrypted, for a download. Only one batch of messages is in memory at a
 * time, and the page goes on meanwhile.
 */
import { chatWith, peerOf } from "../../storage/chat-ids.js";
import { result } from "../../storage/database.js";
import { all, countMessages, messagesAfter, unsent } from "../../storage/queries.js";
import { loadVersion } from "../../types/content-types.js";
import { unshownChats } from "../history/standing.js";
import { draftRecord, messageRecord } from "../keys/storage-cipher.js";
import { acknowledgement } from "../receipts/peer-receipts.js";
import { ChangedTexts } from "./changed-texts.js";

/**
 * @typedef {object} ExportedMessage
 * @property {string} at when the server had it, or when it was written if the server has not; ISO 8601
 * @property {string} from email
 * @property {boolean} mine
 * @property {"sent" | "delivered" | "read" | "sending" | "failed" | "held" | null} state null: not one's own
 * @property {string | null} type null: this browser cannot open it
 * @property {string | null} text null: it has none, or this browser cannot open it
 * @property {string} [body] of a type without a text
 */
/** @typedef {{ email: string, displayName: string, nickname?: string, isContact: boolean, comparedAt: string | null }} ExportedPerson */
/** @typedef {{ kind: "account", email: string, displayName: string, createdAt: string, people: ExportedPerson[], messages: number, isOneChat: boolean }} AccountPart
 *   messages: how many are stored, those included that are not shown; isOneChat: the rest is left out */
/** @typedef {{ kind: "chat", email: string, displayName: string, draft: string }} ChatPart */
/** @typedef {{ kind: "messages", messages: ExportedMessage[], read: number }} MessagesPart of the last chat; read: rows */
/** @typedef {AccountPart | ChatPart | MessagesPart} ExportPart */
/** @typedef {{ database: Database, cipher: StorageCipher, people: People, user: User }} Own */

const BATCH = 250;

/**
 * @param {Own} own
 * @param {string} [only] the other person of the one chat that is wanted; none: all
 * @returns {AsyncGenerator<ExportPart, void, void>}
 */
export async function* exportedParts(own, only) {
  const { database, user } = own;
  const { people, chats, messages } = await database.read(["people", "chats", "messages"], async (stores) => ({
    people: (await all(stores("people"))).filter((person) => only === undefined || person.email === only),
    chats: (await all(stores("chats"))).filter((chat) => only === undefined || chat.id === chatWith(only)),
    messages: await (only === undefined ? result(stores("messages").count()) : countMessages(stores("messages"), chatWith(only))),
  }));
  const names = new Map(people.map(({ email, displayName }) => [email, displayName ?? ""]));
  const { email, displayName, createdAtMs } = user;
  const known = people.map((row) => exportedPerson(row, own.people.nickname(row.email)?.value || undefined));
  yield { kind: "account", email, displayName, createdAt: iso(createdAtMs), people: known, messages, isOneChat: only !== undefined };
  const unshown = await unshownChats(database);
  for (const chat of chats.filter(({ id }) => !unshown.has(id))) {
    const draft = chat.draft ? await own.cipher.open(draftRecord(peerOf(chat.id)), chat.draft).catch(() => "") : "";
    yield { kind: "chat", email: peerOf(chat.id), displayName: names.get(peerOf(chat.id)) ?? "", draft };
    yield* messagesOf(own, chat);
  }
}

/**
 * @param {Own} own
 * @param {ChatRow} chat
 * @returns {AsyncGenerator<MessagesPart, void, void>}
 */
async function* messagesOf(own, chat) {
  const changes = await changesIn(own, chat.id);
  let after = 0;
  for (;;) {
    const from = after;
    const rows = await own.database.read(["messages"], (stores) => messagesAfter(stores("messages"), chat.id, from, BATCH));
    const shown = rows.filter(({ hidden }) => !hidden);
    const messages = await Promise.all(shown.map((row) => exportedMessage(own, changes, row, row.mine ? acknowledgement(chat, row, own.cipher.browser) : null)));
    yield { kind: "messages", messages, read: rows.length };
    if (rows.length < BATCH) {
      break;
    }
    after = rows[rows.length - 1]?.id ?? Infinity;
  }
  const waiting = await own.database.read(["outbox"], (stores) => unsent(stores("outbox"), chat.id));
  const rows = waiting.filter(({ isSkip, hidden, isCleared }) => !isSkip && !hidden && !isCleared);
  yield { kind: "messages", messages: await Promise.all(rows.map((row) => exportedMessage(own, changes, row, row.state))), read: 0 };
}

/**
 * Edits and deletions stand after what they change, and are not shown themselves.
 * @param {Own} own
 * @param {ChatId} chat
 */
async function changesIn({ database, cipher }, chat) {
  const changes = new ChangedTexts();
  for (let after = 0, isMore = true; isMore;) {
    const from = after;
    const rows = await database.read(["messages"], (stores) => messagesAfter(stores("messages"), chat, from, BATCH));
    const hidden = rows.filter((row) => row.hidden && row.sealed);
    const contents = await Promise.all(hidden.map((row) => cipher.open(messageRecord(row), /** @type {Sealed} */ (row.sealed)).catch(() => null)));
    contents.forEach((content, index) => content && changes.note(content, Boolean(hidden[index]?.mine)));
    [after, isMore] = [rows.at(-1)?.id ?? 0, rows.length === BATCH];
  }
  return changes;
}

/**
 * @param {Own} own
 * @param {ChangedTexts} changes
 * @param {MessageRow | OutboxRow} row
 * @param {ExportedMessage["state"]} state
 * @returns {Promise<ExportedMessage>}
 */
async function exportedMessage({ cipher, user }, changes, row, state) {
  const mine = !("mine" in row) || row.mine;
  const message = { at: iso("createdAtMs" in row ? row.createdAtMs : row.atMs), from: mine ? user.email : row.peer, mine, state };
  const content = row.sealed ? await cipher.open(messageRecord(row), row.sealed).catch(() => null) : null;
  if (content === null) {
    return { ...message, type: null, text: null };
  }
  await loadVersion(content.v);
  const text = changes.textOf(content, mine);
  return { ...message, type: content.type, text, ...(text === null ? { body: content.body } : {}) };
}

/**
 * @param {PersonRow} row
 * @param {string} [nickname]
 * @returns {ExportedPerson}
 */
function exportedPerson({ email, displayName, isContact, checked }, nickname) {
  return { email, displayName: displayName ?? "", ...(nickname && { nickname }), isContact, comparedAt: checked && iso(checked.atMs) };
}

/** @param {number} milliseconds */
function iso(milliseconds) {
  return new Date(milliseconds).toISOString();
}
