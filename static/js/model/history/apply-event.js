/**
 * How one thing that the server tells is entered into the stores. It may come several times and several ways: whatever
 * comes first, the result is the same.
 */
import { chatOrNew, get, messageIds, waitingReceipts } from "../../storage/queries.js";
import { receipt } from "../../types/receipt-type.js";
import { isSameEnvelope, isSameMessage, mergeTimes, newRow, wasSentAs } from "./message-rows.js";

/** @import { MessageEvent } from "../server/responses.js" */

/**
 * What entering events has changed.
 * @typedef {object} Change
 * @property {Map<string, ChatRow>} chats those that look different now, by email
 * @property {number[]} arrived ids of messages from others that were not here before
 * @property {boolean} isLive all that the server had before stands here
 * @property {Set<string>} receipts emails of those of whom receipts have come
 */

// Each says all that the ones before it did. More than one are kept only in case the newest does not open.
const RECEIPTS_KEPT = 20;
// How many messages of one id are kept beside the newest. An honest server is restored less often.
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
  await enterChat(stores, message.peer, change);
  if (await putMessage(stores, message, change.isLive)) {
    change.arrived.push(message.id);
  }
}

/**
 * @param {ServerMessage} message
 * @returns {boolean} whether it is said to be one; what it is, its content says
 */
function isReceipt({ raw }) {
  return raw.message_type === receipt.messageType;
}

/**
 * @param {Stores} stores
 * @param {ServerMessage} message one's own are of no use here
 * @param {Change} change
 */
async function enterReceipt(stores, { id, peer, mine, raw }, change) {
  if (!mine) {
    const waiting = await waitingReceipts(stores("receipts"), peer);
    waiting.slice(0, Math.max(0, waiting.length - RECEIPTS_KEPT + 1)).forEach((row) => stores("receipts").delete(row.id));
    stores("receipts").put({ id, peer, raw });
    change.receipts.add(peer);
  }
}

/**
 * @param {Stores} stores
 * @param {string} peer
 * @param {Change} change
 * @returns {Promise<ChatRow>} which stands in the store now, if it did not before
 */
async function enterChat(stores, peer, change) {
  const chat = change.chats.get(peer) ?? (await chatOrNew(stores("chats"), peer));
  if (!change.chats.has(peer)) {
    change.chats.set(peer, chat);
    stores("chats").put(chat);
  }
  return chat;
}

/**
 * @param {Stores} stores
 * @param {ServerMessage} message
 * @param {boolean} [isLive]
 * @returns {Promise<boolean>} whether it is a message from the other person that was not here before
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
  // One that did not open may have been altered on its way: what is told of it now may be true.
  const isHealing = Boolean(found?.raw && !found.pending && !isSameEnvelope(found, message));
  if (found && isSameMessage(found, message) && !isHealing) {
    messages.put(mergeTimes(found, message));
    return false;
  }
  if (found && !isHealing && !(await moveAside(messages, found))) {
    return false;
  }
  messages.put(newRow(message, null, isLive));
  return !message.mine;
}

/**
 * What it says is known here, so that nothing that could not be opened under its id takes its place.
 * @param {Stores} stores
 * @param {{ message: ServerMessage, sent: OutboxRow, found: MessageRow | undefined, isLive: boolean }} given found: what
 *   stands here under that id
 */
async function putSent(stores, { message, sent, found, isLive }) {
  const messages = stores("messages");
  const isOther = found && !isSameMessage(found, message);
  if (isOther && !(await moveAside(messages, found)) && found.sealed) {
    return;
  }
  stores("outbox").delete(sent.clientId);
  messages.put(newRow(message, sent, isLive));
}

/**
 * A server that was restored gives the same ids to other messages. What was here stays, beside the newcomer.
 * @param {IDBObjectStore} messages
 * @param {MessageRow} row
 * @returns {Promise<boolean>} false: there is no place left, because the id came too often, or is too large for a fraction
 */
async function moveAside(messages, row) {
  // The latest stands next to the newcomer.
  for (let place = PLACES_BESIDE; place > 0; place -= 1) {
    const id = row.id - place / (PLACES_BESIDE + 1);
    if (id < row.id && id > row.id - 1 && !(await get(messages, id))) {
      messages.put({ ...row, id, due: undefined });
      return true;
    }
  }
  return false;
}

/**
 * @param {Stores} stores
 * @param {ServerMessage} message
 * @returns {Promise<OutboxRow | null>} the row that it was sent from; null: none, or the server has changed it
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
    await enterChat(stores, found.peer, change);
    stores("messages").put(mergeTimes(found, event));
  }
}

/**
 * It hides nothing: what is cleared here, somebody here has cleared (clearing.js).
 * @param {Stores} stores
 * @param {ClearedEvent} event
 * @param {Change} change
 */
async function enterClearing(stores, { peer }, change) {
  const chat = await enterChat(stores, peer, change);
  const { ownClearings = 0 } = chat;
  const isEmpty = (await messageIds(stores("messages"), peer)).length === 0;
  const told = ownClearings > 0 ? { ownClearings: ownClearings - 1 } : { clearedElsewhere: !isEmpty };
  const changed = { ...chat, ...told };
  change.chats.set(peer, changed);
  stores("chats").put(changed);
}
