import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MessageStore } from "../../../../static/js/model/history/message-store.js";
import { refusal } from "../../world/memory-server.js";
import { Browser, inWorld, pause, until } from "../../world/world.js";

describe("a new browser", () => {
  test("takes the list of chats and does not replay the mailbox", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "before");
    await bob.shows(alice, "before");
    const elsewhere = await world.logIn(bob, new Browser());
    await until(() => elsewhere.chat(alice)?.name === "alice");
    assert.equal(elsewhere.chat(alice).unread, 1);
    const syncs = world.server.callsTo("/messages/sync").filter(({ host }) => host === elsewhere.browser.host);
    assert.ok(syncs.length > 0 && syncs.every(({ path }) => !path.endsWith("after=0")));
  }));

  test("shows messages to another browser's key as not readable", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "to the first browser");
    await bob.shows(alice, "to the first browser");
    await bob.send(alice, "from the first browser");
    await bob.shows(alice, "to the first browser", "from the first browser");
    const elsewhere = await world.logIn(bob, new Browser());
    await until(() => elsewhere.items(alice).filter(({ unopened }) => unopened).length === 2);
    const [theirs, own] = elsewhere.items(alice);
    assert.equal(theirs.unopened.reason, "It was written to another browser's key.");
    assert.match(theirs.unopened.advice, /Ask alice to send it again/);
    assert.equal(own.unopened.reason, "It was written with another browser's key.");
    assert.equal(own.state, "sent");
    await until(() => elsewhere.chat(alice).lastLine === "This message could not be opened.");
    assert.equal(world.server.texts[0].read_at, null);
  }));

  test("fetches older messages page by page, each once", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    await alice.send(bob, "one");
    await until(() => server.texts.length === 1);
    const { id, created_at, ...copy } = server.texts[0];
    for (let count = 0; count < 129; count += 1) {
      server.plant(bob.email, { ...copy, client_id: null });
    }
    const elsewhere = await world.logIn(bob, new Browser());
    const thread = elsewhere.conversations.open(alice.email);
    await until(() => thread.items().length === 50);
    await thread.loadOlder();
    assert.equal(thread.items().length, 100);
    assert.equal(thread.hasOlder, true);
    await thread.loadOlder();
    assert.equal(thread.items().length, 130);
    assert.equal(thread.hasOlder, false);
    assert.equal(new Set(thread.items().map(({ key }) => key)).size, 130);
    const pages = server.callsTo("/messages/conversation/");
    assert.equal(pages.length, 3);
    assert.ok(pages.every(({ host }) => host === elsewhere.browser.host));
  }));
});

describe("a message that cannot be decrypted", () => {
  const damages = {
    "a changed ciphertext": ({ ciphertext: [first, ...rest] }) => {
      return { ciphertext: [first === "A" ? "B" : "A", ...rest].join("") };
    },
    "another client_id": () => ({ client_id: "00000000-0000-4000-8000-000000000000" }),
    "no client_id": () => ({ client_id: null }),
    "a ciphertext that is no base64": () => ({ ciphertext: "!" }),
  };
  for (const [name, damage] of Object.entries(damages)) {
    test(`is shown in its place with advice: ${name}`, inWorld(async (world) => {
      const [alice, bob] = await world.friends("alice", "bob");
      const { server } = world;
      server.pushes = false;
      await alice.send(bob, "whole");
      await until(() => server.texts.length === 1);
      const { id, ...copy } = server.texts[0];
      server.pushes = true;
      server.plant(bob.email, { ...copy, ...damage(copy) });
      await until(() => bob.items(alice).length === 2 && bob.items(alice).every(({ opening }) => !opening));
      assert.equal(bob.items(alice)[1].unopened.reason, "It was damaged or changed on the way.");
      assert.equal(bob.items(alice)[1].text, "");
      assert.equal(bob.items(alice)[0].text, "whole");
      await pause(500);
      assert.equal(server.texts[1].delivered_at, null);
    }));
  }

  test("because it is of a newer suite says so", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    const people = { sender_email: alice.email, recipient_email: bob.email };
    const nothing = { client_id: null, nonce: null, salt: null, sender_fingerprint: null, recipient_fingerprint: null };
    server.plant(bob.email, { ...people, ...nothing, ciphertext: "AAAA", message_type: "text", suite: 9 });
    await until(() => bob.items(alice)[0]?.unopened);
    const { reason, advice } = bob.items(alice)[0].unopened;
    assert.deepEqual([reason, advice], ["It needs a newer version of VibeChat.", "Reload this page."]);
  }));

  test("because its key could not be fetched is decrypted once it can be", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    const carol = await world.newPerson("carol");
    server.intercept = (call) => (call.path.includes("/keys/") ? refusal(503, "unavailable") : undefined);
    const { intercept } = server;
    server.intercept = (call) => (call.host === bob.browser.host ? intercept(call) : undefined);
    await carol.send(bob, "patience");
    await until(() => bob.conversations.requests().length === 1);
    await until(() => bob.items(carol).length === 1);
    assert.equal(bob.items(carol)[0].opening, true);
    server.intercept = () => undefined;
    const again = await world.reload(bob);
    await again.shows(carol, "patience");
    assert.equal(alice.email, "alice@example.org");
  }));
});

describe("delivered and read", () => {
  test("are told in one call: delivered after decryption, read after it was seen", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    for (const text of ["one", "two", "three"]) {
      await alice.send(bob, text);
    }
    await alice.showsStates(bob, "delivered", "delivered", "delivered");
    assert.equal(bob.chat(alice).unread, 3);
    await until(() => world.server.texts.every(({ delivered_at }) => delivered_at !== null));
    assert.ok(world.server.texts.every(({ read_at }) => read_at === null));
    const before = world.server.callsTo("/receipts").length;
    await bob.shows(alice, "one", "two", "three");
    await bob.conversations.markRead(alice.email);
    await alice.showsStates(bob, "read", "read", "read");
    await until(() => world.server.texts.every(({ read_at }) => read_at !== null));
    assert.equal(world.server.callsTo("/receipts").length, before + 1);
    const read = world.server.texts.map(({ id }) => id);
    assert.deepEqual(world.server.callsTo("/receipts").at(-1).body, { delivered: [], read });
    await until(() => bob.chat(alice).unread === 0);
  }));

  test("a message that is not on the screen yet stays unread", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "one");
    await until(() => bob.chat(alice)?.unread === 1);
    bob.conversations.open(alice.email);
    await bob.conversations.markRead(alice.email);
    await pause(400);
    assert.equal(bob.chat(alice).unread, 1);
    await bob.shows(alice, "one");
    await bob.conversations.markRead(alice.email);
    await alice.showsStates(bob, "read");
  }));

  test("are told again after a failed call", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    server.intercept = (call) => (call.path.includes("/receipts") ? refusal(503, "unavailable") : undefined);
    await alice.send(bob, "one");
    await until(() => server.callsTo("/receipts").length === 1);
    server.intercept = () => undefined;
    await alice.showsStates(bob, "delivered");
  }));

  test("the unread line stays where it was when the chat was opened", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    for (const text of ["seen", "new one", "new two"]) {
      await alice.send(bob, text);
      await until(() => bob.chat(alice)?.lastLine === text);
      if (text === "seen") {
        await bob.conversations.markRead(alice.email);
        await until(() => bob.chat(alice).unread === 0);
      }
    }
    const thread = bob.conversations.open(alice.email);
    await bob.shows(alice, "seen", "new one", "new two");
    assert.equal(thread.unreadCount, 2);
    assert.equal(thread.items().find(({ key }) => key === thread.firstUnreadKey)?.text, "new one");
  }));

  test("a chat is opened at its first unread message, however many there are", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "seen");
    await bob.shows(alice, "seen");
    await bob.conversations.markRead(alice.email);
    await until(() => bob.chat(alice).unread === 0);
    bob.conversations.close(alice.email);
    const { id, created_at, read_at, ...copy } = world.server.texts[0];
    for (let count = 0; count < 300; count += 1) {
      world.server.plant(bob.email, { ...copy, client_id: null, read_at: null });
    }
    await until(() => bob.chat(alice).unread === 300);
    const thread = bob.conversations.open(alice.email);
    await until(() => !thread.loading);
    const messages = thread.items().filter(({ kind }) => kind === "message");
    assert.equal(thread.unreadCount, 300);
    assert.equal(messages.findIndex(({ key }) => key === thread.firstUnreadKey), messages.length - 300);
  }));

  test("a message that comes in while the chat is read counts as unread", async (context) => {
    await inWorld(async (world) => {
      const [alice, bob] = await world.friends("alice", "bob");
      const read = MessageStore.prototype.window;
      const reading = context.mock.method(MessageStore.prototype, "window", async function (...part) {
        reading.mock.restore();
        await alice.send(bob, "meanwhile");
        while ((await this.unread(alice.email)).length === 0) {
          await pause(10);
        }
        return read.apply(this, part);
      });
      const thread = bob.conversations.open(alice.email);
      await bob.shows(alice, "meanwhile");
      assert.equal(thread.items().find(({ key }) => key === thread.firstUnreadKey)?.text, "meanwhile");
      assert.equal(thread.unreadCount, 1);
    })(context);
  });

  test("a message that was on the screen is read, and one that was jumped over is neither read nor unread", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const texts = ["one", "two", "three", "four"];
    for (const text of texts) {
      await alice.send(bob, text);
    }
    await bob.shows(alice, ...texts);
    const [one, two, three, four] = bob.items(alice).map(({ id }) => id);
    await bob.conversations.markRead(alice.email, { shown: [one], passed: [], atEnd: false });
    await alice.showsStates(bob, "read", "delivered", "delivered", "delivered");
    await until(() => bob.chat(alice).unread === 3);
    await bob.conversations.markRead(alice.email, { shown: [four], passed: [two, three], atEnd: true });
    await until(() => bob.chat(alice).unread === 0);
    await bob.conversations.markRead(alice.email, { shown: [two], passed: [], atEnd: false });
    await alice.showsStates(bob, "read", "read", "delivered", "delivered");
    await bob.conversations.markRead(alice.email, { shown: [three], passed: [], atEnd: false });
    await alice.showsStates(bob, "read", "read", "read", "read");
  }));
});


describe("a retired key", () => {
  /** The server withholds Bob's message "kept back". Then Bob uses another browser, and Alice accepts its key. */
  async function changed(world) {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    await bob.send(alice, "one");
    await alice.shows(bob, "one");
    server.acceptsSockets = false;
    [...server.sockets].forEach((socket) => socket.shut(1006));
    let envelope;
    server.intercept = ({ path, body }) => {
      const isIt = path.includes("/send") && body.message_type === "text";
      envelope = isIt ? body : envelope;
      return isIt ? refusal(503, "unavailable") : undefined;
    };
    await bob.send(alice, "kept back");
    await until(() => envelope);
    server.intercept = () => undefined;
    bob.account.close();
    server.acceptsSockets = true;
    const elsewhere = await world.logIn(bob, new Browser());
    await elsewhere.account.key.takeOver();
    return { alice, bob, server, envelope, elsewhere };
  }

  const plant = ({ server, alice, bob, envelope }) => server.plant(alice.email, { sender_email: bob.email, ...envelope });

  test("decrypts nothing that was not announced before the change", inWorld(async (world) => {
    const story = await changed(world);
    const { alice, bob } = story;
    await alice.send(bob, "who are you now?");
    await until(() => alice.conversations.open(bob.email).keyChange);
    await alice.conversations.acceptKey(bob.email);
    await pause(5);
    plant(story);
    await until(() => alice.items(bob).some(({ unopened }) => unopened));
    const [refused] = alice.items(bob).filter(({ unopened }) => unopened);
    assert.match(refused.unopened.reason, /came after bob's keys changed/);
    await alice.conversations.clear(bob.email);
  }));

  test("decrypts messages that had come before the change was accepted", inWorld(async (world) => {
    const story = await changed(world);
    const { alice, bob } = story;
    await until(() => alice.conversations.connection === "ok");
    plant(story);
    await alice.shows(bob, "one", "kept back");
    await alice.send(bob, "who are you now?");
    await until(() => alice.conversations.open(bob.email).keyChange);
    await alice.conversations.acceptKey(bob.email);
    const again = await world.reload(alice);
    again.conversations.open(bob.email);
    await until(() => again.texts(bob).includes("kept back"));
  }));
});
