import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { has, rangesOf, union } from "../../../../static/js/model/history/ranges.js";
import { OwnClient } from "../../world/own-client.js";
import { refusal } from "../../world/memory-server.js";
import { inWorld, pause, rowsOf, until } from "../../world/world.js";

const MOST = Number.MAX_SAFE_INTEGER;

describe("ranges of counters", () => {
  test("leave out the missing ones", () => {
    assert.deepEqual(rangesOf(1, 5, []), [[1, 5]]);
    assert.deepEqual(rangesOf(1, 5, [3]), [[1, 2], [4, 5]]);
    assert.deepEqual(rangesOf(1, 5, [5, 1, 9, 0]), [[2, 4]]);
    assert.deepEqual(rangesOf(1, 1, [1]), []);
    assert.deepEqual(rangesOf(3, 2, []), []);
  });

  test("join where they meet", () => {
    assert.deepEqual(union([[1, 2]], [[3, 5]]), [[1, 5]]);
    assert.deepEqual(union([[4, 9]], [[1, 2], [5, 6]]), [[1, 2], [4, 9]]);
    assert.equal(has([[1, 2], [4, 9]], 3), false);
    assert.equal(has([[1, 2], [4, 9]], 9), true);
  });
});

/** Alice uses the page, Bob his own client; she has written to him. */
async function meet(world, ...texts) {
  const alice = await world.newPerson("alice");
  const bob = await OwnClient.join(world, "bob");
  await alice.account.contacts.add(bob.email);
  await sendAll(world, alice, bob, texts);
  const { content } = await bob.open(alice, world.server.texts[0]);
  const of = (entry) => ({ browser: content.browser, from: 1, read: 0, missing: [], ...entry });
  return { alice, bob, of };
}

async function sendAll({ server }, alice, bob, texts) {
  for (const text of texts) {
    const count = server.texts.length;
    await alice.send(bob, text);
    await until(() => server.texts.length > count);
  }
  alice.conversations.open(bob.email);
}

describe("a receipt", () => {
  test("of a future counter does not mark messages that are written later", inWorld(async (world) => {
    const { alice, bob, of } = await meet(world, "one");
    await bob.acknowledge(alice, [of({ delivered: MOST, read: MOST })]);
    await alice.showsStates(bob, "read");
    await sendAll(world, alice, bob, ["two"]);
    await until(() => alice.states(bob).length === 2);
    await pause(200);
    assert.deepEqual(alice.states(bob), ["read", "sent"]);
  }));

  test("does not mark a waiting message that was never sealed", inWorld(async (world) => {
    const { alice, bob, of } = await meet(world, "one");
    const { server } = world;
    server.acceptsSockets = false;
    [...server.sockets].forEach((socket) => socket.shut(1006));
    server.intercept = ({ path }) => (path.includes("/send") ? refusal(503, "unavailable") : undefined);
    await alice.send(bob, "two");
    await alice.send(bob, "three");
    await until(() => server.callsTo("/messages/send").length > 0);
    await bob.acknowledge(alice, [of({ delivered: MOST, read: MOST })]);
    await until(() => alice.states(bob)[0] === "read");
    server.intercept = () => undefined;
    server.acceptsSockets = true;
    await until(() => server.texts.length === 3 && alice.states(bob).at(-1) !== "sending");
    await pause(200);
    assert.equal(alice.states(bob).at(-1), "sent");
  }));

  test("takes no tick of another receipt back", inWorld(async (world) => {
    const { alice, bob, of } = await meet(world, "one", "two", "three");
    await bob.acknowledge(alice, [of({ delivered: 2, read: 1 })]);
    await alice.showsStates(bob, "read", "delivered", "sent");
    await bob.acknowledge(alice, [of({ from: 3, delivered: 3 })]);
    await alice.showsStates(bob, "read", "delivered", "delivered");
    await bob.acknowledge(alice, [of({ delivered: 3, read: 3, missing: [1, 2] })]);
    await alice.showsStates(bob, "read", "delivered", "read");
    const again = await world.reload(alice);
    again.conversations.open(bob.email);
    await again.showsStates(bob, "read", "delivered", "read");
  }));

  test("of each of the peer's browsers counts, also if they are opened at once", inWorld(async (world) => {
    const { alice, bob, of } = await meet(world, "one", "two");
    alice.account.close();
    await bob.acknowledge(alice, [of({ delivered: 2, read: 1 })]);
    bob.browser = "ef".repeat(16);
    await bob.acknowledge(alice, [of({ delivered: 2 })]);
    const again = await world.newTab(alice);
    again.conversations.open(bob.email);
    await again.showsStates(bob, "read", "delivered");
  }));

  test("adds to the ticks that an older version of the page has stored", inWorld(async (world) => {
    const { alice, bob, of } = await meet(world, "one", "two");
    await bob.acknowledge(alice, [of({ delivered: 1, read: 1 })]);
    await alice.showsStates(bob, "read", "sent");
    alice.account.close();
    alice.browser.use();
    await changeChats(alice.browser.indexedDB, ({ ticks: _, ...chat }) => {
      return { ...chat, acknowledged: { other: { counter: 1, from: 1, delivered: 1, read: 1, missing: [] } } };
    });
    const again = await world.newTab(alice);
    again.conversations.open(bob.email);
    await again.showsStates(bob, "read", "sent");
    await bob.acknowledge(again, [of({ delivered: 2 })]);
    await again.showsStates(bob, "read", "delivered");
  }));

  test("names a late message as missing until it was on the screen", inWorld(async (world) => {
    const bob = await world.newPerson("bob");
    const alice = await OwnClient.join(world, "alice");
    await bob.account.contacts.add(alice.email);
    const one = await alice.write(bob, { body: "one" });
    const two = await alice.seal(bob, { counter: 2, previous: one.hash, body: "two" });
    await alice.write(bob, { counter: 3, previous: two.hash, body: "three" });
    await bob.shows(alice, "one", "three");
    await bob.conversations.markRead(alice.email);
    await alice.receipt(bob, ({ seen }) => seen[0]?.read === 3);
    bob.conversations.close(alice.email);
    world.server.plant(bob.email, two.message);
    await until(() => bob.chat(alice).unread === 1);
    await pause(1500);
    const late = (await alice.lastReceipt(bob)).seen[0];
    assert.deepEqual([late.delivered, late.read, late.missing], [3, 3, [2]]);
    await bob.shows(alice, "one", "two", "three");
    await bob.conversations.markRead(alice.email);
    await alice.receipt(bob, ({ seen }) => seen[0].read === 3 && seen[0].missing.length === 0);
  }));
});

describe("a message that its writer has taken back", () => {
  test("and that has arrived nevertheless is shown to its writer", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    await alice.send(bob, "one");
    await bob.shows(alice, "one");
    const envelope = await sendInVain(world, alice, bob, "two");
    await until(() => server.texts.length === 2);
    await alice.send(bob, "three");
    await bob.shows(alice, "one", "three");
    await alice.showsStates(bob, "delivered", "delivered");
    assert.deepEqual(alice.marks(bob), []);
    server.plant(bob.email, { sender_email: alice.email, ...envelope });
    await bob.shows(alice, "one", "two", "three");
    await until(() => alice.marks(bob).some(({ kind }) => kind === "taken-back"));
    const again = await world.reload(alice);
    again.conversations.open(bob.email);
    await until(() => again.marks(bob).some(({ kind }) => kind === "taken-back"));
  }));

  /** The server answers with a refusal, and the person takes the message back. */
  async function sendInVain({ server }, alice, bob, text) {
    let envelope;
    server.socketAnswer = (frame, socket) => {
      if (frame.type === "send_message" && frame.message_type === "text") {
        const { type, ...body } = frame;
        envelope = body;
        socket.tell({ type: "error", client_id: body.client_id, code: "invalid", detail: "no" });
        return true;
      }
    };
    await alice.send(bob, text);
    const failed = () => alice.items(bob).find(({ state }) => state === "failed");
    await until(failed);
    server.socketAnswer = undefined;
    await alice.conversations.remove(bob.email, failed().clientId);
    return envelope;
  }
});

describe("a message of the peer", () => {
  test("is unread until this browser has shown it, whatever the server says", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    const push = server.push.bind(server);
    server.push = (owner, event) => {
      const isTheirs = owner.email === bob.email && event.message?.sender_email === alice.email;
      const times = { delivered_at: "2030-01-01T00:00:00Z", read_at: "2030-01-01T00:00:00Z", created_at: "1990-01-01T00:00:00Z" };
      push(owner, isTheirs ? { ...event, message: { ...event.message, ...times } } : event);
    };
    await alice.send(bob, "one");
    await until(() => bob.chat(alice)?.lastLine === "one");
    assert.equal(bob.chat(alice).unread, 1);
    await alice.showsStates(bob, "delivered");
    await bob.shows(alice, "one");
    await bob.conversations.markRead(alice.email);
    await alice.showsStates(bob, "read");
    assert.equal(bob.chat(alice).unread, 0);
  }));
});

describe("very many skips", () => {
  test("take bounded space, and leave no gap", inWorld(async (world) => {
    const bob = await world.newPerson("bob");
    const alice = await OwnClient.join(world, "alice");
    await bob.account.contacts.add(alice.email);
    const count = 230;
    const hashOf = (counter) => counter.toString(16).padStart(64, "0");
    for (let counter = 1; counter <= count; counter += 1) {
      const previous = counter === 1 ? null : hashOf(counter - 1);
      await alice.write(bob, { type: "skip", counter, previous, body: hashOf(counter) });
    }
    await alice.write(bob, { counter: count + 1, previous: hashOf(count), body: "at last" });
    await bob.shows(alice, "at last");
    await until(() => bob.chat(alice).unread === 1);
    await until(() => bob.marks(alice).length === 0, () => JSON.stringify(bob.marks(alice)));
    for (let rows = Infinity; rows > 201; rows = (await rowsOf(bob, "messages")).length) {
      await pause(50);
    }
    const again = await world.reload(bob);
    await again.shows(alice, "at last");
    await until(() => again.marks(alice).length === 0, () => JSON.stringify(again.marks(alice)));
  }));
});

describe("skips that come all at once", () => {
  test("leave no gap, however many they are", inWorld(async (world) => {
    const bob = await world.newPerson("bob");
    const alice = await OwnClient.join(world, "alice");
    await bob.account.contacts.add(alice.email);
    const hashOf = (counter) => counter.toString(16).padStart(64, "0");
    bob.account.close();
    for (let counter = 1; counter <= 230; counter += 1) {
      await alice.write(bob, { type: "skip", counter, previous: counter === 1 ? null : hashOf(counter - 1), body: hashOf(counter) });
    }
    await alice.write(bob, { counter: 231, previous: hashOf(230), body: "at last" });
    const back = await world.newTab(bob);
    await back.shows(alice, "at last");
    for (let rows = [{ pending: "" }]; rows.length !== 201 || rows.some(({ raw }) => raw); ) {
      await pause(100);
      rows = await rowsOf(bob, "messages");
    }
    await alice.receipt(bob, ({ seen }) => seen.some(({ from, delivered }) => from === 231 && delivered === 231));
    assert.deepEqual(back.marks(alice), []);
  }));
});

describe("skips of several browsers", () => {
  test("are in no receipt, also where they are kept no more", inWorld(async (world) => {
    const bob = await world.newPerson("bob");
    const alice = await OwnClient.join(world, "alice");
    await bob.account.contacts.add(alice.email);
    const hashOf = (counter) => counter.toString(16).padStart(64, "0");
    const first = await alice.write(bob, { body: "one" });
    await alice.write(bob, { type: "skip", counter: 2, previous: first.hash, body: hashOf(2) });
    await alice.write(bob, { counter: 3, previous: hashOf(2), body: "three" });
    const { browser } = alice;
    const of = (receipt) => receipt.seen.find((entry) => entry.browser === browser);
    await alice.receipt(bob, (receipt) => of(receipt)?.missing.join() === "2" && of(receipt).delivered === 3);
    alice.browser = "ab".repeat(16);
    for (let counter = 1; counter <= 203; counter += 1) {
      await alice.write(bob, { type: "skip", counter, previous: counter === 1 ? null : hashOf(counter - 1), body: hashOf(counter) });
    }
    await alice.write(bob, { counter: 204, previous: hashOf(203), body: "at last" });
    const receipt = await alice.receipt(bob, (found) => found.seen.some(({ delivered }) => delivered === 204) && of(found).from > 1);
    assert.deepEqual([of(receipt).from, of(receipt).delivered, of(receipt).missing], [3, 3, []]);
  }));
});

async function changeChats(indexedDB, change) {
  const store = await storeOf(indexedDB, "chats");
  for (const chat of await done(store.getAll())) {
    await done(store.put(change(chat)));
  }
  store.transaction.db.close();
}

async function storeOf(indexedDB, name) {
  const [{ name: database }] = (await indexedDB.databases()).filter((one) => one.name.includes("@"));
  return (await done(indexedDB.open(database))).transaction([name], "readwrite").objectStore(name);
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
