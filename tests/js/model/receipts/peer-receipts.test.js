import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refusal } from "../../world/memory-server.js";
import { inWorld, pause, until } from "../../world/world.js";

const receipts = (server, sender) =>
  server.messages.filter((message) => message.message_type === "receipt" && (!sender || message.sender_email === sender.email));

/** Waits until the due receipts are written. */
async function quiet(server) {
  for (let before = -1; before !== receipts(server).length; ) {
    before = receipts(server).length;
    await pause(1800);
  }
}

describe("ticks", () => {
  test("come from the peer's browser, inside the encryption: delivered, then read", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "one");
    await alice.showsStates(bob, "delivered");
    await bob.shows(alice, "one");
    await bob.conversations.markRead(alice.email);
    await alice.showsStates(bob, "read");
  }));

  test("do not come from the server", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    bob.account.close();
    await alice.send(bob, "one");
    await alice.showsStates(bob, "sent");
    const [message] = server.texts;
    Object.assign(message, { delivered_at: "2030-01-01T00:00:00Z", read_at: "2030-01-01T00:00:00Z" });
    const again = await world.reload(alice);
    again.conversations.open(bob.email);
    await again.showsStates(bob, "sent");
  }));

  test("survive a reload, and show messages beyond a gap as delivered", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    bob.account.close();
    for (const text of ["one", "two", "three"]) {
      await alice.send(bob, text);
    }
    await until(() => server.texts.length === 3);
    server.user(bob.email).numbers.delete(server.texts[1].id);
    await world.newTab(bob);
    await alice.showsStates(bob, "delivered", "sent", "delivered");
    const again = await world.reload(alice);
    again.conversations.open(bob.email);
    await again.showsStates(bob, "delivered", "sent", "delivered");
  }));
});

/** How many receipts can be written in that time, if each waits twice as long as the one before, up to a limit. */
function mostWithin(elapsedMs) {
  let [count, delayMs] = [0, 400];
  for (let atMs = delayMs; atMs <= elapsedMs; atMs += delayMs) {
    count += 1;
    delayMs = Math.min(3200, delayMs * 2);
  }
  return count;
}

describe("a receipt", () => {
  test("cannot be forged, and an old one takes no tick back", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    await alice.send(bob, "one");
    await alice.showsStates(bob, "delivered");
    const [first] = receipts(server, bob);
    await bob.shows(alice, "one");
    await bob.conversations.markRead(alice.email);
    await alice.showsStates(bob, "read");
    const { id, created_at, ...copy } = first;
    server.plant(alice.email, copy);
    server.plant(alice.email, { ...copy, ciphertext: server.texts[0].ciphertext });
    await pause(300);
    assert.deepEqual(alice.states(bob), ["read"]);
    await alice.send(bob, "two");
    await alice.showsStates(bob, "read", "delivered");
  }));

  test("covers many messages, and a receipt gets none", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    bob.account.close();
    for (let count = 0; count < 20; count += 1) {
      await alice.send(bob, `message ${count}`);
    }
    await until(() => server.texts.length === 20);
    const startMs = performance.now();
    await world.newTab(bob);
    await until(() => alice.states(bob).every((state) => state === "delivered") && alice.states(bob).length === 20);
    await quiet(server);
    const most = Math.min(8, mostWithin(performance.now() - startMs));
    assert.ok(receipts(server, bob).length <= most, `${receipts(server, bob).length} receipts`);
    assert.equal(receipts(server, alice).length, 0);
    assert.equal(alice.chat(bob).unread, 0);
  }));

  test("is not sent to a stranger until they are answered", inWorld(async (world) => {
    const [bob] = await world.friends("bob");
    const mallory = await world.newPerson("mallory");
    const { server } = world;
    await mallory.account.contacts.add(bob.email);
    await mallory.send(bob, "who are you?");
    await bob.shows(mallory, "who are you?");
    await bob.conversations.markRead(mallory.email);
    await quiet(server);
    assert.equal(receipts(server, bob).length, 0);
    await bob.send(mallory, "Bob");
    await mallory.showsStates(bob, "read", null);
  }));

  test("does not say read while read receipts are off, and none is shown then", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await bob.account.preferences.set({ readReceipts: false });
    await alice.send(bob, "one");
    await bob.shows(alice, "one");
    await bob.conversations.markRead(alice.email);
    await bob.send(alice, "two");
    await alice.shows(bob, "one", "two");
    await alice.conversations.markRead(bob.email);
    await quiet(world.server);
    assert.deepEqual(alice.states(bob), ["delivered", null]);
    assert.deepEqual(bob.states(alice), [null, "delivered"]);
    await bob.account.preferences.set({ readReceipts: true });
    const again = await world.reload(bob);
    again.conversations.open(alice.email);
    await again.showsStates(alice, null, "read");
  }));

  test("waits for the network, and is sent once it is back", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    let isRefusing = true;
    server.acceptsSockets = false;
    [...server.sockets].forEach((socket) => socket.user?.email === bob.email && socket.shut(1006));
    server.intercept = ({ path, body }) =>
      isRefusing && path.includes("/send") && body.message_type === "receipt" ? refusal(503, "unavailable") : undefined;
    await alice.send(bob, "one");
    await bob.shows(alice, "one");
    await alice.showsStates(bob, "sent");
    await pause(900);
    assert.deepEqual(alice.states(bob), ["sent"]);
    isRefusing = false;
    await alice.showsStates(bob, "delivered");
  }));
});
