import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CryptoManager } from "../../../../static/js/crypto/crypto.js";
import { sealMessage } from "../../../../static/js/crypto/envelope.js";
import { encodeReceipt } from "../../../../static/js/crypto/plaintext.js";
import { ClearedMessages } from "../../../../static/js/model/history/cleared-messages.js";
import { keepArrivals, RetiredKeys } from "../../../../static/js/model/history/retired-keys.js";
import { StorageCipher } from "../../../../static/js/model/keys/storage-cipher.js";
import { Database } from "../../../../static/js/storage/database.js";
import { all } from "../../../../static/js/storage/queries.js";
import { Browser, inWorld, until } from "../../world/world.js";

const HUGE = 2 ** 53 - 1;
const REFUSED = /came after bob's keys changed/;

/** A thief with the key and the id of Bob's first browser. */
class Thief {
  #browser = CryptoManager.randomId();
  #pair;

  constructor(server, alice, bob) {
    Object.assign(this, { server, alice, bob });
    this.#pair = bob.account.key.current;
  }

  async seal(body, { counter, previous = null, type = "text" }) {
    const own = this.alice.account.key.current;
    return sealMessage({
      ownKeyPair: this.#pair, ownFingerprint: this.#pair.fingerprint,
      peerPublicKeyBytes: own.publicKeyBytes, peerFingerprint: own.fingerprint,
      senderEmail: this.bob.email, recipientEmail: this.alice.email, clientId: crypto.randomUUID(),
      content: { type, browser: this.#browser, counter, previous, received: [], sent_at: Date.now(), body },
    });
  }

  /** A chain of messages, from the counter 1 on. */
  async chain(...bodies) {
    const chain = [];
    for (const [index, body] of bodies.entries()) {
      chain.push(await this.seal(body, { counter: index + 1, previous: chain.at(-1)?.hash ?? null }));
    }
    return chain;
  }

  deliver({ envelope }) {
    this.server.plant(this.alice.email, { sender_email: this.bob.email, ...envelope });
  }
}

/** Bob continues in another browser, and Alice accepts his new key. */
async function changeKeys(world, { alice, bob }) {
  const elsewhere = await world.logIn(bob, new Browser());
  await elsewhere.account.key.takeOver();
  await elsewhere.send(alice, "from the new browser");
  await until(() => alice.conversations.open(bob.email).keyChange);
  await alice.conversations.acceptKey(bob.email);
  await until(() => alice.texts(bob).includes("from the new browser"));
}

async function acquainted(world) {
  const [alice, bob] = await world.friends("alice", "bob");
  bob.account.close();
  return { alice, bob, thief: new Thief(world.server, alice, bob) };
}

const refused = (alice, bob) => alice.items(bob).filter(({ unopened }) => REFUSED.test(unopened?.reason));

describe("a key that a second browser uses", () => {
  test("is marked in the chat, and at each message of the second browser", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await bob.send(alice, "from bob");
    await alice.shows(bob, "from bob");
    const thief = new Thief(world.server, alice, bob);
    const chain = await thief.chain("from the thief", "another");
    chain.forEach((message) => thief.deliver(message));
    await until(() => alice.texts(bob).includes("another"));
    await until(() => alice.marks(bob).some(({ kind }) => kind === "second-browser"));
    const marked = () => alice.items(bob).filter(({ secondBrowser }) => secondBrowser).map(({ text }) => text).sort();
    await until(() => marked().join() === "another,from the thief");
    await bob.send(alice, "from bob again");
    await until(() => alice.texts(bob).includes("from bob again"));
    assert.deepEqual(marked(), ["another", "from the thief"]);
    assert.equal(alice.marks(bob).filter(({ kind }) => kind === "second-browser").length, 1);
  }));

  test("is marked by a receipt alone", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await bob.send(alice, "from bob");
    await alice.shows(bob, "from bob");
    const thief = new Thief(world.server, alice, bob);
    thief.deliver(await thief.seal(encodeReceipt({ head: null, seen: [] }), { counter: 1, type: "receipt" }));
    await until(() => alice.marks(bob).some(({ kind }) => kind === "second-browser"));
  }));

  test("is marked if it is the own key", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await bob.send(alice, "from bob");
    await alice.shows(bob, "from bob");
    await alice.conversations.markRead(bob.email);
    const thief = new Thief(world.server, alice, bob);
    const { envelope } = await thief.seal("as bob", { counter: 1 });
    world.server.plant(bob.email, { sender_email: bob.email, ...envelope });
    await until(() => bob.texts(alice).includes("as bob"));
    const marked = bob.items(alice).map(({ text, secondBrowser }) => [text, secondBrowser]);
    assert.deepEqual(marked, [["from bob", false], ["as bob", true]]);
    await until(() => bob.states(alice)[0] === "read");
    assert.deepEqual(bob.states(alice), ["read", "sent"], "a receipt names what this browser has sent");
  }));
});

describe("a key that was replaced", () => {
  test("decrypts nothing new, whatever counter its receipts have announced", inWorld(async (world) => {
    const { alice, bob, thief } = await acquainted(world);
    const body = encodeReceipt({ head: { counter: HUGE, hash: "0".repeat(64) }, seen: [] });
    const [first] = await thief.chain("one");
    thief.deliver(first);
    await alice.shows(bob, "one");
    thief.deliver(await thief.seal(body, { counter: 1, type: "receipt" }));
    await until(() => alice.marks(bob).some(({ kind }) => kind === "gap"));
    await changeKeys(world, { alice, bob });
    thief.deliver(await thief.seal("send me the papers", { counter: 2, previous: first.hash }));
    await until(() => refused(alice, bob).length === 1);
    assert.equal(alice.texts(bob).includes("send me the papers"), false);
  }));

  test("decrypts a message that a decrypted one names, and what that one names, in any order", inWorld(async (world) => {
    const { alice, bob, thief } = await acquainted(world);
    const [one, two, three, four] = await thief.chain("one", "two", "three", "four");
    thief.deliver(four);
    await alice.shows(bob, "four");
    await changeKeys(world, { alice, bob });
    thief.deliver(one);
    thief.deliver(two);
    await until(() => refused(alice, bob).length === 2);
    thief.deliver(three);
    await until(() => ["one", "two", "three", "four"].every((text) => alice.texts(bob).includes(text)));
    assert.equal(refused(alice, bob).length, 0);
  }));

  test("decrypts a message that a receipt has named as the head, and what that one names", inWorld(async (world) => {
    const { alice, bob, thief } = await acquainted(world);
    const [one, two] = await thief.chain("one", "two");
    const body = encodeReceipt({ head: { counter: 2, hash: two.hash }, seen: [] });
    thief.deliver(await thief.seal(body, { counter: 1, type: "receipt" }));
    await until(() => alice.marks(bob).some(({ kind }) => kind === "gap"));
    await changeKeys(world, { alice, bob });
    thief.deliver(one);
    await until(() => refused(alice, bob).length === 1);
    thief.deliver(two);
    await until(() => ["one", "two"].every((text) => alice.texts(bob).includes(text)));
  }));

  test("decrypts no other message with a counter that was named", inWorld(async (world) => {
    const { alice, bob, thief } = await acquainted(world);
    const [one, , three] = await thief.chain("one", "two", "three");
    thief.deliver(one);
    thief.deliver(three);
    await until(() => alice.texts(bob).includes("three"));
    await changeKeys(world, { alice, bob });
    thief.deliver(await thief.seal("not two", { counter: 2, previous: one.hash }));
    await until(() => refused(alice, bob).length === 1);
    assert.equal(alice.texts(bob).includes("not two"), false);
  }));

  test("decrypts again what was decrypted or cleared before, and it is not shown twice", inWorld(async (world) => {
    const { alice, bob, thief } = await acquainted(world);
    const [one, two] = await thief.chain("one", "two");
    thief.deliver(one);
    await alice.shows(bob, "one");
    await alice.conversations.clear(bob.email);
    thief.deliver(two);
    await until(() => alice.texts(bob).includes("two"));
    await changeKeys(world, { alice, bob });
    thief.deliver(one);
    thief.deliver(two);
    const again = await world.reload(alice);
    again.conversations.open(bob.email);
    await until(() => again.texts(bob).includes("from the new browser") && again.items(bob).every(({ opening }) => !opening));
    assert.deepEqual([...again.texts(bob)].sort(), ["from the new browser", "two"]);
  }));

  test("opens in each tab what another tab has found named", inWorld(async (world) => {
    const { alice, bob, thief } = await acquainted(world);
    const { server } = world;
    const [one, , three, four, five] = await thief.chain("one", "two", "three", "four", "five");
    [one, five].forEach((message) => thief.deliver(message));
    await until(() => alice.texts(bob).includes("five"));
    await changeKeys(world, { alice, bob });
    thief.deliver(three);
    await until(() => refused(alice, bob).length === 1);
    // From here on this tab hears nothing from the server, and the other one asks it.
    server.pushes = false;
    thief.deliver(four);
    await world.newTab(alice);
    await until(() => alice.texts(bob).includes("three") && alice.texts(bob).includes("four"));
  }));

  test("decrypts a message that had come before the other key was accepted", async () => {
    new Browser().use();
    const database = await Database.open("alice@example.org");
    const cipher = await StorageCipher.of(database);
    const people = { get: () => ({ pinned: "first", keys: [] }) };
    const clearedMessages = new ClearedMessages({ database, cipher });
    const retiredKeys = new RetiredKeys({ database, cipher, clearedMessages, people });
    const row = (id) => ({ id, chat: "bob", peer: "bob", mine: false, pending: "bob", raw: { sender_fingerprint: "first" } });
    await database.write(["messages"], async (stores) => void stores("messages").put(row(1)));
    await database.write(["messages"], (stores) => keepArrivals(stores, "bob", "first"));
    people.get = () => ({ pinned: "second", keys: [] });
    await database.write(["messages"], async (stores) => void stores("messages").put(row(2)));
    const rows = await database.read(["messages"], (stores) => all(stores("messages")));
    const content = { browser: "b", counter: 1, hash: "h", previous: null };
    const refuses = rows.map((each) => retiredKeys.refuses(each, content, "first"));
    assert.deepEqual(await Promise.all(refuses), [false, true]);
    assert.equal(await retiredKeys.refuses(rows[1], content, "second"), false);
    database.close();
  });

  test("decrypts a message that had come before an older version of the page replaced the key", async () => {
    new Browser().use();
    const database = await Database.open("alice@example.org");
    const cipher = await StorageCipher.of(database);
    const key = { fingerprint: "first", accepted: true, retired: { atMs: 1000, announced: { b: 7 } } };
    const people = { get: () => ({ pinned: "second", keys: [key, { fingerprint: "second", accepted: true }] }) };
    const clearedMessages = new ClearedMessages({ database, cipher });
    const retiredKeys = new RetiredKeys({ database, cipher, clearedMessages, people });
    const content = { browser: "b", counter: 1, hash: "h", previous: null };
    const refuses = [999, 1001, undefined].map((arrivedAtMs) =>
      retiredKeys.refuses({ id: 1, chat: "bob", peer: "bob", mine: false, arrivedAtMs }, content, "first"));
    assert.deepEqual(await Promise.all(refuses), [false, true, true]);
    database.close();
  });
});
