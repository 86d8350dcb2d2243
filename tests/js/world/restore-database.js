/** Writes a dump of a browser's databases back (stored-database.js). Tests in a browser run this file there, so it imports nothing. */

/**
 * @param {IDBFactory} factory
 * @param {any[]} dumps
 */
export async function restoreAll(factory, dumps) {
  for (const { name, version, stores } of dumps) {
    for (const entry of stores.flatMap(({ entries }) => entries)) {
      entry.value = await unpacked(entry.value);
    }
    const request = factory.open(name, version);
    request.onupgradeneeded = () => stores.forEach((store) => createStore(request.result, store));
    const connection = await done(request);
    connection.close();
  }
}

/**
 * @param {IDBDatabase} database
 * @param {any} store
 */
function createStore(database, { name, keyPath, indexes, entries }) {
  const at = database.createObjectStore(name, keyPath === null ? {} : { keyPath });
  indexes.forEach((index) => at.createIndex(index.name, index.keyPath));
  entries.forEach(({ key, value }) => (key === undefined ? at.put(value) : at.put(value, key)));
}

/** @param {any} value */
async function unpacked(value) {
  if (value?.$bytes !== undefined) {
    return Uint8Array.from(atob(value.$bytes), (character) => character.charCodeAt(0));
  }
  if (value?.$key) {
    const { key_ops: _, ext: __, alg: ___, ...jwk } = value.$key;
    const isPublic = jwk.d === undefined && jwk.kty !== "oct";
    return crypto.subtle.importKey("jwk", jwk, value.algorithm, isPublic, value.usages);
  }
  return mapped(value, unpacked);
}

/**
 * @param {any} value
 * @param {(value: any) => Promise<any>} change
 */
export async function mapped(value, change) {
  if (Array.isArray(value)) {
    return Promise.all(value.map(change));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(await Promise.all(entries.map(async ([name, member]) => [name, await change(member)])));
}

/** @param {IDBRequest} request */
export function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
