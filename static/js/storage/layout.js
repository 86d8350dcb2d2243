/** The stores and indexes of an account's database. */

export const VERSION = 4;

/** @type {Record<string, string | string[] | null>} the key path of each store; null: keys stand beside the values */
const STORES = {
  state: null,
  keys: "fingerprint",
  people: "email",
  chats: "id",
  chains: ["chat", "side", "browser"],
  outbox: "clientId",
  messages: "id",
  receipts: "id",
  cleared: ["chat", "browser"],
};
// A row without the property is not in the index, so those of one property hold only the rows with work to do.
/** @type {Record<string, Record<string, string | string[]>>} */
const INDEXES = {
  outbox: { chat: ["chat", "counter"] },
  messages: {
    chat: ["chat", "id"], chain: ["chat", "browser", "counter"], pending: "pending", unread: "unread", due: "due", unarchived: "unarchived",
  },
  receipts: { chat: ["chat", "id"] },
};

/** @param {IDBDatabase} database in a transaction of an upgrade */
export function createStores(database) {
  for (const name of Object.keys(STORES).filter((one) => !database.objectStoreNames.contains(one))) {
    createStore(database, name);
  }
}

/**
 * @param {IDBDatabase} database
 * @param {string} name
 */
export function createStore(database, name) {
  const keyPath = STORES[name] ?? null;
  const store = database.createObjectStore(name, keyPath === null ? {} : { keyPath });
  createIndexes(store);
  return store;
}

/** @param {IDBObjectStore} store */
export function createIndexes(store) {
  for (const [name, keyPath] of Object.entries(INDEXES[store.name] ?? {}).filter(([one]) => !store.indexNames.contains(one))) {
    store.createIndex(name, keyPath);
  }
}
