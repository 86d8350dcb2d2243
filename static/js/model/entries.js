/**
 * How one thing that the server tells is entered into the stores. It may come several times and several ways: whatever
 * comes first, the result is the same.
 */
import { chatOrNew, get, messageIds } from "../storage/queries.js";
import { isSameMessage, mergeTimes, newRow, wasSentAs } from "./message-rows.js";

/** @import { MessageEvent } from "./answers.js" */

/**
 * What entering events has changed.
 * @typedef {object} Change
 * @property {Map<string, ChatRow>} chats those that look different now, by email
 * @property {number[]} arrived ids of messages from others that were not here before
 */

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
async function enterMessage(stores, { sequence, askedAt, message }, change) {
  const chat = await enterChat(stores, message.peer, change);
  // The answer to a POST has no sequence. If the chat was cleared meanwhile, only the mailbox knows which came first.
  const isCleared = sequence > 0 ? sequence <= chat.clearedAt : (askedAt ?? 0) < chat.clearedAt;
  if (isCleared) {
    await takeFromOutbox(stores, message);
    return;
  }
  if (await putMessage(stores, message)) {
    change.arrived.push(message.id);
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
 * @returns {Promise<boolean>} whether it is from the other person and was not here before
 */
export async function putMessage(stores, message) {
  const messages = stores("messages");
  const sent = await takeFromOutbox(stores, message);
  const found = await get(messages, message.id);
  if (found && isSameMessage(found, message)) {
    messages.put(mergeTimes(found, message));
    return false;
  }
  if (found) {
    await moveAside(messages, found);
  }
  messages.put(newRow(message, sent));
  return !message.mine;
}

/**
 * A server that was restored gives the same ids to other messages. What was here stays, beside the newcomer.
 * @param {IDBObjectStore} messages
 * @param {MessageRow} row
 */
async function moveAside(messages, row) {
  let id = row.id;
  for (let step = 0.5; id === row.id || (await get(messages, id)); step /= 2) {
    id = row.id - step;
  }
  messages.put({ ...row, id, due: undefined });
}

/**
 * @param {Stores} stores
 * @param {ServerMessage} message
 * @returns {Promise<OutboxRow | null>} the row that it was sent from; null: none, or the server has changed it
 */
async function takeFromOutbox(stores, message) {
  const row = message.mine && message.clientId ? await get(stores("outbox"), message.clientId) : undefined;
  if (!row?.envelope || !wasSentAs(row.envelope, message)) {
    return null;
  }
  stores("outbox").delete(row.clientId);
  return row;
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
 * @param {Stores} stores
 * @param {ClearedEvent} event
 * @param {Change} change
 */
async function enterClearing(stores, { peer, sequence }, change) {
  const chat = await enterChat(stores, peer, change);
  if (sequence > chat.clearedAt) {
    const cleared = { ...chat, clearedAt: sequence, older: null, unreadBefore: 0 };
    change.chats.set(peer, cleared);
    stores("chats").put(cleared);
    for (const id of await messageIds(stores("messages"), peer)) {
      stores("messages").delete(id);
    }
  }
}
