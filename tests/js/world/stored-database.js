/**
 * A browser's databases as JSON, so that a test can open what an earlier version of the page has written. Bytes and keys
 * are marked objects. Keys can be dumped only where they were generated as extractable (`generateExtractableKeys`).
 */
import { readFileSync } from "node:fs";
import { toBase64 } from "../../../static/js/lib/bytes.js";
import { done, mapped } from "./restore-database.js";

const FOLDER = new URL("../storage/databases/", import.meta.url);

/** @param {string} name of a file in tests/js/databases */
export function readDump(name) {
  return JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));
}

/** For the story that a dump is made of. */
export function generateExtractableKeys() {
  const { subtle } = globalThis.crypto;
  const generateKey = subtle.generateKey.bind(subtle);
  subtle.generateKey = /** @type {any} */ ((algorithm, _extractable, usages) => generateKey(algorithm, true, usages));
}

/**
 * @param {IDBFactory} factory
 * @returns {Promise<any[]>} each database with its version, its stores and their indexes and rows
 */
export async function dumpAll(factory) {
  const dumps = [];
  for (const { name } of await factory.databases()) {
    const connection = await done(factory.open(name));
    const stores = [];
    for (const store of connection.objectStoreNames) {
      const at = connection.transaction(store).objectStore(store);
      const indexes = [...at.indexNames].map((one) => ({ name: one, keyPath: at.index(one).keyPath }));
      const [keys, rows] = await Promise.all([done(at.getAllKeys()), done(at.getAll())]);
      const values = await Promise.all(rows.map(packed));
      const entries = keys.map((key, index) => (at.keyPath === null ? { key, value: values[index] } : { value: values[index] }));
      stores.push({ name: store, keyPath: at.keyPath, indexes, entries });
    }
    dumps.push({ name, version: connection.version, stores });
    connection.close();
  }
  return dumps;
}

/** @param {any} value */
async function packed(value) {
  if (value instanceof Uint8Array) {
    return { $bytes: toBase64(value) };
  }
  if (value instanceof CryptoKey) {
    const { algorithm, usages } = value;
    return { $key: await crypto.subtle.exportKey("jwk", value), algorithm, usages };
  }
  return mapped(value, packed);
}
