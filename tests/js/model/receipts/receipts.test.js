import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inWorld, pause, until } from "../../world/world.js";

const receiptsOf = (server, person) =>
  server.messages.filter((message) => message.message_type === "receipt" && message.sender_email === person.email);

/** Longer than a due receipt waits. */
const quiet = () => pause(1800);

/** A stranger writes, and the message is read. */
async function readFromStranger(world, inject = () => {}) {
  const bob = await world.newPerson("bob");
  const mallory = await world.newPerson("mallory");
  await mallory.account.contacts.add(bob.email);
  await inject(bob, mallory);
  await mallory.send(bob, "who are you?");
  await bob.shows(mallory, "who are you?");
  await bob.conversations.markRead(mallory.email);
  await quiet();
  return { bob, mallory };
}

function isToldNothing(server, bob) {
  const [{ delivered_at, read_at }] = server.texts;
  assert.deepEqual([delivered_at, read_at], [null, null]);
  assert.deepEqual(server.callsTo("/messages/receipts"), []);
  assert.deepEqual(receiptsOf(server, bob), []);
}

describe("the server's delivered and read", () => {
  test("are not told of a stranger's messages until they are answered", inWorld(async (world) => {
    const { bob, mallory } = await readFromStranger(world);
    isToldNothing(world.server, bob);
    await bob.send(mallory, "Bob");
    await until(() => world.server.texts[0].read_at && receiptsOf(world.server, bob).length > 0);
  }));

  test("are told once the stranger is added as a contact", inWorld(async (world) => {
    const { bob, mallory } = await readFromStranger(world);
    isToldNothing(world.server, bob);
    await bob.account.contacts.add(mallory.email);
    await until(() => world.server.texts[0].read_at && receiptsOf(world.server, bob).length > 0);
  }));

  test("are not told of a contact that only the server names", inWorld(async (world) => {
    const { server } = world;
    const { bob, mallory } = await readFromStranger(world, async (person, stranger) => {
      server.user(person.email).contacts.add(stranger.email);
      await person.account.contacts.refresh();
      assert.ok(person.account.contacts.byEmail(stranger.email));
    });
    isToldNothing(server, bob);
    const again = await world.reload(bob);
    await quiet();
    isToldNothing(server, again);
    await again.send(mallory, "Bob");
    await until(() => server.texts[0].read_at && receiptsOf(server, again).length > 0);
  }));

  test("are delivered only while read receipts are off", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    await bob.account.preferences.set({ readReceipts: false });
    await alice.send(bob, "one");
    await bob.shows(alice, "one");
    await bob.conversations.markRead(alice.email);
    await until(() => server.texts[0]?.delivered_at);
    await quiet();
    assert.equal(server.texts[0].read_at, null);
    assert.ok(server.callsTo("/messages/receipts").every(({ body }) => body.read.length === 0));
    await bob.account.preferences.set({ readReceipts: true });
    await until(() => server.texts[0].read_at);
  }));

  test("are told of a contact from before the page stored who added it", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    bob.account.close();
    bob.browser.use();
    await changeRows(bob.browser.indexedDB, "people", ({ isAdded, ...row }) => row);
    const again = await world.newTab(bob);
    await alice.send(again, "one");
    await until(() => world.server.texts[0]?.delivered_at);
    await alice.showsStates(bob, "delivered");
  }));
});

/** Rewrites the rows of a store, as an older version of the page left them. */
async function changeRows(indexedDB, name, change) {
  const [{ name: database }] = (await indexedDB.databases()).filter((one) => one.name.includes("@"));
  const connection = await done(indexedDB.open(database));
  const store = connection.transaction([name], "readwrite").objectStore(name);
  for (const row of await done(store.getAll())) {
    await done(store.put(change(row)));
  }
  connection.close();
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
