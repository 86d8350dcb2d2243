import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refusal } from "../../world/memory-server.js";
import { inWorld, pause, until } from "../../world/world.js";

const isListed = ({ conversations }, email) =>
  [...conversations.chats(), ...conversations.requests()].some((chat) => chat.email === email);

describe("a chat or contact that the server has made up can be cleared", () => {
  for (const [name, answer] of [["refuses", refusal(404, "user_not_found")], ["is always busy", refusal(503, "unavailable")]]) {
    test(`a chat, though the server ${name}, and it stays away after a reload`, inWorld(async (world) => {
      const bob = await world.newPerson("bob");
      const { server } = world;
      const nobody = "nobody@example.org";
      const nothing = { client_id: null, nonce: null, salt: null, sender_fingerprint: null, recipient_fingerprint: null };
      server.plant(bob.email, { sender_email: nobody, recipient_email: bob.email, ...nothing, ciphertext: "AAAA", message_type: "text", suite: 1 });
      await until(() => isListed(bob, nobody));
      server.intercept = ({ method, path }) => (method === "DELETE" && path.includes("/conversation/") ? answer : undefined);
      await bob.conversations.clear(nobody);
      await until(() => !isListed(bob, nobody));
      const again = await world.reload(bob);
      await until(() => again.conversations.connection === "ok");
      assert.equal(isListed(again, nobody), false);
    }));
  }

  test("a contact; one that was added here stays", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const mallory = await world.newPerson("mallory");
    world.server.user(bob.email).contacts.add(mallory.email);
    const again = await world.reload(bob);
    await until(() => isListed(again, mallory.email));
    await again.conversations.clear(mallory.email);
    await again.conversations.clear(alice.email);
    await until(() => !isListed(again, mallory.email));
    assert.equal(isListed(again, alice.email), true);
    await mallory.account.contacts.add(bob.email);
    await mallory.send(bob, "still there");
    await until(() => isListed(again, mallory.email));
  }));
});

describe("a clearing that the server has not confirmed", () => {
  const isClearing = ({ method, path }) => method === "DELETE" && path.includes("/conversation/");

  for (const [name, answer] of [["refused", refusal(503, "unavailable")], ["answered by nonsense", { status: 200, body: { cleared: "all" } }]]) {
    test(`but ${name} is asked for again by itself`, inWorld(async (world) => {
      const { alice, bob } = await talked(world);
      const { server } = world;
      const owner = server.user(bob.email);
      let refused = 0;
      server.intercept = (call) => (isClearing(call) && (refused += 1) === 1 ? answer : undefined);
      await bob.conversations.clear(alice.email);
      await bob.shows(alice);
      assert.equal(owner.clearings.length, 0);
      await until(() => owner.clearings.length === 1);
      await pause(200);
      assert.equal(bob.conversations.open(alice.email).clearedElsewhere, false);
    }));
  }

  test("is requested again by the next page, which keeps messages that have come since", inWorld(async (world) => {
    const { alice, bob } = await talked(world);
    const { server } = world;
    const owner = server.user(bob.email);
    server.intercept = (call) => (isClearing(call) ? refusal(503, "unavailable") : undefined);
    await bob.conversations.clear(alice.email);
    await alice.send(bob, "later");
    await bob.shows(alice, "later");
    bob.account.close();
    server.intercept = () => undefined;
    const again = await world.reload(bob);
    await until(() => owner.clearings.length === 1);
    await again.shows(alice, "later");
    await pause(200);
    assert.equal(again.conversations.open(alice.email).clearedElsewhere, false);
  }));

  test("and is done later leaves at the server what has come since, so that a new browser gets it", inWorld(async (world) => {
    const { alice, bob } = await talked(world);
    const { server } = world;
    const texts = () => server.texts.filter(({ id }) => server.user(bob.email).numbers.has(id)).length;
    let refused = 0;
    server.intercept = (call) => (isClearing(call) && (refused += 1) === 1 ? refusal(503, "unavailable") : undefined);
    await bob.conversations.clear(alice.email);
    await alice.send(bob, "later");
    await until(() => server.user(bob.email).clearings.length === 1);
    assert.equal(texts(), 1);
    await bob.shows(alice, "later");
    await bob.conversations.clear(alice.email);
    await until(() => server.user(bob.email).clearings.length === 2);
    assert.equal(texts(), 0);
  }));

  test("is not requested while new messages may be missing here", inWorld(async (world) => {
    const { alice, bob } = await talked(world);
    const { server } = world;
    const owner = server.user(bob.email);
    server.acceptsSockets = false;
    [...server.sockets].forEach((socket) => socket.shut(1006));
    let refused = 0;
    server.intercept = (call) => {
      const isFirst = isClearing(call) && (refused += 1) === 1;
      const isSync = call.path.includes("/messages/sync") && call.host === bob.browser.host;
      return isFirst || isSync ? refusal(503, "unavailable") : undefined;
    };
    await bob.conversations.clear(alice.email);
    await alice.send(bob, "later");
    await until(() => server.texts.length === 2);
    await pause(4000);
    server.intercept = () => undefined;
    await bob.shows(alice, "later");
    await until(() => owner.clearings.length === 1);
    await bob.shows(alice, "later");
  }));

  test("for a chat that the server does not know is requested once", inWorld(async (world) => {
    const { alice, bob } = await talked(world);
    world.server.intercept = (call) => (isClearing(call) ? refusal(404, "user_not_found") : undefined);
    await bob.conversations.clear(alice.email);
    const again = await world.reload(bob);
    await until(() => again.conversations.connection === "ok");
    await pause(200);
    assert.equal(world.server.callsTo("/messages/conversation/").filter(isClearing).length, 1);
  }));

  async function talked(world) {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "one");
    await bob.shows(alice, "one");
    return { alice, bob };
  }
});
