import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OwnClient } from "../../world/own-client.js";
import { refusal } from "../../world/memory-server.js";
import { Browser, inWorld, pause, rowsOf, until } from "../../world/world.js";

/** Catches the server's pushes, so that the test can change them. */
function catchPushes(server) {
  const caught = [];
  server.push = (owner, event) => caught.push({ owner, event: structuredClone(event) });
  return {
    of: (person) => caught.filter(({ owner }) => owner.email === person.email).map(({ event }) => event),
    tell: (person, event) =>
      [...server.sockets].filter(({ user }) => user?.email === person.email).forEach((socket) => socket.tell(event)),
  };
}

/** A message without the members that the server assigns. */
function copyOf({ id, created_at, delivered_at, read_at, ...message }) {
  return message;
}

describe("one malformed message", () => {
  const poisons = {
    "from a quoted local part": (bob) => ({ sender_email: '"a@b"@example.com', recipient_email: bob.email }),
    "from an address without a form": () => ({ sender_email: "Nobody At All" }),
    "between others": () => ({ recipient_email: "carol@example.org" }),
    "with a number for a client_id": () => ({ client_id: 7 }),
    "created never": () => ({ created_at: "never" }),
    "without an id": () => ({ id: null }),
  };
  for (const [name, poison] of Object.entries(poisons)) {
    test(`does not block the next ones: ${name}`, inWorld(async (world) => {
      const [alice, bob] = await world.friends("alice", "bob");
      await alice.send(bob, "before");
      await bob.shows(alice, "before");
      const message = copyOf(world.server.texts[0]);
      world.server.plant(bob.email, { ...message, client_id: null, ...poison(bob) });
      await alice.send(bob, "after");
      await until(() => bob.texts(alice).includes("after"));
      const again = await world.reload(bob);
      await until(() => again.texts(alice).includes("after"));
      await until(() => again.conversations.connection === "ok");
    }));
  }

  test("is shown as not readable in its place, if its people are clear", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "before");
    await bob.shows(alice, "before");
    world.server.plant(bob.email, { ...copyOf(world.server.texts[0]), client_id: 7, created_at: "never" });
    await until(() => bob.items(alice)[1]?.unopened);
    assert.equal(bob.items(alice)[1].text, "");
  }));

  test("in the list of chats does not keep a new browser out", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "whole");
    await bob.shows(alice, "whole");
    world.server.tamper = (call, answer) => {
      const isList = call.path.endsWith("/messages/conversations");
      return isList ? { ...answer, body: { ...answer.body, results: [{ email: 5 }, ...answer.body.results] } } : answer;
    };
    const elsewhere = await world.logIn(bob, new Browser());
    await until(() => elsewhere.chat(alice));
  }));
});

test("a sync that keeps failing is not shown as a good connection", inWorld(async (world) => {
  const [alice] = await world.friends("alice", "bob");
  const { server } = world;
  server.intercept = ({ path }) => (path.includes("/sync") ? { status: 200, body: { events: "none" } } : undefined);
  const again = await world.reload(alice);
  await until(() => again.conversations.connection === "ok");
  await until(() => again.conversations.connection === "connecting");
  await pause(50);
  assert.equal(again.conversations.connection, "connecting");
  server.intercept = () => undefined;
  await until(() => again.conversations.connection === "ok");
}));

describe("an id that the server gives twice", () => {
  test("does not show the text of one message for the other's sender", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const pushes = catchPushes(world.server);
    bob.conversations.open(alice.email);
    await alice.send(bob, "I owe Bob 1000");
    await until(() => pushes.of(bob).length === 1);
    const [event] = pushes.of(bob);
    const people = { sender_email: bob.email, recipient_email: alice.email };
    pushes.tell(bob, event);
    pushes.tell(bob, { ...event, sequence: event.sequence + 1, message: { ...event.message, ...people } });
    await until(() => bob.items(alice).length === 2 && bob.items(alice).every(({ opening }) => !opening));
    const shown = bob.items(alice).map(({ mine, text, unopened }) => [mine, text, Boolean(unopened)]);
    assert.deepEqual(shown, [[false, "I owe Bob 1000", false], [true, "", true]]);
    const again = await world.reload(bob);
    // A sync then gets the right message with that id.
    await again.shows(alice, "I owe Bob 1000");
    assert.deepEqual(again.items(alice).map(({ mine }) => mine), [false]);
  }));

  test("does not show the text of the earlier message", inWorld(async (world) => {
    const { alice, bob } = await receiveTwoUnderOneId(world);
    await bob.shows(alice, "one", "two");
  }));

  test("sends no receipt for the message that was moved aside", inWorld(async (world) => {
    const { alice, bob } = await receiveTwoUnderOneId(world);
    await bob.shows(alice, "one", "two");
    await bob.conversations.markRead(alice.email);
    await pause(900);
    const told = world.server.callsTo("/receipts").flatMap(({ body }) => [...body.delivered, ...body.read]);
    assert.ok(told.length > 0 && told.every(Number.isInteger), told.join());
  }));
});

describe("receipts", () => {
  test("that the server refuses are not repeated, and do not block the others", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    server.intercept = ({ path }) => (path.includes("/receipts") ? refusal(400, "invalid") : undefined);
    await alice.send(bob, "one");
    await until(() => server.callsTo("/receipts").length === 1);
    await pause(1500);
    assert.equal(server.callsTo("/receipts").length, 1);
    server.intercept = () => undefined;
    await alice.send(bob, "two");
    await until(() => server.callsTo("/receipts").length === 2);
    assert.deepEqual(server.callsTo("/receipts")[1].body, { delivered: [server.texts[1].id], read: [] });
  }));
});

describe("a message that is delivered again under another id", () => {
  test("is shown, counted and announced once", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const announced = [];
    bob.conversations.on("announce", ({ text }) => announced.push(text));
    await alice.send(bob, "pay 10");
    await bob.shows(alice, "pay 10");
    await until(() => announced.length === 1);
    await bob.conversations.markRead(alice.email);
    await until(() => bob.chat(alice).unread === 0);
    world.server.plant(bob.email, copyOf(world.server.texts[0]));
    world.server.plant(bob.email, copyOf(world.server.texts[0]));
    await alice.send(bob, "and no more");
    await bob.shows(alice, "pay 10", "and no more");
    await until(() => bob.chat(alice).unread === 1 && announced.length === 2);
    assert.deepEqual(announced, ["pay 10", "and no more"]);
    const again = await world.reload(bob);
    await again.shows(alice, "pay 10", "and no more");
    assert.equal(again.chat(alice).unread, 1);
  }));

  test("is not the last line in the list of chats", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "pay 10");
    await alice.send(bob, "paid");
    await bob.shows(alice, "pay 10", "paid");
    world.server.plant(bob.email, copyOf(world.server.texts[0]));
    await pause(600);
    assert.equal(bob.chat(alice).lastLine, "paid");
    assert.deepEqual(bob.texts(alice), ["pay 10", "paid"]);
  }));
});

describe("a record that cannot be read", () => {
  test("does not affect the other messages and the list of chats", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    for (const text of ["one", "two"]) {
      await alice.send(bob, text);
    }
    await bob.shows(alice, "one", "two");
    bob.account.close();
    await damage(bob, 2);
    const again = await world.reload(bob);
    await until(() => again.items(alice).length === 2);
    assert.deepEqual(again.items(alice).map(({ text, unopened }) => [text, Boolean(unopened)]), [["one", false], ["", true]]);
    assert.equal(again.chat(alice).lastLine, "This message could not be opened.");
  }));
});

/** Flips a bit of the stored content of a message. */
async function damage(person, id) {
  const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const database = await done(person.browser.indexedDB.open(`vibechat ${person.email}`));
  const store = database.transaction("messages", "readwrite").objectStore("messages");
  const row = await done(store.get(id));
  row.sealed.data[0] ^= 1;
  await done(store.put(row));
  database.close();
}

describe("one id that the server gives to very many messages", () => {
  for (const id of [7, 2 ** 53 - 2]) {
    test(`does not stop the page, nor take what was opened: ${id}`, inWorld(async (world) => {
      const [alice, bob] = await world.friends("alice", "bob");
      const pushes = catchPushes(world.server);
      await alice.send(bob, "I owe Bob 1000");
      await until(() => pushes.of(bob).length === 1);
      const [event] = pushes.of(bob);
      pushes.tell(bob, { ...event, message: { ...event.message, id } });
      await bob.shows(alice, "I owe Bob 1000");
      for (let count = 1; count <= 60; count += 1) {
        const message = { ...event.message, id, client_id: null, nonce: btoa(String(count).padStart(12)) };
        pushes.tell(bob, { ...event, sequence: event.sequence + count, message });
      }
      const last = { ...event, sequence: event.sequence + 61, message: { ...event.message, id: id - 1, client_id: null, nonce: btoa("another line") } };
      pushes.tell(bob, last);
      await until(() => bob.items(alice).length >= 2);
      await pause(500);
      assert.ok(bob.texts(alice).includes("I owe Bob 1000"));
      assert.ok(bob.items(alice).length < 20);
    }));
  }
});

test("a message that is repeated very often does not hide its first copy from the next repetition", inWorld(async (world) => {
  const [alice, bob] = await world.friends("alice", "bob");
  await alice.send(bob, "pay 10");
  await bob.shows(alice, "pay 10");
  // The ids are lower than that of the next repetition.
  for (let count = 0; count < 30; count += 1) {
    world.server.plant(bob.email, { ...copyOf(world.server.texts[0]), id: 1000 - count });
  }
  await alice.send(bob, "paid");
  await until(() => bob.texts(alice).includes("paid"));
  assert.deepEqual(bob.texts(alice).filter((text) => text !== ""), ["pay 10", "paid"]);
}));

test("a skip that is repeated very often does not hide the first copy of its message from the next repetition", inWorld(async (world) => {
  const alice = await world.newPerson("alice");
  const bob = await OwnClient.join(world, "bob");
  await alice.account.contacts.add(bob.email);
  alice.conversations.open(bob.email);
  const { message, hash } = await bob.seal(alice, { body: "pay 10" });
  const skip = await bob.seal(alice, { type: "skip", body: hash });
  const skipped = alice.glimpses(() => alice.items(bob).length > 0);
  for (let count = 0; count < 25; count += 1) {
    world.server.plant(alice.email, { ...skip.message, id: 1000 - count });
  }
  await skipped;
  await until(() => alice.items(bob).length === 0);
  world.server.plant(alice.email, { ...message, id: 2000 });
  await until(() => alice.texts(bob).join() === "pay 10");
  world.server.plant(alice.email, { ...message, id: 3000 });
  await until(async () => (await rowsOf(alice, "messages")).some(({ id, sealed }) => id === 3000 && sealed));
  await until(() => alice.items(bob).every(({ opening }) => !opening));
  assert.deepEqual(alice.texts(bob), ["pay 10"]);
}));

describe("a message that comes again and again", () => {
  test("takes a bounded place, under new ids or under those of its repetitions, and hides nothing else", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    await alice.send(bob, "once");
    await bob.shows(alice, "once");
    const message = copyOf(server.texts[0]);
    for (let count = 1; count <= 230; count += 1) {
      server.plant(bob.email, message);
    }
    for (let rows = []; rows.length !== 201 || rows.some(({ raw }) => raw); rows = await rowsOf(bob, "messages")) {
      await pause(50);
    }
    const repeated = (await rowsOf(bob, "messages")).at(-1).id;
    await bob.shows(alice, "once");
    const other = await alice.send(bob, "something else");
    const { id, ...rest } = server.texts.find(({ client_id: clientId }) => clientId === other) ?? (await sentAs(server, other));
    server.push(server.user(bob.email), { type: "new_message", sequence: server.user(bob.email).sequence += 1, message: { ...rest, id: repeated } });
    await bob.shows(alice, "once", "something else");
    assert.ok((await rowsOf(bob, "messages")).length <= 203);
  }));

  async function sentAs(server, clientId) {
    await until(() => server.texts.some(({ client_id: other }) => other === clientId));
    return server.texts.find(({ client_id: other }) => other === clientId);
  }
});

/** The server pushes a second message under the id of the first. */
async function receiveTwoUnderOneId(world) {
  const [alice, bob] = await world.friends("alice", "bob");
  const pushes = catchPushes(world.server);
  await alice.send(bob, "one");
  await alice.send(bob, "two");
  await until(() => pushes.of(bob).length === 2);
  const [one, two] = pushes.of(bob);
  pushes.tell(bob, one);
  await bob.shows(alice, "one");
  pushes.tell(bob, { ...two, message: { ...two.message, id: one.message.id } });
  return { alice, bob };
}
