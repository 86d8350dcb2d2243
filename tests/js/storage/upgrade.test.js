/**
 * A database that an earlier version of the page has written, opened by this one. `databases/version-2.json` was dumped from
 * a browser of Alice's that ran the version before chats had ids: chats with Bob (read, delivered, unread, failed and waiting
 * messages, a draft, compared numbers), Carol (cleared, then one message) and Dave (nothing opened yet, a receipt waiting).
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Chains } from "../../../static/js/model/history/chains.js";
import { ClearedMessages } from "../../../static/js/model/history/cleared-messages.js";
import { StorageCipher } from "../../../static/js/model/keys/storage-cipher.js";
import { chatWith } from "../../../static/js/storage/chat-ids.js";
import { Database } from "../../../static/js/storage/database.js";
import { all, unsent, waitingReceipts } from "../../../static/js/storage/queries.js";
import { restoreAll } from "../world/restore-database.js";
import { readDump } from "../world/stored-database.js";
import { Browser, until, World } from "../world/world.js";

const ALICE = "alice@example.org";
const [bob, carol, dave] = ["bob", "carol", "dave"].map((name) => ({ email: `${name}@example.org` }));
const STORES = ["keys", "people", "chats", "messages", "chains", "outbox", "state", "receipts", "cleared"];

async function upgraded() {
  const browser = new Browser();
  const dump = readDump("version-2.json");
  await restoreAll(browser.indexedDB, dump);
  const before = Object.fromEntries(dump[1].stores.map(({ name, entries }) => [name, entries.map(({ value }) => value)]));
  browser.use();
  return { browser, before };
}

/** Rows as plain values: keys and bytes as their names. */
const plain = (rows) => JSON.parse(JSON.stringify(rows, (_, value) => (value instanceof CryptoKey ? value.algorithm.name : value)));

describe("a database of version 2", () => {
  test("has the same rows in this version, each with its chat's id, and its opened messages wait for the archive", async () => {
    const { before } = await upgraded();
    const database = await Database.open(ALICE);
    const after = await database.read(STORES, async (stores) =>
      Object.fromEntries(await Promise.all(STORES.map(async (name) => [name, await all(stores(name))]))));
    const changed = {
      chats: ({ email, ...row }) => ({ ...row, id: email, people: [email] }),
      messages: (row) => ({ ...row, chat: row.peer, ...(row.sealed && row.counter ? { unarchived: 1 } : {}) }),
      outbox: (row) => ({ ...row, chat: row.peer }),
      receipts: (row) => ({ ...row, chat: row.peer }),
      chains: ({ peer, ...row }) => ({ ...row, chat: peer }),
      cleared: ({ peer, ...row }) => ({ ...row, chat: peer }),
    };
    for (const name of STORES) {
      const expected = before[name].map(changed[name] ?? ((row) => row));
      assert.ok(expected.length > 0, name);
      assert.deepEqual(plain(after[name]), plain(expected), name);
    }
    assert.deepEqual([...new Set(after.messages.map(({ unarchived }) => unarchived))].sort(), [1, undefined]);
    database.close();
  });

  test("has what the indexes find, sealed records that open, chains and clearings", async () => {
    await upgraded();
    const database = await Database.open(ALICE);
    const cipher = await StorageCipher.of(database);
    const clearedMessages = new ClearedMessages({ database, cipher });
    const chains = new Chains({ database, cipher, clearedMessages });
    const [withBob, withCarol] = [chatWith(bob.email), chatWith(carol.email)];
    const own = await chains.own(withBob);
    assert.equal(own.counter, 4);
    assert.match(own.hash, /^[0-9a-f]{64}$/);
    assert.deepEqual((await chains.received(withBob)).map(({ counter }) => counter), [3]);
    assert.equal((await chains.own(withBob, "receipts")).counter, 2);
    assert.equal([...(await clearedMessages.all(withCarol)).values()].flatMap((hashes) => [...hashes]).length, 2);
    const rows = await database.read(["outbox", "receipts"], async (stores) =>
      [await unsent(stores("outbox"), withBob), await waitingReceipts(stores("receipts"), chatWith(dave.email))]);
    assert.deepEqual(rows.map(({ length }) => length), [2, 1]);
    database.close();
  });

  test("shows every message, draft, unsent message, tick, clearing and pin again, and goes on with its chain", async () => {
    const { browser } = await upgraded();
    const world = new World();
    world.server.isReachable = false;
    const alice = await world.openTab(/** @type {any} */ ({ browser }));
    try {
      await until(() => alice.chat(bob));
      await alice.shows(bob, "This one failed", "Hello Bob", "Hello Alice", "Are you there?", "Yes, I am", "Not read yet", "This one waits");
      assert.deepEqual(alice.states(bob), ["failed", "read", null, null, "delivered", null, "sending"]);
      assert.deepEqual([alice.chat(bob).unread, alice.chat(bob).draft, alice.chat(bob).failed], [1, "A draft for Bob", true]);
      assert.equal(alice.account.safety.state(bob.email).compared, "yes");
      await alice.shows(carol, "After the clearing");
      assert.equal(alice.chat(carol).unread, 1);
      assert.equal(alice.chat(dave).unread, 1);
      await alice.send(bob, "After the upgrade");
      await until(() => alice.texts(bob).includes("After the upgrade"));
      const database = await Database.open(ALICE);
      const rows = await database.read(["outbox"], (stores) => unsent(stores("outbox"), chatWith(bob.email)));
      assert.deepEqual(rows.map(({ counter, peer }) => [counter, peer]), [[3, bob.email], [4, bob.email], [5, bob.email]]);
      database.close();
    } finally {
      world.end();
    }
  });
});
