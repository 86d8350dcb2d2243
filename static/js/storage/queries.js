/**
 * Queries on the stores of an account's database. Each function takes a store of an open transaction.
 */
import { peerOf } from "./chat-ids.js";
import { result } from "./database.js";

/**
 * @param {IDBObjectStore} store
 * @param {IDBValidKey} key
 * @returns {Promise<any>} undefined if there is none
 */
export function get(store, key) {
  return result(store.get(key));
}

/**
 * @param {IDBObjectStore} store
 * @returns {Promise<any[]>}
 */
export function all(store) {
  return result(store.getAll());
}

/**
 * @param {IDBObjectStore} messages
 * @param {ChatId} chat
 * @param {{ from?: number, below?: number, limit: number }} part by id: from ≤ id < below
 * @returns {Promise<MessageRow[]>} the newest of them, oldest first
 */
export function newestMessages(messages, chat, { from = 0, below = Infinity, limit }) {
  const index = messages.index("chat");
  const range = IDBKeyRange.bound([chat, from], [chat, below], false, true);
  return limit === Infinity ? result(index.getAll(range)) : lastOf(index, range, limit);
}

/**
 * @param {IDBObjectStore} messages
 * @param {ChatId} chat
 * @param {number} after an id
 * @param {number} limit
 * @returns {Promise<MessageRow[]>} the next ones, oldest first
 */
export function messagesAfter(messages, chat, after, limit) {
  return result(messages.index("chat").getAll(IDBKeyRange.bound([chat, after], [chat, Infinity], true), limit));
}

/**
 * @param {IDBObjectStore} messages
 * @param {ChatId} chat
 * @param {number} from
 * @returns {Promise<number>} how many messages have that id or a greater one
 */
export function countFrom(messages, chat, from) {
  return result(messages.index("chat").count(IDBKeyRange.bound([chat, from], [chat, Infinity])));
}

/**
 * @param {IDBObjectStore} messages
 * @param {ChatId} chat
 * @returns {Promise<MessageRow | undefined>} the newest that is shown
 */
export async function newestShown(messages, chat) {
  let [row] = await newestMessages(messages, chat, { limit: 1 });
  while (row?.hidden) {
    [row] = await newestMessages(messages, chat, { below: row.id, limit: 1 });
  }
  return row;
}

/**
 * @param {IDBObjectStore} messages
 * @param {number} limit
 * @param {number} [below] an id
 * @returns {Promise<MessageRow[]>} the newest of all chats, oldest first
 */
export function lastMessages(messages, limit, below = Infinity) {
  return lastOf(messages, IDBKeyRange.upperBound(below, true), limit);
}

/**
 * @param {IDBObjectStore} messages
 * @param {number} id
 * @returns {Promise<MessageRow[]>} those of all chats with this id or a greater one, oldest first
 */
export function messagesFrom(messages, id) {
  return result(messages.getAll(IDBKeyRange.lowerBound(id)));
}

/**
 * Two requests, however many rows: a cursor over the keys finds where the last ones begin.
 * @param {IDBObjectStore | IDBIndex} source
 * @param {IDBKeyRange} range
 * @param {number} limit at least 1
 * @returns {Promise<any[]>} the last rows of the range, in the order of the source
 */
function lastOf(source, range, limit) {
  const request = source.openKeyCursor(range, "prev");
  let back = limit - 1;
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (cursor && back > 0) {
        cursor.advance(back);
        back = 0;
        return;
      }
      const last = cursor ? IDBKeyRange.bound(cursor.key, range.upper, false, range.upperOpen) : range;
      result(source.getAll(last)).then(resolve, reject);
    };
  });
}

/**
 * @param {IDBObjectStore} messages
 * @param {ChatId} chat
 * @returns {Promise<IDBValidKey[]>} the ids of all its messages
 */
export function messageIds(messages, chat) {
  return result(messages.index("chat").getAllKeys(IDBKeyRange.bound([chat, 0], [chat, Infinity])));
}

/**
 * @param {IDBObjectStore} messages
 * @param {"pending" | "unread" | "due" | "unarchived"} index
 * @param {string} [value] none: any
 * @param {number} [limit]
 * @returns {Promise<MessageRow[]>}
 */
export function marked(messages, index, value, limit) {
  return result(messages.index(index).getAll(value, limit));
}

/**
 * @param {IDBObjectStore} messages
 * @param {ChatId} chat
 * @returns {Promise<number>}
 */
export function countMessages(messages, chat) {
  return result(messages.index("chat").count(IDBKeyRange.bound([chat, 0], [chat, Infinity])));
}

/**
 * @param {IDBObjectStore} messages
 * @returns {Promise<ChatId[]>} the chats with messages that wait to be decrypted
 */
export function pendingChats(messages) {
  /** @type {ChatId[]} */
  const chats = [];
  const request = messages.index("pending").openKeyCursor(null, "nextunique");
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) {
        resolve(chats);
        return;
      }
      chats.push(/** @type {ChatId} */ (cursor.key));
      cursor.continue();
    };
  });
}

/**
 * @param {IDBObjectStore} messages
 * @param {ChatId} chat
 * @param {{ below: number, limit: number }} part by id
 * @returns {Promise<MessageRow[]>} the messages that wait to be decrypted, newest first
 */
export function newestPending(messages, chat, { below, limit }) {
  /** @type {MessageRow[]} */
  const rows = [];
  const request = messages.index("pending").openCursor(chat, "prev");
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = rows.length < limit ? request.result : null;
      if (!cursor) {
        resolve(rows);
      } else if (Number(cursor.primaryKey) > below) {
        cursor.continuePrimaryKey(chat, below);
      } else {
        rows.push(...(cursor.primaryKey === below ? [] : [cursor.value]));
        cursor.continue();
      }
    };
  });
}

/**
 * @param {IDBObjectStore} messages
 * @param {"pending" | "unread" | "due"} index
 * @param {string} value
 * @returns {Promise<number>}
 */
export function countMarked(messages, index, value) {
  return result(messages.index(index).count(value));
}

/**
 * @param {IDBObjectStore} messages
 * @param {ChatId} chat
 * @param {string} browser
 * @param {number} counter
 * @returns {Promise<MessageRow | undefined>} the first opened message from that browser with at least that counter
 */
export function messageInChain(messages, chat, browser, counter) {
  return result(messages.index("chain").get(IDBKeyRange.bound([chat, browser, counter], [chat, browser, Infinity])));
}

/**
 * @param {IDBObjectStore} messages
 * @param {ChatId} chat
 * @param {string} browser
 * @param {number} counter
 * @param {number} [limit]
 * @returns {Promise<MessageRow[]>} the opened messages from that browser with exactly that counter
 */
export function messagesAtCounter(messages, chat, browser, counter, limit) {
  return result(messages.index("chain").getAll([chat, browser, counter], limit));
}

/**
 * @param {IDBObjectStore} messages
 * @param {ChatId} chat
 * @param {string} browser
 * @param {{ from?: number, to?: number }} part both included
 * @param {number} [limit]
 * @returns {Promise<MessageRow[]>} the opened messages from that browser with these counters, in their order
 */
export function chainPart(messages, chat, browser, { from = 1, to = Infinity }, limit) {
  const range = IDBKeyRange.bound([chat, browser, from], [chat, browser, to]);
  return result(messages.index("chain").getAll(range, limit));
}

/**
 * @param {IDBObjectStore} messages
 * @param {ChatId} chat
 * @param {string} browser
 * @param {number} [below]
 * @returns {Promise<number>} the greatest counter of an opened message from that browser; 0: there is none
 */
export async function lastCounter(messages, chat, browser, below = Infinity) {
  const range = IDBKeyRange.bound([chat, browser, 0], [chat, browser, below], false, true);
  const cursor = await result(messages.index("chain").openCursor(range, "prev"));
  return cursor?.value.counter ?? 0;
}

/**
 * @param {IDBObjectStore} receipts
 * @param {ChatId} chat
 * @returns {Promise<ReceiptRow[]>} the receipts that wait to be decrypted, the latest last
 */
export function waitingReceipts(receipts, chat) {
  return result(receipts.index("chat").getAll(IDBKeyRange.bound([chat, 0], [chat, Infinity])));
}

/**
 * @param {IDBObjectStore} cleared
 * @param {ChatId} chat
 * @returns {Promise<ClearedRow[]>}
 */
export function clearedOf(cleared, chat) {
  return result(cleared.getAll(IDBKeyRange.bound([chat, ""], [chat, []])));
}

/**
 * @param {IDBObjectStore} chains
 * @param {ChatId} chat
 * @returns {Promise<ChainRow[]>} of the other people's browsers
 */
export function theirChains(chains, chat) {
  return result(chains.getAll(IDBKeyRange.bound([chat, "theirs"], [chat, "theirs", []])));
}

/**
 * @param {IDBObjectStore} chains
 * @param {ChatId} chat
 * @returns {Promise<ChainRow[]>} of the user's messages that were written in this browser
 */
export function ownChains(chains, chat) {
  return result(chains.getAll(IDBKeyRange.bound([chat, "own"], [chat, "own", []])));
}

/**
 * @param {IDBObjectStore} outbox
 * @param {ChatId} chat
 * @returns {Promise<OutboxRow[]>} in the order in which they were written
 */
export function unsent(outbox, chat) {
  return result(outbox.index("chat").getAll(IDBKeyRange.bound([chat, 0], [chat, Infinity])));
}

/**
 * @param {IDBObjectStore} chats
 * @param {ChatId} id
 * @returns {Promise<ChatRow>} a new one if there is none
 */
export async function chatOrNew(chats, id) {
  const found = await result(chats.get(id));
  return found ?? { id, people: [peerOf(id)], startId: 0, older: null, clearedAt: 0, unreadBefore: 0, draft: null };
}
