/**
 * Queries on the stores of an account's database. Each function takes a store of an open transaction.
 */
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
 * @param {string} peer
 * @param {{ from?: number, below?: number, limit: number }} part by id: from ≤ id < below
 * @returns {Promise<MessageRow[]>} the newest of them, oldest first
 */
export function newestMessages(messages, peer, { from = 0, below = Infinity, limit }) {
  const index = messages.index("peer");
  const range = IDBKeyRange.bound([peer, from], [peer, below], false, true);
  return limit === Infinity ? result(index.getAll(range)) : lastOf(index.openCursor(range, "prev"), limit);
}

/**
 * @param {IDBObjectStore} messages
 * @param {string} peer
 * @param {number} from
 * @returns {Promise<number>} how many messages have that id or a greater one
 */
export function countFrom(messages, peer, from) {
  return result(messages.index("peer").count(IDBKeyRange.bound([peer, from], [peer, Infinity])));
}

/**
 * @param {IDBObjectStore} messages
 * @param {string} peer
 * @returns {Promise<MessageRow | undefined>} the newest that is shown
 */
export async function newestShown(messages, peer) {
  let [row] = await newestMessages(messages, peer, { limit: 1 });
  while (row?.hidden) {
    [row] = await newestMessages(messages, peer, { below: row.id, limit: 1 });
  }
  return row;
}

/**
 * @param {IDBRequest<IDBCursorWithValue | null>} request for a cursor that goes backwards
 * @param {number} limit
 * @returns {Promise<any[]>} the last rows, in the order of the index
 */
function lastOf(request, limit) {
  /** @type {any[]} */
  const rows = [];
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = rows.length < limit ? request.result : null;
      if (!cursor) {
        resolve(rows.reverse());
        return;
      }
      rows.push(cursor.value);
      cursor.continue();
    };
  });
}

/**
 * @param {IDBObjectStore} messages
 * @param {string} peer
 * @returns {Promise<IDBValidKey[]>} the ids of all its messages
 */
export function messageIds(messages, peer) {
  return result(messages.index("peer").getAllKeys(IDBKeyRange.bound([peer, 0], [peer, Infinity])));
}

/**
 * @param {IDBObjectStore} messages
 * @param {"pending" | "unread" | "due"} index
 * @param {string} [value] none: any
 * @param {number} [limit]
 * @returns {Promise<MessageRow[]>}
 */
export function marked(messages, index, value, limit) {
  return result(messages.index(index).getAll(value, limit));
}

/**
 * @param {IDBObjectStore} messages
 * @param {string} peer
 * @returns {Promise<number>}
 */
export function countMessages(messages, peer) {
  return result(messages.index("peer").count(IDBKeyRange.bound([peer, 0], [peer, Infinity])));
}

/**
 * @param {IDBObjectStore} messages
 * @returns {Promise<string[]>} the peers with messages that wait to be decrypted
 */
export function pendingPeers(messages) {
  /** @type {string[]} */
  const peers = [];
  const request = messages.index("pending").openKeyCursor(null, "nextunique");
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) {
        resolve(peers);
        return;
      }
      peers.push(String(cursor.key));
      cursor.continue();
    };
  });
}

/**
 * @param {IDBObjectStore} messages
 * @param {string} peer
 * @param {{ below: number, limit: number }} part by id
 * @returns {Promise<MessageRow[]>} the messages that wait to be decrypted, newest first
 */
export function newestPending(messages, peer, { below, limit }) {
  /** @type {MessageRow[]} */
  const rows = [];
  const request = messages.index("pending").openCursor(peer, "prev");
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = rows.length < limit ? request.result : null;
      if (!cursor) {
        resolve(rows);
      } else if (Number(cursor.primaryKey) > below) {
        cursor.continuePrimaryKey(peer, below);
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
 * @param {string} peer
 * @param {string} browser
 * @param {number} counter
 * @returns {Promise<MessageRow | undefined>} the first opened message from that browser with at least that counter
 */
export function messageInChain(messages, peer, browser, counter) {
  return result(messages.index("chain").get(IDBKeyRange.bound([peer, browser, counter], [peer, browser, Infinity])));
}

/**
 * @param {IDBObjectStore} messages
 * @param {string} peer
 * @param {string} browser
 * @param {number} counter
 * @param {number} [limit]
 * @returns {Promise<MessageRow[]>} the opened messages from that browser with exactly that counter
 */
export function messagesAtCounter(messages, peer, browser, counter, limit) {
  return result(messages.index("chain").getAll([peer, browser, counter], limit));
}

/**
 * @param {IDBObjectStore} messages
 * @param {string} peer
 * @param {string} browser
 * @param {{ from?: number, to?: number }} part both included
 * @param {number} [limit]
 * @returns {Promise<MessageRow[]>} the opened messages from that browser with these counters, in their order
 */
export function chainPart(messages, peer, browser, { from = 1, to = Infinity }, limit) {
  const range = IDBKeyRange.bound([peer, browser, from], [peer, browser, to]);
  return result(messages.index("chain").getAll(range, limit));
}

/**
 * @param {IDBObjectStore} messages
 * @param {string} peer
 * @param {string} browser
 * @param {number} [below]
 * @returns {Promise<number>} the greatest counter of an opened message from that browser; 0: there is none
 */
export async function lastCounter(messages, peer, browser, below = Infinity) {
  const range = IDBKeyRange.bound([peer, browser, 0], [peer, browser, below], false, true);
  const cursor = await result(messages.index("chain").openCursor(range, "prev"));
  return cursor?.value.counter ?? 0;
}

/**
 * @param {IDBObjectStore} receipts
 * @param {string} peer
 * @returns {Promise<ReceiptRow[]>} the receipts that wait to be decrypted, the latest last
 */
export function waitingReceipts(receipts, peer) {
  return result(receipts.index("peer").getAll(IDBKeyRange.bound([peer, 0], [peer, Infinity])));
}

/**
 * @param {IDBObjectStore} cleared
 * @param {string} peer
 * @returns {Promise<ClearedRow[]>}
 */
export function clearedOf(cleared, peer) {
  return result(cleared.getAll(IDBKeyRange.bound([peer, ""], [peer, []])));
}

/**
 * @param {IDBObjectStore} chains
 * @param {string} peer
 * @returns {Promise<ChainRow[]>} of the peer's browsers
 */
export function theirChains(chains, peer) {
  return result(chains.getAll(IDBKeyRange.bound([peer, "theirs"], [peer, "theirs", []])));
}

/**
 * @param {IDBObjectStore} outbox
 * @param {string} peer
 * @returns {Promise<OutboxRow[]>} in the order in which they were written
 */
export function unsent(outbox, peer) {
  return result(outbox.index("peer").getAll(IDBKeyRange.bound([peer, 0], [peer, Infinity])));
}

/**
 * @param {IDBObjectStore} chats
 * @param {string} email
 * @returns {Promise<ChatRow>} a new one if there is none
 */
export async function chatOrNew(chats, email) {
  const found = await result(chats.get(email));
  return found ?? { email, startId: 0, older: null, clearedAt: 0, unreadBefore: 0, draft: null };
}
