/** The stores and indexes of an account's database, and how an older version's become these. Nothing is lost on the way. */

export const VERSION = 3;

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
// A row without the property is not in the index, so `pending`, `unread` and `due` hold only the rows with work to do.
/** @type {Record<string, Record<string, string | string[]>>} */
const INDEXES = {
  outbox: { chat: ["chat", "counter"] },
  messages: { chat: ["chat", "id"], chain: ["chat", "browser", "counter"], pending: "pending", unread: "unread", due: "due" },
  receipts: { chat: ["chat", "id"] },
};

/**
 * @param {IDBDatabase} database
 * @param {number} oldVersion 0: a new one
 * @param {IDBTransaction} transaction of the upgrade: if anything in it fails, the database stays as it was
 */
export function upgrade(database, oldVersion, transaction) {
  for (const name of Object.keys(STORES).filter((one) => !database.objectStoreNames.contains(one))) {
    createStore(database, name);
  }
  if (oldVersion > 0 && oldVersion < VERSION) {
    giveChatsIds(database, transaction);
  }
}

/**
 * @param {IDBDatabase} database
 * @param {string} name
 */
function createStore(database, name) {
  const keyPath = STORES[name] ?? null;
  const store = database.createObjectStore(name, keyPath === null ? {} : { keyPath });
  createIndexes(store);
  return store;
}

/** @param {IDBObjectStore} store */
function createIndexes(store) {
  for (const [name, keyPath] of Object.entries(INDEXES[store.name] ?? {}).filter(([one]) => !store.indexNames.contains(one))) {
    store.createIndex(name, keyPath);
  }
}

/**
 * Up to version 2 a chat was named by the other person's email, in `peer`, and in `email` of its own row.
 * @param {IDBDatabase} database
 * @param {IDBTransaction} transaction
 */
function giveChatsIds(database, transaction) {
  for (const name of ["chats", "chains", "cleared"]) {
    const found = transaction.objectStore(name).getAll();
    found.onsuccess = () => {
      database.deleteObjectStore(name);
      const store = createStore(database, name);
      found.result.forEach((row) => store.put(name === "chats" ? chatWithId(row) : withChat(row)));
    };
  }
  for (const name of ["outbox", "messages", "receipts"]) {
    changeRows(transaction.objectStore(name), ["peer", "chain"]);
  }
}

/**
 * One row after the other: there may be many.
 * @param {IDBObjectStore} store
 * @param {string[]} former names of indexes
 */
function changeRows(store, former) {
  former.filter((name) => store.indexNames.contains(name)).forEach((name) => store.deleteIndex(name));
  const request = store.openCursor();
  request.onsuccess = () => {
    const cursor = request.result;
    if (cursor) {
      cursor.update({ ...cursor.value, chat: cursor.value.peer });
      cursor.continue();
    } else {
      createIndexes(store);
    }
  };
}

/** @param {any} row */
function chatWithId({ email, ...row }) {
  return { ...row, id: email, people: [email] };
}

/** @param {any} row of a store whose rows need not say who the other person is */
function withChat({ peer, ...row }) {
  return { ...row, chat: peer };
}
