/** What the service worker reads of the account that is logged in here: names, choices, and how far this browser has read. */
import { openRecord } from "../crypto/storage-encryption.js";
import { chatWith, nicknameRecord } from "../storage/chat-ids.js";
import { Database } from "../storage/database.js";
import { readResident } from "../storage/device.js";
import { get } from "../storage/queries.js";

/** How long a test of notifications may take to come. */
const TEST_MS = 120_000;

/**
 * @typedef {object} AccountHere
 * @property {string} token of its subscription
 * @property {number} read the sequence up to which a page or this worker has told the person
 * @property {"off" | "nothing" | "name" | "text"} shows
 * @property {string[]} muted whose chats an older version of the page has muted
 * @property {boolean} isTest the person has just asked for a test
 */

/**
 * @template Result
 * @param {(database: Database) => Promise<Result>} work
 * @returns {Promise<Result | null>} null: nobody is logged in here
 */
async function withDatabase(work) {
  const { user } = await readResident();
  if (!user || !(await Database.exists(user.email))) return null;
  const database = await Database.open(user.email);
  try {
    return await work(database);
  } finally {
    database.close();
  }
}

/** @returns {Promise<AccountHere | null>} null: nobody who wants to be told is logged in here */
export function readAccount() {
  return withDatabase(async (database) => {
    const names = ["push", "notifications", "cursor", "told", "push test"];
    const [push, choice, cursor, told, test] = await database.read(["state"], (stores) =>
      Promise.all(names.map((name) => get(stores("state"), name))));
    if (typeof push?.token !== "string") return null;
    const { shows = "nothing", muted = [] } = choice ?? {};
    const isTest = Math.abs(Date.now() - (test ?? 0)) < TEST_MS;
    return { token: push.token, read: Math.max(cursor ?? 0, told ?? 0), shows, muted, isTest };
  });
}

/**
 * @param {string[]} emails
 * @param {string[]} before whose chats an older version of the page has muted
 * @returns {Promise<string[]>} those whose chats are muted
 */
export async function readMuted(emails, before) {
  const rows = await withDatabase((database) =>
    database.read(["chats"], (stores) => Promise.all(emails.map((email) => get(stores("chats"), chatWith(email))))));
  return emails.filter((email, index) => rows?.[index]?.settings?.muted?.value ?? before.includes(email));
}

/**
 * @param {string[]} emails
 * @returns {Promise<Map<string, string>>} the names of those who are contacts: the person's own for them, else theirs
 */
export async function readNames(emails) {
  const names = await withDatabase(async (database) => {
    const [rows, vault] = await database.read(["people", "state"], (stores) =>
      Promise.all([Promise.all(emails.map((email) => get(stores("people"), email))), get(stores("state"), "vault")]));
    const contacts = rows.filter((row) => row?.isContact || row?.isAdded);
    return Promise.all(contacts.map(async (row) => /** @type {[string, string]} */ ([row.email, await nameOf(row, vault?.storageKey)])));
  });
  return new Map(names ?? []);
}

/** @param {PersonRow} row @param {CryptoKey} storageKey */
async function nameOf({ email, displayName, nickname }, storageKey) {
  const own = nickname?.value && (await openRecord(storageKey, nicknameRecord(email), nickname.value).catch(() => ""));
  return own || displayName || email;
}

/** @param {number} sequence up to which the person has been told */
export async function noteTold(sequence) {
  await withDatabase((database) =>
    database.write(["state"], async (stores) => {
      stores("state").put(sequence, "told");
    }));
}

export async function endTest() {
  await withDatabase((database) =>
    database.write(["state"], async (stores) => {
      stores("state").delete("push test");
    }));
}
