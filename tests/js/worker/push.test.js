/** What a woken service worker shows, and what a click on it opens. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import { sealRecord } from "../../../static/js/crypto/storage-encryption.js";
import { chatWith } from "../../../static/js/storage/chat-ids.js";
import { Database } from "../../../static/js/storage/database.js";
import { writeResident } from "../../../static/js/storage/device.js";
import { get } from "../../../static/js/storage/queries.js";
import { changed, clicked, woken } from "../../../static/js/worker/push.js";

const ALICE = { id: 1, email: "alice@example.org", displayName: "Alice", createdAtMs: 0 };
const BOB = "bob@example.org";
const CAROL = "carol@example.org";
const POSTS = [];

/** @type {(path: string, body: any) => Response} */
let server;

async function stored(values, bob = {}) {
  const database = await Database.open(ALICE.email);
  await database.write(["state", "people"], async (stores) => {
    for (const [name, value] of Object.entries(values)) stores("state").put(value, name);
    stores("people").put({ email: BOB, displayName: "Bob", isContact: true, ...bob });
  });
  database.close();
}

async function kept(name) {
  const database = await Database.open(ALICE.email);
  const found = await database.read(["state"], (stores) => get(stores("state"), name));
  database.close();
  return found;
}

beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory();
  POSTS.length = 0;
  server = () => Response.json({ results: [] });
  globalThis.fetch = /** @type {any} */ (async (path, { body }) => {
    POSTS.push([path, JSON.parse(body)]);
    return server(path, JSON.parse(body));
  });
  await writeResident({ user: ALICE, leaving: false });
  await stored({ push: { token: "a token" }, notifications: { shows: "name", muted: [] }, cursor: 5 });
});

const wrote = (...emails) => (server = () => Response.json({ results: emails.map((email, index) => ({ email, sequence: 9 - index })) }));

/** @returns {any} a worker with the notifications that it shows */
function newWorker({ pages = [] } = {}) {
  const shown = [];
  const worker = {
    shown,
    isSubscribed: true,
    opened: null,
    registration: {
      getNotifications: async () => [...shown],
      showNotification: async (title, { body, tag, silent, data }) => {
        shown.splice(0, shown.length, ...shown.filter((one) => one.tag !== tag));
        const one = { title, body, tag, silent, data, close: () => shown.splice(shown.indexOf(one), 1) };
        shown.push(one);
      },
      pushManager: { getSubscription: async () => (worker.isSubscribed ? subscription("https://push.example/old") : null) },
    },
    clients: { matchAll: async () => pages, openWindow: async (address) => (worker.opened = address) },
  };
  const subscription = (endpoint) => ({ endpoint, getKey: () => new Uint8Array([1]).buffer, unsubscribe: async () => (worker.isSubscribed = false) });
  return worker;
}

const saidBy = async (worker) => {
  await woken(worker);
  return worker.shown.map(({ title, body }) => `${title}: ${body}`);
};

test("a contact who has written is named", async () => {
  wrote(BOB);
  const worker = newWorker();
  assert.deepEqual(await saidBy(worker), ["Bob: New message"]);
  assert.deepEqual(POSTS, [["/api/push/news", { token: "a token", after: 5 }]]);
  assert.equal(worker.shown[0].silent, false);
});

test("a contact with a nickname is named by it, and by their own name where it does not open", async () => {
  const storageKey = await CryptoManager.generateStorageKey();
  for (const [record, name] of [["nickname bob@example.org", "Bobby"], ["nickname carol@example.org", "Bob"]]) {
    const value = await sealRecord(storageKey, record, "Bobby");
    await stored({ vault: { storageKey, browser: "ab".repeat(16) }, told: 0 }, { nickname: { value, at: 1, by: "ab".repeat(16) } });
    wrote(BOB);
    assert.deepEqual(await saidBy(newWorker()), [`${name}: New message`]);
  }
});

test("a nickname that was taken back is not shown", async () => {
  await stored({}, { nickname: { value: null, at: 2, by: "ab".repeat(16) } });
  wrote(BOB);
  assert.deepEqual(await saidBy(newWorker()), ["Bob: New message"]);
});

test("nobody is told twice of a message", async () => {
  wrote(BOB);
  await woken(newWorker());
  await woken(newWorker());
  assert.deepEqual(POSTS.map(([, { after }]) => after), [5, 9]);
});

test("who is no contact is not named", async () => {
  wrote(CAROL, BOB);
  const said = await saidBy(newWorker());
  assert.deepEqual(said, ["Bob: New message", "VibeChat: Somebody who is not in your contacts has written to you."]);
});

test("no name is shown where the person wants none", async () => {
  await stored({ notifications: { shows: "nothing", muted: [] } });
  wrote(BOB);
  assert.deepEqual(await saidBy(newWorker()), ["VibeChat: New message"]);
});

async function setChat(settings) {
  const database = await Database.open(ALICE.email);
  await database.write(["chats"], async (stores) => void stores("chats").put({ id: chatWith(BOB), settings }));
  database.close();
}

for (const [name, mute] of /** @type {const} */ ([
  ["muted", () => setChat({ muted: { value: true, atMs: 1 } })],
  ["that an older version of the page has muted", () => stored({ notifications: { shows: "name", muted: [BOB] } })],
])) {
  test(`a chat ${name} makes no sound and is not named`, async () => {
    await mute();
    wrote(BOB);
    const worker = newWorker();
    assert.deepEqual(await saidBy(worker), ["VibeChat: New message in a muted chat."]);
    assert.equal(worker.shown[0].silent, true);
  });
}

test("a chat that is not muted any more is told of", async () => {
  await stored({ notifications: { shows: "name", muted: [BOB] } });
  await setChat({ muted: { value: false, atMs: 1 } });
  wrote(BOB);
  assert.deepEqual(await saidBy(newWorker()), ["Bob: New message"]);
});

for (const [name, answer, words] of /** @type {const} */ ([
  ["nothing is new", () => Response.json({ results: [] }), "No new messages."],
  ["the server's answer is out of form", () => Response.json({ results: [{ email: 7 }] }), "No new messages."],
  ["the server does not answer", () => { throw new TypeError("offline"); }, "You may have new messages."],
  ["the server is in trouble", () => Response.json({ code: "unavailable" }, { status: 503 }), "You may have new messages."],
])) {
  test(`something is shown where ${name}`, async () => {
    server = answer;
    assert.deepEqual(await saidBy(newWorker()), [`VibeChat: ${words}`]);
  });
}

test("a browser whose subscription is over says so and unsubscribes", async () => {
  server = () => Response.json({ code: "subscription_over" }, { status: 403 });
  const worker = newWorker();
  assert.deepEqual(await saidBy(worker), ["VibeChat: Log in to see what is new."]);
  assert.equal(worker.isSubscribed, false);
});

test("a browser in which nobody is logged in calls nobody, and makes no database", async () => {
  await writeResident({ user: null, leaving: false });
  const worker = newWorker();
  assert.deepEqual(await saidBy(worker), ["VibeChat: Log in to see what is new."]);
  assert.equal(worker.isSubscribed, false);
  await writeResident({ user: { ...ALICE, email: "other@example.org" }, leaving: false });
  await woken(newWorker());
  assert.deepEqual(POSTS, []);
  assert.ok(!(await indexedDB.databases()).some(({ name }) => name === "vibechat other@example.org"));
});

test("a test is shown once", async () => {
  await stored({ "push test": Date.now() });
  assert.deepEqual(await saidBy(newWorker()), ["VibeChat: This is a test. Notifications reach this browser."]);
  assert.deepEqual(await saidBy(newWorker()), ["VibeChat: No new messages."]);
});

test("what a page in the background has told stays, without a sound", async () => {
  const worker = newWorker({ pages: [{ url: "https://chat.example.org/chat", focused: false }] });
  await worker.registration.showNotification("Bob", { body: "Hello", tag: BOB, data: { email: BOB } });
  assert.deepEqual(await saidBy(worker), ["Bob: Hello"]);
  assert.deepEqual([worker.shown[0].silent, worker.shown[0].data.email], [true, BOB]);
});

test("nothing stays where the person looks at a page", async () => {
  wrote(BOB);
  assert.deepEqual(await saidBy(newWorker({ pages: [{ url: "https://chat.example.org/chat", focused: true }] })), []);
  assert.equal(await kept("told"), 9);
});

test("what came stays where the person looks at another page of the site", async () => {
  wrote(BOB);
  assert.deepEqual(await saidBy(newWorker({ pages: [{ url: "https://chat.example.org/about-me", focused: true }] })), ["Bob: New message"]);
});

test("a click opens the chat, in a page that is open or in a new one", async () => {
  const notification = { close: () => {}, data: { email: BOB } };
  const worker = newWorker();
  await clicked(worker, /** @type {any} */ (notification));
  assert.equal(worker.opened, "/chat#/bob%40example.org");
  const heard = [];
  const page = { url: "https://chat.example.org/chat#/", visibilityState: "hidden", postMessage: (data) => heard.push(data), focus: async () => heard.push("focus") };
  const other = { url: "https://chat.example.org/about-me", visibilityState: "visible" };
  const open = newWorker({ pages: [other, page] });
  await clicked(open, /** @type {any} */ (notification));
  assert.deepEqual([heard, open.opened], [[{ open: BOB }, "focus"], null]);
});

test("the server is told of a new address", async () => {
  const next = /** @type {any} */ ({ endpoint: "https://push.example/new", getKey: () => new Uint8Array([1]).buffer });
  await changed(newWorker(), { newSubscription: next, oldSubscription: null });
  assert.deepEqual(POSTS, [["/api/push/moved", { token: "a token", endpoint: "https://push.example/new", p256dh: "AQ==", auth: "AQ==" }]]);
});
