/** Replies, edits, deletions and reactions between browsers, as the screens show them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { messageRecord, StorageCipher } from "../../../../static/js/model/keys/storage-cipher.js";
import { Database } from "../../../../static/js/storage/database.js";
import { all } from "../../../../static/js/storage/queries.js";
import { loadVersion, typeOf } from "../../../../static/js/types/content-types.js";
import { OwnClient } from "../../world/own-client.js";
import { refusal } from "../../world/memory-server.js";
import { keepCode, secondBrowser } from "../../world/own-browsers.js";
import { inMovedTime, inWorld, pause, until } from "../../world/world.js";

const DELETED = "This message was deleted.";

/** The item with that text. */
const item = (person, other, text) => person.items(other).find((one) => one.text === text);

const change = (person, other, action) => person.conversations.change(other.email, action);

/** Two people who write version 2 to each other, and a text of Alice's that both see. */
async function chat(world, text = "Hello") {
  const [alice, bob] = await world.friends("alice", "bob");
  await alice.send(bob, text);
  await bob.shows(alice, text);
  await alice.shows(bob, text);
  await until(() => item(alice, bob, text).id !== null);
  return [alice, bob];
}

/** What the browser keeps of the chat's contents. */
async function stored({ browser, email }) {
  browser.use();
  const database = await Database.open(email);
  const cipher = await StorageCipher.of(database);
  const rows = (await database.read(["messages"], (stores) => all(stores("messages")))).filter(({ sealed }) => sealed);
  const contents = await Promise.all(rows.map((row) => cipher.open(messageRecord(row), row.sealed)));
  database.close();
  return contents;
}

/** Seals contents of version 2. */
class Client extends OwnClient {
  counter = 0;
  previous = null;

  async put(person, members) {
    this.counter += 1;
    const added = { v: 2, salt: "0".repeat(32), reply: null, replaces: null, expires: null, else: "" };
    const sealed = await this.write(person, { ...added, counter: this.counter, previous: this.previous, ...members });
    this.previous = sealed.hash;
    return sealed;
  }

  static async meets(world) {
    await loadVersion(2);
    return Client.join(world, "bob");
  }
}

const body = (name, value) => ({ type: name, ...typeOf(name, 2).compose(value) });

describe("a chat of version 2", () => {
  test("is one in which both browsers say that they read it", inWorld(async (world) => {
    const [alice, bob] = await chat(world);
    await bob.send(alice, "Hello Alice");
    await alice.shows(bob, "Hello", "Hello Alice");
    assert.equal(item(alice, bob, "Hello Alice").content.v, 2);
    assert.equal((await stored(alice))[1].salt.length, 32);
    const client = await OwnClient.join(world, "carol");
    await alice.account.contacts.add(client.email);
    await alice.send(client, "Hello Carol");
    await until(() => item(alice, client, "Hello Carol")?.id);
    assert.equal(item(alice, client, "Hello Carol").content.v, undefined);
    await assert.rejects(change(alice, client, { kind: "react", on: item(alice, client, "Hello Carol"), emoji: "👍" }), { code: "no_version_2" });
  }));

  test("quotes what is answered", inWorld(async (world) => {
    const [alice, bob] = await chat(world);
    const { key, content } = item(bob, alice, "Hello");
    await bob.conversations.send(alice.email, "Hello yourself", content.hash);
    await alice.shows(bob, "Hello", "Hello yourself");
    await bob.shows(alice, "Hello", "Hello yourself");
    await until(() => item(bob, alice, "Hello yourself").quote !== null);
    assert.deepEqual(item(bob, alice, "Hello yourself").quote, { key, mine: false, text: "Hello" });
    assert.deepEqual(item(alice, bob, "Hello yourself").quote.mine, true);
    const again = await world.reload(bob);
    await until(() => item(again, alice, "Hello yourself")?.quote?.text === "Hello");
  }));

  test("shows reactions, one of a person, and takes them back", inWorld(async (world) => {
    const [alice, bob] = await chat(world);
    const shown = (person, other) => item(person, other, "Hello").reactions.map(({ mine, emoji }) => `${mine ? "my " : ""}${emoji}`).join();
    await change(bob, alice, { kind: "react", on: item(bob, alice, "Hello"), emoji: "👍" });
    await until(() => shown(alice, bob) === "👍" && shown(bob, alice) === "my 👍");
    await change(bob, alice, { kind: "react", on: item(bob, alice, "Hello"), emoji: "🎉" });
    await change(alice, bob, { kind: "react", on: item(alice, bob, "Hello"), emoji: "❤️" });
    await until(() => shown(alice, bob) === "🎉,my ❤️" && shown(bob, alice) === "my 🎉,❤️");
    await change(bob, alice, { kind: "react", on: item(bob, alice, "Hello"), emoji: "" });
    await until(() => shown(alice, bob) === "my ❤️");
    assert.equal(alice.chat(bob).unread, 0);
    assert.deepEqual(alice.chat(bob).lastLine, "Hello");
  }));

  test("shows the last edit, keeps the versions, and counts nothing as unread", inWorld(async (world) => {
    const [alice, bob] = await chat(world);
    await bob.conversations.markRead(alice.email);
    bob.conversations.close(alice.email);
    await change(alice, bob, { kind: "edit", on: item(alice, bob, "Hello"), text: "Hello Bob" });
    await until(() => bob.chat(alice).lastLine === "Hello Bob");
    assert.equal(bob.chat(alice).unread, 0);
    await bob.shows(alice, "Hello Bob");
    assert.deepEqual(item(bob, alice, "Hello Bob").versions.map(({ body: text }) => text), ["Hello", "Hello Bob"]);
    await change(bob, alice, { kind: "react", on: item(bob, alice, "Hello Bob"), emoji: "👍" });
    await change(alice, bob, { kind: "edit", on: item(alice, bob, "Hello Bob"), text: "Hello, Bob" });
    await alice.shows(bob, "Hello, Bob");
    await until(() => item(alice, bob, "Hello, Bob").reactions[0]?.isOfEarlier);
    const again = await world.reload(alice);
    await again.shows(bob, "Hello, Bob");
    await until(() => again.chat(bob).lastLine === "Hello, Bob");
  }));

  test("edits the caption of files, which stay with the message that has them", inWorld(async (world) => {
    const [alice, bob] = await chat(world);
    const sealed = { id: "ab".repeat(16), key: "cd".repeat(32), size: 5, hash: "ef".repeat(32) };
    const entry = { ...sealed, name: "a.txt", type: "text/plain", width: 0, height: 0, duration: 0, waveform: "", thumbnail: null, preview: null };
    await change(alice, bob, { kind: "files", caption: "Loko", files: [entry], reply: null });
    await bob.shows(alice, "Hello", "Loko\na.txt");
    await until(() => item(alice, bob, "Loko\na.txt")?.id);
    assert.deepEqual(world.server.messages.at(-1).files, [entry.id]);
    await change(alice, bob, { kind: "edit", on: item(alice, bob, "Loko\na.txt"), text: "Look" });
    await bob.shows(alice, "Hello", "Look\na.txt");
    const { content, versions } = item(bob, alice, "Look\na.txt");
    assert.deepEqual(JSON.parse(content.body), { caption: "Look", files: [entry] });
    assert.equal(versions.length, 2);
    assert.equal(world.server.messages.at(-1).files ?? null, null);
    await change(alice, bob, { kind: "edit", on: item(alice, bob, "Look\na.txt"), text: "" });
    await bob.shows(alice, "Hello", "a.txt");
  }));

  test("tells the server of changes only that they are no news", inWorld(async (world) => {
    const [alice, bob] = await chat(world);
    await change(bob, alice, { kind: "react", on: item(bob, alice, "Hello"), emoji: "👍" });
    await change(alice, bob, { kind: "edit", on: item(alice, bob, "Hello"), text: "Hi" });
    await change(alice, bob, { kind: "delete", on: item(alice, bob, "Hello") ?? item(alice, bob, "Hi") });
    await until(() => world.server.texts.length === 3 && world.server.texts.every(({ quiet }) => quiet));
    assert.deepEqual([...new Set(world.server.texts.map(({ message_type: type }) => type))], ["text"]);
  }));

  test("shows a deleted message as deleted, and keeps nothing of it", inWorld(async (world) => {
    const [alice, bob] = await chat(world, "A secret");
    await change(alice, bob, { kind: "edit", on: item(alice, bob, "A secret"), text: "A secret!" });
    await bob.shows(alice, "A secret!");
    await change(bob, alice, { kind: "react", on: item(bob, alice, "A secret!"), emoji: "👍" });
    await until(() => item(alice, bob, "A secret!")?.reactions.length === 1);
    await change(alice, bob, { kind: "delete", on: item(alice, bob, "A secret!") });
    await bob.shows(alice, DELETED);
    await alice.shows(bob, DELETED);
    assert.equal(item(bob, alice, DELETED).isDeleted, true);
    await until(() => bob.chat(alice).lastLine === DELETED);
    for (const person of [alice, bob]) {
      await until(async () => !JSON.stringify(await stored(person)).match(/secret|👍/u), async () => JSON.stringify(await stored(person)));
      const again = await world.reload(person);
      await again.shows(person === alice ? bob : alice, DELETED);
      assert.deepEqual(again.marks(person === alice ? bob : alice), []);
    }
  }));

  test("has the server delete the message for both, and a browser that was away misses nothing", inWorld(async (world) => {
    const [alice, bob] = await chat(world);
    bob.account.close();
    for (const text of ["A secret", "After it"]) {
      await alice.send(bob, text);
      await until(() => item(alice, bob, text)?.id);
    }
    const { id } = item(alice, bob, "A secret");
    await change(alice, bob, { kind: "delete", on: item(alice, bob, "A secret") });
    await until(() => world.server.texts.every((message) => message.id !== id));
    const again = await world.newTab(bob);
    await again.shows(alice, "Hello", "After it");
    await again.conversations.markRead(alice.email);
    await until(() => item(alice, bob, "After it").state === "read");
    await alice.send(bob, "Much later");
    await again.shows(alice, "Hello", "After it", "Much later");
    await pause(100);
    assert.deepEqual(again.marks(alice), []);
  }));

  test("has the server delete it later where it did not answer, and not before the deletion has left", inWorld(async (world) => {
    const [alice, bob] = await chat(world);
    const calls = [];
    world.server.intercept = (call) => {
      const isChange = Boolean(call.body?.quiet);
      calls.push(call.method === "DELETE" ? "delete" : isChange ? "tell" : "");
      return call.method === "DELETE" || isChange ? refusal(503, "unavailable") : undefined;
    };
    world.server.acceptsSockets = false;
    [...world.server.sockets].forEach((socket) => socket.shut(1006));
    await change(alice, bob, { kind: "delete", on: item(alice, bob, "Hello") });
    await until(() => calls.includes("tell"));
    assert.equal(calls.includes("delete"), false);
    world.server.intercept = ({ method }) => (method === "DELETE" ? refusal(503, "unavailable") : undefined);
    world.server.acceptsSockets = true;
    const again = await world.reload(alice);
    await until(() => world.server.texts.length === 2);
    world.server.intercept = () => undefined;
    await world.reload(again);
    await until(() => world.server.texts.length === 1);
    await bob.shows(alice, DELETED);
  }));

  test("forgets for one person, on the server and in all browsers of that person", inWorld(async (world) => {
    const [alice, bob] = await chat(world);
    const code = await keepCode(bob);
    const other = await secondBrowser(world, bob, code);
    await other.shows(alice, "Hello");
    const { id } = item(bob, alice, "Hello");
    await bob.conversations.forget(alice.email, item(bob, alice, "Hello"));
    await bob.shows(alice);
    await until(() => !world.server.user(bob.email).numbers.has(id));
    await other.shows(alice);
    await alice.shows(bob, "Hello");
  }));

  test("edits nothing after a day", inWorld(async (world) => {
    const [alice, bob] = await chat(world);
    const on = item(alice, bob, "Hello");
    const old = { ...on, content: { ...on.content, sentAtMs: on.content.sentAtMs - 86_400_001 } };
    await assert.rejects(change(alice, bob, { kind: "edit", on: old, text: "Hi" }), { code: "too_late" });
    await assert.rejects(change(alice, bob, { kind: "edit", on, text: " " }), { code: "empty" });
    await assert.rejects(change(alice, bob, { kind: "edit", on, text: "x".repeat(4001) }), { code: "too_long" });
  }));
});

describe("another client", () => {
  test("may not edit or delete what somebody else has written", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const bob = await Client.meets(world);
    await alice.account.contacts.add(bob.email);
    await alice.send(bob, "Mine");
    await until(() => item(alice, bob, "Mine")?.id);
    const { hash, browser, counter } = item(alice, bob, "Mine").content;
    await bob.put(alice, { type: "text", body: "Forged", replaces: hash });
    await bob.put(alice, { ...body("nothing", { browser, counter }), replaces: hash });
    await bob.put(alice, { type: "text", body: "Done" });
    await alice.shows(bob, "Mine", "Done");
  }));

  test("may send changes in any order and twice", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const bob = await Client.meets(world);
    const original = await bob.seal(alice, { v: 2, salt: "1".repeat(32), reply: null, replaces: null, expires: null, else: "", body: "First", sent_at: 1000 });
    bob.counter = 1;
    bob.previous = original.hash;
    const edits = [];
    for (const [index, text] of ["Second", "Third"].entries()) {
      edits.push(await bob.put(alice, { body: text, replaces: original.hash, sent_at: 3000 - index }));
    }
    const like = await bob.put(alice, body("reaction", { on: original.hash, saw: original.hash, emoji: "👍" }));
    await until(() => alice.items(bob).length === 0 && world.server.messages.length === 3);
    world.server.plant(alice.email, like.message);
    world.server.plant(alice.email, edits[0].message);
    world.server.plant(alice.email, original.message);
    await alice.shows(bob, "Second");
    assert.deepEqual(item(alice, bob, "Second").reactions.map(({ emoji }) => emoji), ["👍"]);
    assert.deepEqual(alice.marks(bob), []);
  }));

  test("resurrects nothing, and what comes after its deletion is not kept", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const bob = await Client.meets(world);
    const original = await bob.seal(alice, { v: 2, salt: "1".repeat(32), reply: null, replaces: null, expires: null, else: "", body: "A secret" });
    bob.counter = 1;
    bob.previous = original.hash;
    await bob.put(alice, { ...body("nothing", { browser: bob.browser, counter: 1 }), replaces: original.hash });
    await bob.put(alice, { body: "Still a secret", replaces: original.hash });
    world.server.plant(alice.email, original.message);
    await alice.shows(bob, DELETED);
    await until(async () => !JSON.stringify(await stored(alice)).includes("secret"));
  }));

  test("may let a message disappear, whatever its clock says", inMovedTime(async (world, passes) => {
    const alice = await world.newPerson("alice");
    const bob = await Client.meets(world);
    await bob.put(alice, { body: "Stays" });
    await bob.put(alice, { body: "Long gone", expires: 60, sent_at: Date.now() - 61_000 });
    await alice.shows(bob, "Stays");
    await until(async () => !JSON.stringify(await stored(alice)).includes("gone"));
    await bob.put(alice, { body: "Soon gone", expires: 60, sent_at: Date.now() + 3_600_000 });
    await alice.shows(bob, "Stays", "Soon gone");
    passes(61_000);
    await bob.put(alice, { body: "Later" });
    await alice.shows(bob, "Stays", "Later");
    await until(async () => !JSON.stringify(await stored(alice)).includes("gone"));
    assert.deepEqual(alice.marks(bob), []);
    await alice.account.contacts.add(bob.email);
    await until(() => alice.chat(bob)?.lastLine === "Later");
  }));

  test("of a later page is shown by what it says instead", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const bob = await Client.meets(world);
    await bob.put(alice, { type: "poll", body: "?", else: "A poll" });
    await until(() => alice.items(bob)[0]?.unopened?.reason.includes("A poll"));
    await alice.account.contacts.add(bob.email);
    await until(() => alice.chat(bob)?.unread === 1);
  }));
});
