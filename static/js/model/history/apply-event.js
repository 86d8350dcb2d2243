/**
 * Applies one event of the server to the stores. An event may arrive several times and in several ways; the result does not
 * depend on the order.
 */
import { chatOrNew, get, messageIds, waitingReceipts } from "../../storage/queries.js";
import { receipt } from "../../types/receipt-type.js";
import { isSameEnvelope, isSameMessage, mergeTimes, newRow, wasSentAs } from "./message-rows.js";
import { isRepetition } from "./repetitions.js";
import { isBlocked } from "./standing.js";

/** @import { MessageEvent } from "../server/responses.js" */

/**
 * What the applied events have changed.
 * @typedef {object} Change
 * @property {Map<ChatId, ChatRow>} chats those that changed, by id
 * @property {number[]} arrived ids of messages from others that were not here before
 * @property {boolean} isLive whether all earlier events of the server are here
 * @property {Set<ChatId>} receipts the chats in which receipts have come
 */

// A receipt says all that earlier ones said. More than one is kept in case the newest cannot be decrypted.
const RECEIPTS_KEPT = 20;
// How many messages are kept per id besides the newest. An honest server reuses an id only after it was restored.
const PLACES_BESIDE = 15;

/**
 * @param {Stores} stores
 * @param {MailboxEvent} event
 * @param {Change} change
 */
export async function enterEvent(stores, event, change) {
  if (event.type === "message") {
    await enterMessage(stores, event, change);
  } else if (event.type === "status") {
    await enterStatus(stores, event, change);
  } else if (event.type === "cleared") {
    await enterClearing(stores, event, change);
  }
}

/**
 * @param {Stores} stores
 * @param {MessageEvent} event
 * @param {Change} change
 */
async function enterMessage(stores, { message }, change) {
  if (isReceipt(message)) {
    await enterReceipt(stores, message, change);
    return;
  }
  const chat = await enterChat(stores, message.chat, change);
  if (isBlocked(chat) && !message.mine) {
    return;
  }
  if (await putMessage(stores, message, change.isLive)) {
    change.arrived.push(message.id);
  }
}

/**
 * @param {ServerMessage} message
 * @returns {boolean} whether the envelope says that it is a receipt; its content decides
 */
function isReceipt({ raw }) {
  return raw.message_type === receipt.messageType;
}

/**
 * @param {Stores} stores
 * @param {ServerMessage} message one's own receipts are dropped
 * @param {Change} change
 */
async function enterReceipt(stores, message, change) {
  if (!message.mine && !isBlocked(await chatOrNew(stores("chats"), message.chat))) {
    await putReceipts(stores, [message]);
    change.receipts.add(message.chat);
  }
}

/**
 * Stores the peers' receipts among the messages, until they are decrypted.
 * @param {Stores} stores
 * @param {ServerMessage[]} messages
 */
export async function putReceipts(stores, messages) {
  for (const { id, chat, peer, raw } of messages.filter((message) => isReceipt(message) && !message.mine)) {
    const waiting = await waitingReceipts(stores("receipts"), chat);
    waiting.slice(0, Math.max(0, waiting.length - RECEIPTS_KEPT + 1)).forEach((row) => stores("receipts").delete(row.id));
    stores("receipts").put({ id, chat, peer, raw });
  }
}

/**
 * @param {Stores} stores
 * @param {ChatId} id
 * @param {Change} change
 * @returns {Promise<ChatRow>} the stored chat; a new one is stored if there was none
 */
async function enterChat(stores, id, change) {
  const chat = change.chats.get(id) ?? (await chatOrNew(stores("chats"), id));
  if (!change.chats.has(id)) {
    change.chats.set(id, chat);
    stores("chats").put(chat);
  }
  return chat;
}

/**
 * @param {Stores} stores
 * @param {ServerMessage} message
 * @param {boolean} [isLive]
 * @returns {Promise<boolean>} whether it is a new message of the peer
 */
export async function putMessage(stores, message, isLive = false) {
  if (isReceipt(message)) {
    return false;
  }
  const messages = stores("messages");
  const found = await get(messages, message.id);
  const sent = await sentAs(stores, message);
  if (sent) {
    await putSent(stores, { message, sent, found, isLive });
    return false;
  }
  // A message that could not be decrypted may have been altered. The version that comes now may be right.
  const isHealing = Boolean(found?.raw && !found.pending && !isSameEnvelope(found, message));
  if (found && isSameMessage(found, message) && !isHealing) {
    messages.put(mergeTimes(found, message));
    return false;
  }
  if (found && !isHealing && !isRepetition(found) && !(await moveAside(messages, found))) {
    return false;
  }
  messages.put(newRow(message, null, isLive));
  return !message.mine;
}

/**
 * Stores a message that was sent from here. Its content is known, so it replaces a message with its id that could not be
 * decrypted.
 * @param {Stores} stores
 * @param {{ message: ServerMessage, sent: OutboxRow, found: MessageRow | undefined, isLive: boolean }} given found: the
 *   stored message with that id
 */
async function putSent(stores, { message, sent, found, isLive }) {
  const messages = stores("messages");
  const isOther = found && !isSameMessage(found, message) && !isRepetition(found);
  if (isOther && !(await moveAside(messages, found)) && found.sealed) {
    return;
  }
  stores("outbox").delete(sent.clientId);
  messages.put(newRow(message, sent, isLive));
}

/**
 * Moves a stored message to a fractional id below its own, because a restored server gives the same ids to other messages.
 * @param {IDBObjectStore} messages
 * @param {MessageRow} row
 * @returns {Promise<boolean>} false: there is no free id, because the id came too often, or is too large for a fraction
 */
async function moveAside(messages, row) {
  const id = await freeIdBeside(messages, row.id);
  if (id !== null) {
    messages.put({ ...row, id, due: undefined });
  }
  return id !== null;
}

/**
 * @param {IDBObjectStore} messages
 * @param {number} taken
 * @returns {Promise<number | null>}
 */
export async function freeIdBeside(messages, taken) {
  // The message that was moved last is next to the new one.
  for (let place = PLACES_BESIDE; place > 0; place -= 1) {
    const id = taken - place / (PLACES_BESIDE + 1);
    if (id < taken && id > taken - 1 && !(await get(messages, id))) {
      return id;
    }
  }
  return null;
}

/**
 * @param {Stores} stores
 * @param {ServerMessage} message
 * @returns {Promise<OutboxRow | null>} the row that it was sent from; null: none, or the message differs from it
 */
async function sentAs(stores, message) {
  const row = message.mine && message.clientId ? await get(stores("outbox"), message.clientId) : undefined;
  return row?.envelope && wasSentAs(row.envelope, message) ? row : null;
}

/**
 * @param {Stores} stores
 * @param {StatusEvent} event
 * @param {Change} change
 */
async function enterStatus(stores, event, change) {
  const found = await get(stores("messages"), event.id);
  if (found && found.clientId === event.clientId) {
    await enterChat(stores, found.chat, change);
    stores("messages").put(mergeTimes(found, event));
  }
}

/**
 * Notes that the server says that the chat was cleared. It hides nothing: only the person clears a chat here (clearing.js).
 * @param {Stores} stores
 * @param {ClearedEvent} event
 * @param {Change} change
 */
async function enterClearing(stores, { chat: id }, change) {
  const chat = await enterChat(stores, id, change);
  const { ownClearings = 0 } = chat;
  const isEmpty = (await messageIds(stores("messages"), id)).length === 0;
  const told = ownClearings > 0 ? { ownClearings: ownClearings - 1 } : { clearedElsewhere: !isEmpty };
  const changed = { ...chat, ...told };
  change.chats.set(id, changed);
  stores("chats").put(changed);
}
