import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { IDBDatabase as FDBDatabase, IDBObjectStore as FDBObjectStore } from "fake-indexeddb";
import { openMessage } from "../../../../static/js/crypto/envelope.js";
import { refusal } from "../../world/memory-server.js";
import { inWorld, pause, until } from "../../world/world.js";

/** Decrypts a message of the server with the recipient's key. */
async function contentOf(message, sender, recipient) {
  const own = recipient.account.key.current;
  const opened = await openMessage({
    ownKeyPair: own,
    ownFingerprint: own.fingerprint,
    ownEmail: recipient.email,
    peerEmail: sender.email,
    message,
    peerPublicKeyBytes: sender.account.key.current.publicKeyBytes,
  });
  return { ...opened.content, hash: opened.hash };
}

/** Without a socket, messages are sent with a POST. */
function withoutSockets(server) {
  server.acceptsSockets = false;
  [...server.sockets].forEach((socket) => socket.shut(1006));
}

describe("a message that is sent", () => {
  test("is shown at once, as Sending when it is stored, and then as Sent", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    alice.conversations.open(bob.email);
    await alice.types(bob, "hello");
    const sending = alice.send(bob, "hello");
    assert.deepEqual(alice.states(bob), ["written"]);
    assert.deepEqual(alice.texts(bob), ["hello"]);
    await sending;
    assert.deepEqual(alice.states(bob), ["sending"]);
    await alice.shows(bob, "hello");
    await until(() => ["sent", "delivered"].includes(alice.states(bob)[0]));
    await until(() => alice.account.unsent() === 0);
  }));

  test("reaches the peer and is decrypted there", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "hello");
    await bob.shows(alice, "hello");
    assert.equal(bob.items(alice)[0].mine, false);
    await until(() => bob.chat(alice).lastLine === "hello");
  }));

  test("keeps its key on the screen when the server confirms it", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const clientId = await alice.send(bob, "hello");
    await until(() => alice.items(bob)[0]?.state === "delivered");
    assert.equal(alice.items(bob)[0].key, clientId);
  }));

  test("never leaves its text with the server or in the database", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "a very peculiar text");
    await bob.shows(alice, "a very peculiar text");
    assert.ok(!JSON.stringify([world.server.calls, world.server.frames, world.server.texts]).includes("peculiar"));
  }));

  for (const [text, code] of [["", "empty"], [" \n ", "empty"], ["\u200b\u3164\u2800", "empty"], ["x".repeat(4001), "too_long"]]) {
    test(`is refused before it is shown: ${code}`, inWorld(async (world) => {
      const [alice, bob] = await world.friends("alice", "bob");
      await assert.rejects(alice.send(bob, text), { code });
      assert.deepEqual(alice.items(bob), []);
    }));
  }

  test("may have 4000 characters, whatever their length in UTF-16", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "🦊".repeat(4000));
    await bob.shows(alice, "🦊".repeat(4000));
  }));
});

describe("the same message twice", () => {
  for (const first of ["answer", "push"]) {
    test(`is shown once when the ${first} comes first`, inWorld(async (world) => {
      const [alice, bob] = await world.friends("alice", "bob");
      const { server } = world;
      const late = [];
      server.socketAnswer = (frame, socket) => {
        if (frame.type !== "send_message") {
          return undefined;
        }
        server.pushes = first === "push";
        const { type, ...body } = frame;
        const { answer, sequence } = server.send(socket.user, body);
        const accepted = { type: "message_accepted", sequence, message: answer.body };
        const push = { type: "new_message", sequence, message: answer.body };
        late.push(first === "push" ? accepted : push);
        if (first === "answer") {
          socket.tell(accepted);
        }
        return null;
      };
      await alice.send(bob, "once");
      await until(() => late.length === 1);
      await pause(50);
      server.pushes = true;
      server.sockets.forEach((socket) => socket.user.email === alice.email && socket.tell(late[0]));
      await alice.showsStates(bob, server.texts[0].delivered_at ? "delivered" : "sent");
      await pause(100);
      assert.deepEqual(alice.texts(bob), ["once"]);
      assert.equal(server.texts.length, 1);
    }));
  }

  test("is sent with the same bytes when the answer was lost, and stands there once", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    withoutSockets(server);
    let lost = 0;
    server.tamper = (call, answer) => {
      if (call.path === "/api/messages/send" && lost < 2) {
        lost += 1;
        throw new TypeError("the line broke");
      }
      return answer;
    };
    await alice.send(bob, "once");
    await until(() => lost === 2 && alice.account.unsent() === 0);
    const bodies = server.sends().map(({ body }) => JSON.stringify(body));
    assert.equal(bodies.length, 3);
    assert.equal(new Set(bodies).size, 1);
    assert.equal(server.texts.length, 1);
    await alice.shows(bob, "once");
  }));

  test("goes by POST with the same bytes when the socket gives no answer", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    server.socketAnswer = (frame, socket) => {
      if (frame.type !== "send_message") {
        return undefined;
      }
      const { type, ...body } = frame;
      server.send(socket.user, body);
      socket.shut(1006);
      return null;
    };
    await alice.send(bob, "once");
    await bob.shows(alice, "once");
    await until(() => alice.account.unsent() === 0);
    const bodies = server.sends().map(({ body: { type, ...body } }) => JSON.stringify(body));
    assert.equal(new Set(bodies).size, 1);
    assert.equal(server.texts.length, 1);
  }));
});

describe("the outbox", () => {
  test("survives a reload and is sent once, in order", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    server.isReachable = false;
    [...server.sockets].forEach((socket) => socket.shut(1006));
    for (const text of ["one", "two", "three"]) {
      await alice.send(bob, text);
    }
    await alice.showsStates(bob, "sending", "sending", "sending");
    alice.account.close();
    server.isReachable = true;
    const again = await world.newTab(alice);
    await bob.shows(alice, "one", "two", "three");
    await again.shows(bob, "one", "two", "three");
    assert.equal(server.texts.length, 3);
  }));

  test("is sent by one tab: each message once, in the order of writing", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const tab = await world.newTab(alice);
    const texts = Array.from({ length: 8 }, (_, index) => `message ${index}`);
    for (const [index, text] of texts.entries()) {
      await (index % 2 ? alice : tab).send(bob, text);
    }
    await bob.shows(alice, ...texts);
    await alice.shows(bob, ...texts);
    await tab.shows(bob, ...texts);
    const ids = world.server.sends().map(({ body }) => body.client_id);
    assert.equal(new Set(ids).size, ids.length);
    await until(() => alice.browser.locks.held === 0);
  }));

  test("gives each message of two tabs its own counter, and the hash of the one before", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const tab = await world.newTab(alice);
    await Promise.all(Array.from({ length: 6 }, (_, index) => (index % 2 ? alice : tab).send(bob, `message ${index}`)));
    await until(() => world.server.texts.length === 6);
    const contents = await Promise.all(world.server.texts.map((message) => contentOf(message, alice, bob)));
    assert.deepEqual(contents.map(({ counter }) => counter), [1, 2, 3, 4, 5, 6]);
    assert.equal(new Set(contents.map(({ browser }) => browser)).size, 1);
    const hashes = contents.map(({ hash }) => hash);
    assert.deepEqual(contents.map(({ previous }) => previous), [null, ...hashes.slice(0, -1)]);
  }));

  test("gives no counter to a message that it could not store", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { put } = FDBObjectStore.prototype;
    FDBObjectStore.prototype.put = function (...values) {
      // The counter was written just before, in the same transaction.
      if (this.name === "chains") {
        put.apply(this, values);
        throw new DOMException("full", "QuotaExceededError");
      }
      return put.apply(this, values);
    };
    alice.conversations.open(bob.email);
    await assert.rejects(alice.send(bob, "not kept"), { code: "device_full" });
    FDBObjectStore.prototype.put = put;
    assert.deepEqual(alice.items(bob), []);
    await alice.send(bob, "kept");
    await until(() => world.server.texts.length === 1);
    const { counter, body } = await contentOf(world.server.texts[0], alice, bob);
    assert.deepEqual([counter, body], [1, "kept"]);
  }));

  test("has a message on the disk before it is shown as stored", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { transaction } = FDBDatabase.prototype;
    const opened = [];
    FDBDatabase.prototype.transaction = function (...values) {
      opened.push(values);
      return transaction.apply(this, values);
    };
    await alice.send(bob, "kept");
    FDBDatabase.prototype.transaction = transaction;
    const [stores, mode, options] = opened.find(([names, kind]) => kind === "readwrite" && names.includes("outbox"));
    assert.deepEqual([stores, mode, options], [["outbox", "chains", "chats"], "readwrite", { durability: "strict" }]);
  }));

  test("names the received messages of the peer", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "one");
    await alice.send(bob, "two");
    await bob.shows(alice, "one", "two");
    const [, two] = await Promise.all(world.server.texts.map((message) => contentOf(message, alice, bob)));
    await pause(100);
    await bob.send(alice, "three");
    await alice.shows(bob, "one", "two", "three");
    const three = await contentOf(world.server.texts[2], bob, alice);
    assert.deepEqual(three.received, [{ browser: two.browser, counter: 2, hash: two.hash }]);
  }));

  test("leaves no gap where an unsealed last message is taken back", inWorld(async (world) => {
    const { server } = world;
    const alice = await world.newPerson("alice");
    const carol = await world.newPerson("carol");
    server.user(carol.email).keys = [{ ...server.user(alice.email).keys[0], email: carol.email }];
    await alice.send(carol, "to nobody");
    await alice.showsStates(carol, "failed");
    await alice.conversations.remove(carol.email, alice.items(carol)[0].clientId);
    await alice.shows(carol);
    server.user(carol.email).keys = [];
    await carol.account.key.ensure();
    await alice.send(carol, "now");
    await carol.shows(alice, "now");
    const content = await contentOf(server.texts.at(-1), alice, carol);
    assert.deepEqual([content.counter, content.previous], [1, null]);
  }));
});

describe("the skip of a message that was taken back", () => {
  for (const code of ["storage_full", "invalid"]) {
    test(`is kept where the server refuses it as ${code}, and goes out with the next message`, inWorld(async (world) => {
      const [alice, bob] = await world.friends("alice", "bob");
      const { server } = world;
      await alice.send(bob, "one");
      await bob.shows(alice, "one");
      withoutSockets(server);
      server.intercept = ({ path, body }) => (path.includes("/send") && body.message_type === "text" ? refusal(409, code) : undefined);
      const clientId = await alice.send(bob, "two");
      await until(() => alice.states(bob).includes("failed"));
      const sends = server.callsTo("/send").length;
      await alice.conversations.remove(bob.email, clientId);
      await until(() => server.callsTo("/send").length > sends);
      await pause(100);
      const again = await world.reload(alice);
      assert.equal(again.chat(bob).failed, false);
      server.intercept = () => undefined;
      server.acceptsSockets = true;
      await again.send(bob, "three");
      await bob.shows(again, "one", "three");
      await until(() => server.texts.length === 3);
      await pause(1000);
      assert.deepEqual(bob.marks(again), []);
    }));
  }
});

describe("a refusal", () => {
  const answers = { 429: ["rate_limited", { "Retry-After": "1" }], 503: ["unavailable", { "Retry-After": "1" }] };
  for (const [status, [code, headers]] of Object.entries(answers)) {
    test(`of ${status} leaves the message Sending until it passes`, inWorld(async (world) => {
      const [alice, bob] = await world.friends("alice", "bob");
      const { server } = world;
      withoutSockets(server);
      server.intercept = (call) => (call.path.includes("/send") ? refusal(Number(status), code, headers) : undefined);
      await alice.send(bob, "patience");
      await until(() => server.callsTo("/send").length === 1);
      await pause(200);
      await alice.showsStates(bob, "sending");
      assert.equal(server.callsTo("/send").length, 1);
      server.intercept = () => undefined;
      await until(() => server.texts.length === 1);
      await alice.shows(bob, "patience");
    }));
  }

  for (const [status, code] of [[400, "invalid"], [404, "user_not_found"], [409, "client_id_conflict"], [409, "storage_full"], [413, "too_large"]]) {
    test(`as ${code} is shown as Not sent, and does not stop the next`, inWorld(async (world) => {
      const [alice, bob] = await world.friends("alice", "bob");
      const { server } = world;
      withoutSockets(server);
      server.intercept = (call) => (call.path.includes("/send") ? refusal(status, code) : undefined);
      await alice.send(bob, "refused");
      await alice.showsStates(bob, "failed");
      assert.equal(alice.items(bob)[0].failure, code);
      await until(() => alice.chat(bob).failed);
      server.intercept = () => undefined;
      await alice.send(bob, "accepted");
      await until(() => server.texts.length === 1);
      await alice.showsStates(bob, "failed", "sent");
      await alice.shows(bob, "refused", "accepted");
      await until(() => alice.chat(bob).lastLine === "accepted");
    }));
  }

  test("for its client_id is tried again with the same bytes: it may have arrived", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    withoutSockets(server);
    server.intercept = (call) => (call.path.includes("/send") ? refusal(409, "client_id_conflict") : undefined);
    const clientId = await alice.send(bob, "again");
    await alice.showsStates(bob, "failed");
    server.intercept = () => undefined;
    await alice.conversations.retry(bob.email, clientId);
    await until(() => server.texts.length === 1);
    const [first, second] = server.callsTo("/send").map(({ body }) => body);
    assert.deepEqual(second, first);
  }));

  test("because the server says that it was deleted removes nothing from the screen", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    withoutSockets(server);
    server.intercept = (call) => (call.path.includes("/send") ? refusal(409, "message_deleted") : undefined);
    await alice.send(bob, "deleted");
    await until(() => server.callsTo("/send").length === 1);
    await alice.showsStates(bob, "failed");
    assert.deepEqual(alice.texts(bob), ["deleted"]);
    server.intercept = () => undefined;
    await alice.send(bob, "next");
    await until(() => server.texts.length === 1);
    assert.equal((await contentOf(server.texts[0], alice, bob)).counter, 2);
  }));

  for (const [status, code] of [[404, "user_not_found"], [409, "storage_full"]]) {
    test(`as ${code} is tried again with the same bytes when asked`, inWorld(async (world) => {
      const [alice, bob] = await world.friends("alice", "bob");
      const { server } = world;
      withoutSockets(server);
      server.intercept = (call) => (call.path.includes("/send") ? refusal(status, code) : undefined);
      const clientId = await alice.send(bob, "again");
      await alice.showsStates(bob, "failed");
      server.intercept = () => undefined;
      await alice.conversations.retryAll(bob.email);
      await until(() => server.texts.length === 1);
      assert.equal(server.texts[0].client_id, clientId);
    }));
  }

  test("can be taken back, and a message that is being sent cannot", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    withoutSockets(server);
    server.isReachable = false;
    const clientId = await alice.send(bob, "on its way");
    await alice.conversations.remove(bob.email, clientId);
    await alice.shows(bob, "on its way");
    server.isReachable = true;
    server.intercept = (call) => (call.path.includes("/send") ? refusal(400, "invalid") : undefined);
    await alice.showsStates(bob, "failed");
    await alice.conversations.remove(bob.email, clientId);
    await alice.shows(bob);
  }));

  test("to confirm the sent message is not taken for a confirmation", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    withoutSockets(server);
    server.intercept = ({ path, body }) => {
      const times = { created_at: "2030-01-01T00:00:00Z", delivered_at: null, read_at: null };
      const known = { id: 99, sender_email: alice.email, ...times };
      return path.includes("/send") ? { status: 201, body: { ...body, ...known, ciphertext: "AAAA" } } : undefined;
    };
    await alice.send(bob, "something else");
    await until(() => server.callsTo("/send").length === 1);
    await pause(200);
    await alice.showsStates(bob, "sending");
    server.intercept = () => undefined;
    await until(() => server.texts.length === 1);
    await alice.showsStates(bob, "sent");
  }));
});
