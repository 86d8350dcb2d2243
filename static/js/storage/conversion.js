/** How the database of an older version of the page becomes one of this version. Nothing is lost on the way. It is loaded on demand. */
import { createIndexes, createStore, createStores } from "./layout.js";

/**
 * @param {IDBDatabase} database
 * @param {number} oldVersion
 * @param {IDBTransaction} transaction of the upgrade: if anything in it fails, the database stays as it was
 */
export function convert(database, oldVersion, transaction) {
  createStores(database);
  if (oldVersion < 3) {
    giveChatsIds(database, transaction);
  }
  if (oldVersion < 4) {
    // One pass: two at once would undo each other's changes.
    const [former, change] = oldVersion < 3 ? [["peer", "chain"], withId] : [[], (/** @type {any} */ row) => row];
    changeRows(transaction.objectStore("messages"), former, (row) => asUnarchived(change(row)));
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
  for (const name of ["outbox", "receipts"]) {
    changeRows(transaction.objectStore(name), ["peer"], withId);
  }
}

/**
 * One row after the other: there may be many.
 * @param {IDBObjectStore} store
 * @param {string[]} former names of indexes
 * @param {(row: any) => any} change
 */
function changeRows(store, former, change) {
  former.filter((name) => store.indexNames.contains(name)).forEach((name) => store.deleteIndex(name));
  const request = store.openCursor();
  request.onsuccess = () => {
    const cursor = request.result;
    if (cursor) {
      cursor.update(change(cursor.value));
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

/** @param {any} row of a store whose rows say who the other person is */
function withId(row) {
  return { ...row, chat: row.peer };
}

/** @param {any} row of a message: up to version 3 there was no archive */
function asUnarchived(row) {
  return row.sealed && row.counter ? { ...row, unarchived: 1 } : row;
}

/** @param {any} row of a store whose rows need not say who the other person is */
function withChat({ peer, ...row }) {
  return { ...row, chat: peer };
}
