import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { keepCode, secondBrowser } from "../../world/own-browsers.js";
import { Browser, inWorld, pause, rowsOf, until } from "../../world/world.js";

/** A long moment in which something would have happened. */
const MOMENT_MS = 1200;

const requests = (person) => person.conversations.requests().map(({ email, name, isShown }) => `${email} ${name} ${isShown}`);
const opened = (person, count) => until(async () => (await rowsOf(person, "messages")).filter(({ sealed }) => sealed).length === count);

/** Mallory has written to Alice, who does not know her. */
async function stranger(world, ...texts) {
  const [alice, mallory] = [await world.newPerson("alice"), await world.newPerson("mallory")];
  const announced = [];
  alice.conversations.on("announce", (message) => announced.push(message));
  for (const text of texts.length > 0 ? texts : ["let me in"]) {
    await mallory.send(alice, text);
  }
  await until(() => alice.conversations.requests().length === 1);
  await opened(alice, texts.length || 1);
  return { alice, mallory, announced, strangers: await alice.account.strangers() };
}

const find = async ({ account }, text) => {
  const search = await account.messageSearch();
  const found = [];
  for await (const part of search.find(text)) {
    found.push(...part.map((message) => message.text));
  }
  return found;
};
const exported = async ({ account }) => {
  const parts = [];
  for await (const part of account.exported()) {
    parts.push(part);
  }
  return JSON.stringify(parts);
};

describe("a stranger's message", () => {
  test("is a request with nothing but the address", inWorld(async (world) => {
    const { alice, announced } = await stranger(world);
    assert.deepEqual(requests(alice), ["mallory@example.org mallory@example.org false"]);
    assert.deepEqual(alice.conversations.chats(), []);
    await pause(MOMENT_MS);
    assert.deepEqual(announced, []);
  }));

  test("is neither found nor exported before it is shown", inWorld(async (world) => {
    const { alice, strangers } = await stranger(world);
    assert.deepEqual(await find(alice, "let me"), []);
    assert.ok(!(await exported(alice)).includes("let me in"));
    await strangers.show("mallory@example.org");
    assert.deepEqual(await find(alice, "let me"), ["let me in"]);
    assert.ok((await exported(alice)).includes("let me in"));
  }));

  test("brings no receipt, shown or not, until it is accepted", inWorld(async (world) => {
    const { alice, mallory, strangers } = await stranger(world);
    await strangers.show(mallory.email);
    await until(() => requests(alice)[0] === "mallory@example.org mallory true");
    await alice.shows(mallory, "let me in");
    await alice.conversations.markRead(mallory.email);
    await mallory.showsStates(alice, "sent");
    await pause(MOMENT_MS);
    assert.deepEqual(mallory.states(alice), ["sent"]);
    await strangers.accept(mallory.email);
    await until(() => alice.chat(mallory) && requests(alice).length === 0);
    await mallory.showsStates(alice, "read");
    assert.deepEqual([...world.server.user(alice.email).contacts], [mallory.email]);
  }));

  test("is a chat once the person is added, or was written to", inWorld(async (world) => {
    const { alice, mallory } = await stranger(world);
    await alice.account.contacts.add(mallory.email);
    await until(() => alice.chat(mallory) && requests(alice).length === 0);
    const bob = await world.newPerson("bob");
    await alice.send(bob, "hello");
    await bob.send(alice, "who are you");
    await alice.shows(bob, "hello", "who are you");
    assert.deepEqual(requests(alice), []);
    assert.equal(requests(bob).length, 0);
  }));

  test("is a request again after the first was deleted, and not shown", inWorld(async (world) => {
    const { alice, mallory, strangers } = await stranger(world);
    await strangers.show(mallory.email);
    await alice.conversations.clear(mallory.email);
    await until(() => requests(alice).length === 0);
    assert.deepEqual(alice.conversations.chats(), []);
    await mallory.send(alice, "again");
    await until(() => requests(alice)[0] === "mallory@example.org mallory@example.org false", () => requests(alice).join());
  }));

  test("stays a request after a reload", inWorld(async (world) => {
    const { alice, mallory } = await stranger(world);
    const reloaded = await world.reload(alice);
    assert.deepEqual(requests(reloaded), [`${mallory.email} ${mallory.email} false`]);
    assert.deepEqual(reloaded.conversations.chats(), []);
  }));
});

describe("chats of before there were requests", () => {
  test("stay chats, and bring no receipts", inWorld(async (world) => {
    const { alice, mallory } = await stranger(world);
    const database = await world.databaseOf(alice);
    await database.write(["state"], async (stores) => void stores("state").delete("chats are listed"));
    const reloaded = await world.reload(alice);
    assert.deepEqual(requests(reloaded), []);
    assert.equal(reloaded.chat(mallory).lastLine, "let me in");
    await mallory.showsStates(alice, "sent");
    await pause(MOMENT_MS);
    assert.deepEqual(mallory.states(alice), ["sent"]);
  }));
});

describe("a request in the person's other browser", () => {
  async function twoBrowsers(world) {
    const [alice, mallory] = [await world.newPerson("alice"), await world.newPerson("mallory")];
    const second = await secondBrowser(world, alice, await keepCode(alice));
    await until(() => alice.account.vault.browsers.length === 2);
    await mallory.send(alice, "let me in");
    for (const browser of [alice, second]) {
      await until(() => requests(browser).length === 1);
      await opened(browser, 1);
    }
    return { alice, second, mallory, strangers: await alice.account.strangers() };
  }

  test("is a chat there as soon as it is accepted here", inWorld(async (world) => {
    const { second, mallory, strangers } = await twoBrowsers(world);
    await strangers.accept(mallory.email);
    await until(() => second.chat(mallory)?.lastLine === "let me in");
  }));

  test("is accepted there although the server hides the contact", inWorld(async (world) => {
    const { second, mallory, strangers } = await twoBrowsers(world);
    world.server.intercept = ({ method, path }) =>
      (method === "GET" && path.includes("/contacts/list") ? { status: 200, body: { results: [] } } : undefined);
    await strangers.accept(mallory.email);
    await until(() => second.chat(mallory)?.lastLine === "let me in");
    await second.conversations.markRead(mallory.email);
    await mallory.showsStates(second, "read");
  }));

  test("is blocked there, and unblocked there, although the server names no block", inWorld(async (world) => {
    const { alice, second, mallory, strangers } = await twoBrowsers(world);
    world.server.intercept = ({ path }) => (path.includes("/blocks/") ? { status: 200, body: { results: [] } } : undefined);
    world.server.withholds = false;
    const there = await second.account.strangers();
    await strangers.block(mallory.email);
    await until(async () => (await there.blocked()).length === 1);
    await until(() => requests(second).length === 0);
    await mallory.send(alice, "let me in!");
    await mallory.showsStates(alice, "sent", "sent");
    await there.unblock(mallory.email);
    await until(async () => (await strangers.blocked()).length === 0);
    await mallory.send(alice, "hello?");
    for (const browser of [alice, second]) {
      await opened(browser, 2);
      assert.ok(!(await rowsOf(browser, "messages")).some(({ id }) => id === 2));
    }
  }));

  test("is blocked there by the server's list where there is no vault", inWorld(async (world) => {
    const { alice, mallory, strangers } = await stranger(world);
    world.server.user(alice.email).blocks.add(mallory.email);
    world.server.push(world.server.user(alice.email), { type: "people_changed" });
    await until(async () => (await strangers.blocked()).length === 1);
    await until(() => requests(alice).length === 0);
  }));
});

describe("a blocked person", () => {
  test("is kept away by the server, sees Sent, and is heard from then on when unblocked", inWorld(async (world) => {
    const { alice, mallory, strangers } = await stranger(world);
    await strangers.block(mallory.email);
    await until(() => world.server.user(alice.email).blocks.has(mallory.email));
    assert.deepEqual(await strangers.blocked(), [{ email: mallory.email, name: mallory.email }]);
    await mallory.send(alice, "meanwhile");
    await mallory.showsStates(alice, "sent", "sent");
    await strangers.unblock(mallory.email);
    await until(() => world.server.user(alice.email).blocks.size === 0);
    await mallory.send(alice, "after");
    await alice.shows(mallory, "let me in", "after");
    assert.equal(requests(alice).length, 1);
    const gap = () => alice.marks(mallory).find(({ kind }) => kind === "gap");
    await until(gap);
    assert.deepEqual([gap().count, gap().mayBeBlocked], [1, true]);
  }));

  test("shows nothing here where the server ignores the block: no message, receipt or page of older messages", inWorld(async (world) => {
    const [alice, mallory] = await world.friends("alice", "mallory");
    await alice.send(mallory, "hello");
    await mallory.shows(alice, "hello");
    await alice.showsStates(mallory, "delivered");
    const strangers = await alice.account.strangers();
    world.server.withholds = false;
    await strangers.block(mallory.email);
    const before = alice.states(mallory).join();
    await mallory.send(alice, "you can't stop me");
    await mallory.conversations.markRead(alice.email);
    const reloaded = await world.reload(alice);
    await until(async () => (await rowsOf(alice, "state")).length > 0);
    await pause(MOMENT_MS);
    await reloaded.shows(mallory, "hello");
    assert.equal(reloaded.states(mallory).join(), before);
    assert.deepEqual((await rowsOf(alice, "receipts")), []);
    assert.ok(reloaded.chat(mallory).isBlocked);
    assert.deepEqual(await (await reloaded.account.strangers()).blocked(), [{ email: mallory.email, name: "mallory" }]);
  }));

  test("loses nothing of what was there before: older messages are fetched once the person is unblocked", inWorld(async (world) => {
    const [alice, mallory] = await world.friends("alice", "mallory");
    const texts = Array.from({ length: 60 }, (_, number) => `message ${number}`);
    for (const text of texts) {
      await mallory.send(alice, text);
    }
    await until(() => mallory.account.unsent() === 0);
    const again = await world.logIn(alice, new Browser());
    const strangers = await again.account.strangers();
    await until(() => again.chat(mallory));
    await strangers.block(mallory.email);
    const thread = again.conversations.open(mallory.email);
    await until(() => !thread.loading && !thread.hasOlder);
    assert.equal((await rowsOf(again, "messages")).length, 1);
    await strangers.unblock(mallory.email);
    again.conversations.close(mallory.email);
    const whole = again.conversations.open(mallory.email);
    await until(() => !whole.loading);
    while (whole.hasOlder) {
      await whole.loadOlder();
    }
    assert.equal((await rowsOf(again, "messages")).length, texts.length);
  }));

  test("gets no receipts for what they have written before", inWorld(async (world) => {
    const [alice, mallory] = await world.friends("alice", "mallory");
    await mallory.send(alice, "hello");
    await mallory.showsStates(alice, "delivered");
    await (await alice.account.strangers()).block(mallory.email);
    await alice.conversations.markRead(mallory.email);
    await pause(MOMENT_MS);
    assert.deepEqual(mallory.states(alice), ["delivered"]);
  }));

  test("is blocked on the server once it can be reached", inWorld(async (world) => {
    const { alice, mallory, strangers } = await stranger(world);
    world.server.intercept = ({ path }) => (path.includes("/blocks/") ? { status: 503, body: { code: "unavailable" } } : undefined);
    await strangers.block(mallory.email);
    await assert.rejects(strangers.refresh());
    world.server.intercept = () => undefined;
    await world.reload(alice);
    await until(() => world.server.user(alice.email).blocks.has(mallory.email));
  }));

  test("whose account is gone can be blocked and unblocked", inWorld(async (world) => {
    const { alice, mallory, strangers } = await stranger(world);
    world.server.users.delete(mallory.email);
    await strangers.block(mallory.email);
    await strangers.refresh();
    await strangers.unblock(mallory.email);
    await strangers.refresh();
    const chat = (await rowsOf(alice, "chats")).find(({ id }) => id === mallory.email);
    assert.deepEqual([chat.blocked.is, chat.blocked.due], [false, undefined]);
  }));
});
