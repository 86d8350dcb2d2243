import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refusal } from "../../world/memory-server.js";
import { inWorld, pause, until } from "../../world/world.js";

/** Catches the server's pushes; the test delivers them. */
function catchPushes(server) {
  const caught = [];
  server.push = (owner, event) => caught.push({ owner, event: structuredClone(event) });
  return {
    caught,
    of: (person) => caught.filter(({ owner }) => owner.email === person.email).map(({ event }) => event),
    tell: (person, event) =>
      [...server.sockets].filter(({ user }) => user?.email === person.email).forEach((socket) => socket.tell(event)),
  };
}

const syncs = (server, { browser }) => server.callsTo("/messages/sync").filter(({ host }) => host === browser.host);

describe("pushes", () => {
  test("are applied in the order of their sequences, without a sync", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const pushes = catchPushes(world.server);
    // Other events of the mailbox would be caught too.
    world.server.intercept = ({ path }) => (path.includes("/receipts") ? refusal(400, "invalid") : undefined);
    for (const text of ["one", "two", "three"]) {
      await alice.send(bob, text);
    }
    await until(() => world.server.texts.length === 3);
    const before = syncs(world.server, bob).length;
    const [one, two, three] = pushes.of(bob);
    [three, one, two, two, one].forEach((event) => pushes.tell(bob, event));
    await bob.shows(alice, "one", "two", "three");
    await pause(400);
    await bob.shows(alice, "one", "two", "three");
    assert.equal(syncs(world.server, bob).length, before);
  }));

  test("with one missing lead to one sync after a moment", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const pushes = catchPushes(world.server);
    await alice.send(bob, "lost");
    await alice.send(bob, "came");
    await until(() => world.server.texts.length === 2);
    const before = syncs(world.server, bob).length;
    pushes.tell(bob, pushes.of(bob)[1]);
    await pause(150);
    assert.equal(syncs(world.server, bob).length, before);
    await bob.shows(alice, "lost", "came");
    assert.equal(syncs(world.server, bob).length, before + 1);
  }));

  test("that the server has deleted a message delete nothing here, and need no sync", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const pushes = catchPushes(world.server);
    // Other events of the mailbox would be caught too.
    world.server.intercept = ({ path }) => (path.includes("/receipts") ? refusal(400, "invalid") : undefined);
    await alice.send(bob, "kept");
    await alice.send(bob, "later");
    await until(() => world.server.texts.length === 2);
    const before = syncs(world.server, bob).length;
    const [kept, later] = pushes.of(bob);
    const { id, client_id } = kept.message;
    pushes.tell(bob, kept);
    pushes.tell(bob, { type: "message_deleted", sequence: kept.sequence + 1, message: { id, client_id } });
    pushes.tell(bob, { ...later, sequence: kept.sequence + 2 });
    await bob.shows(alice, "kept", "later");
    await pause(400);
    assert.equal(syncs(world.server, bob).length, before);
    await (await world.reload(bob)).shows(alice, "kept", "later");
  }));

  test("with one missing lead to a sync although others follow", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const pushes = catchPushes(world.server);
    for (const text of ["lost", "1", "2", "3", "4", "5"]) {
      await alice.send(bob, text);
    }
    await until(() => world.server.texts.length === 6);
    const before = syncs(world.server, bob).length;
    for (const event of pushes.of(bob).slice(1, 6)) {
      pushes.tell(bob, event);
      await pause(120);
    }
    assert.equal(syncs(world.server, bob).length, before + 1);
    await bob.shows(alice, "lost", "1", "2", "3", "4", "5");
  }));

  test("that may have been lost are fetched when the server says resync", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const pushes = catchPushes(world.server);
    await alice.send(bob, "not pushed");
    await until(() => world.server.texts.length === 1);
    pushes.tell(bob, { type: "resync" });
    await bob.shows(alice, "not pushed");
  }));

  test("missed while there was no socket are found when it is back", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    [...server.sockets].filter(({ user }) => user.email === bob.email).forEach((socket) => socket.shut(1006));
    await alice.send(bob, "meanwhile");
    await bob.shows(alice, "meanwhile");
    await until(() => bob.conversations.connection === "ok");
  }));

  test("that are malformed change nothing, and lead to a sync", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    const cursor = server.user(bob.email).sequence;
    const people = { sender_email: alice.email, recipient_email: "carol@example.org" };
    const message = { id: 1, ...people, created_at: "2030-01-01T00:00:00Z" };
    const pushes = catchPushes(server);
    const before = syncs(server, bob).length;
    pushes.tell(bob, { type: "new_message", sequence: cursor + 1, message });
    pushes.tell(bob, { type: "new_message", sequence: 2 ** 53, message: { ...message, recipient_email: bob.email } });
    await until(() => syncs(server, bob).length > before);
    assert.deepEqual(bob.texts(alice), []);
    await alice.send(bob, "a real one");
    await until(() => server.texts.length === 1);
    pushes.tell(bob, pushes.of(bob)[0]);
    await bob.shows(alice, "a real one");
  }));
});

describe("sync", () => {
  test("runs every few seconds while there is no socket", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    server.acceptsSockets = false;
    [...server.sockets].forEach((socket) => socket.shut(1006));
    await until(() => bob.conversations.connection === "polling");
    await alice.send(bob, "by polling");
    await bob.shows(alice, "by polling");
    await bob.send(alice, "and back");
    await alice.shows(bob, "by polling", "and back");
  }));

  test("fetches a long absence in pages, and then what is new", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    bob.account.close();
    await alice.send(bob, "the first");
    await until(() => server.texts.length === 1);
    const { id, created_at, ...copy } = server.texts[0];
    for (let count = 0; count < 450; count += 1) {
      server.plant(bob.email, { ...copy, client_id: null });
    }
    const again = await world.newTab(bob);
    assert.deepEqual(syncs(server, bob).slice(-3).map(({ path }) => path.split("=")[1]), ["0", "200", "400"]);
    await until(() => again.chat(alice).unread === 451);
  }));

  test("of a long absence shows the newest before the rest is here, then all in its order", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    await alice.send(bob, "before");
    await bob.shows(alice, "before");
    await until(() => alice.states(bob)[0] === "delivered");
    bob.account.close();
    const { id, created_at, ...copy } = server.texts[0];
    for (let count = 0; count < 450; count += 1) {
      server.plant(bob.email, { ...copy, client_id: null });
    }
    await alice.send(bob, "the newest");
    await until(() => server.texts.length === 452);
    let release = () => {};
    const held = new Promise((resolve) => (release = resolve));
    const direct = globalThis.fetch;
    const second = `after=${1 + 200 + 1}`;
    globalThis.fetch = async (address, init) => {
      await (String(address).endsWith(second) ? held : undefined);
      return direct(address, init);
    };
    const again = await world.openTab(bob);
    const thread = again.conversations.open(alice.email);
    await until(() => again.texts(alice).at(-1) === "the newest");
    assert.equal(thread.items().length, 50);
    assert.equal(thread.hasOlder, true);
    await until(() => again.chat(alice).lastLine === "the newest");
    release();
    await again.started;
    while (thread.hasOlder) {
      await thread.loadOlder();
    }
    assert.equal(thread.items().length, 452);
    assert.equal(again.texts(alice)[0], "before");
  }));

  test("with a sequence that does not move is not repeated at once", inWorld(async (world) => {
    const [alice] = await world.friends("alice", "bob");
    const { server } = world;
    server.intercept = (call) =>
      call.path.includes("/sync")
        ? { status: 200, body: { events: [], cursor: Number(call.path.split("=")[1]), more: true } }
        : undefined;
    const before = syncs(server, alice).length;
    await world.reload(alice);
    await pause(700);
    const count = syncs(server, alice).length - before;
    assert.ok(count >= 1 && count <= 3, `${count} times`);
  }));

  test("with sequences that do not rise is refused as a whole", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    await alice.send(bob, "real");
    await bob.shows(alice, "real");
    const [message] = server.texts;
    const planted = { ...message, id: 77, client_id: null };
    server.intercept = (call) => {
      const after = Number(call.path.split("=")[1]);
      const events = [after + 2, after + 1].map((sequence) => ({ type: "new_message", sequence, message: planted }));
      const body = { events, cursor: after + 2, more: false };
      return call.path.includes("/sync") ? { status: 200, body } : undefined;
    };
    const again = await world.reload(bob);
    await again.shows(alice, "real");
  }));

  test("of a restored server starts over, and nothing is lost or doubled here", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    for (const text of ["kept", "lost there"]) {
      await alice.send(bob, text);
    }
    await bob.shows(alice, "kept", "lost there");
    await bob.conversations.markRead(alice.email);
    await alice.showsStates(bob, "read", "read");
    const lost = server.texts.at(-1);
    const kept = server.texts.slice(0, -1);
    server.messages.splice(0, Infinity, ...kept);
    for (const { email } of [alice, bob]) {
      const user = server.user(email);
      assert.ok(user.numbers.delete(lost.id));
      user.sequence = 1;
      user.numbers = new Map([[kept[0].id, 1]]);
    }
    let failures = 1;
    server.intercept = ({ path }) =>
      path.includes("/sync") && failures-- > 0 ? refusal(503, "unavailable") : undefined;
    const again = await world.reload(bob);
    await alice.send(bob, "after");
    await again.shows(alice, "kept", "lost there", "after");
  }));

  test("keeps both messages when a restored server gives an old id to a new one", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    await alice.send(bob, "lost there");
    await bob.shows(alice, "lost there");
    server.forgetAll();
    for (const { email } of [alice, bob]) {
      Object.assign(server.user(email), { sequence: 0, numbers: new Map() });
    }
    const again = await world.reload(bob);
    await alice.send(bob, "with its id");
    await until(() => server.texts.length === 1);
    assert.equal(server.texts[0].id, 1);
    await again.shows(alice, "lost there", "with its id");
  }));
});

describe("two tabs", () => {
  test("show the same sent messages, read state and drafts", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const tab = await world.newTab(alice);
    tab.conversations.open(bob.email);
    world.server.isReachable = false;
    await alice.send(bob, "not gone yet");
    await tab.showsStates(bob, "sending");
    world.server.isReachable = true;
    await bob.shows(alice, "not gone yet");
    await bob.send(alice, "unread in both");
    await until(() => alice.chat(bob).unread === 1 && tab.chat(bob).unread === 1);
    await until(() => alice.texts(bob).includes("unread in both"));
    await alice.conversations.markRead(bob.email);
    await until(() => tab.chat(bob).unread === 0);
    alice.conversations.setDraft(bob.email, "begun here");
    await until(() => tab.chat(bob).draft === "begun here");
    assert.equal(tab.conversations.open(bob.email).draft, "begun here");
  }));

  test("log out together", inWorld(async (world) => {
    const [alice] = await world.friends("alice", "bob");
    const tab = await world.newTab(alice);
    alice.browser.use();
    const reasons = [];
    tab.session.on("ended", ({ reason }) => reasons.push(reason));
    await alice.account.logOut({ forget: true });
    await until(() => reasons.length > 0);
    assert.deepEqual(reasons, ["logged_out"]);
    assert.deepEqual((await alice.browser.indexedDB.databases()).map(({ name }) => name), ["vibechat"]);
  }));
});

describe("clearing", () => {
  test("clears the chat for the person only, also after a reload", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "one");
    await bob.shows(alice, "one");
    await alice.conversations.clear(bob.email);
    await alice.shows(bob);
    await alice.send(bob, "two");
    await alice.shows(bob, "two");
    await bob.shows(alice, "one", "two");
    const again = await world.reload(alice);
    await again.shows(bob, "two");
  }));

  test("hides a message that is being sent at that time", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    server.acceptsSockets = false;
    [...server.sockets].forEach((socket) => socket.shut(1006));
    let release = () => {};
    const held = new Promise((resolve) => (release = resolve));
    const json = globalThis.fetch;
    globalThis.fetch = async (address, init) => {
      const response = await json(address, init);
      if (String(address).endsWith("/send")) {
        await held;
      }
      return response;
    };
    await alice.send(bob, "on its way");
    await until(() => server.texts.length === 1);
    await alice.conversations.clear(bob.email);
    release();
    await until(() => alice.account.unsent() === 0);
    await pause(100);
    await alice.shows(bob);
  }));
});
