import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inWorld, pause, until } from "../../world/world.js";

async function partsOf({ account }, only) {
  const parts = [];
  for await (const part of account.exported(only)) {
    parts.push(part);
  }
  return parts;
}

const messagesOf = (parts) => parts.flatMap(({ kind, messages }) => (kind === "messages" ? messages : []));
const textsOf = async (person) => messagesOf(await partsOf(person)).map(({ text }) => text);

describe("what a download holds", () => {
  test("the account, the people and each message with its writer and state", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "from Alice");
    await alice.showsStates(bob, "delivered");
    await bob.send(alice, "from Bob");
    await alice.shows(bob, "from Alice", "from Bob");
    const parts = await partsOf(alice);
    const [account, chat] = parts;
    assert.deepEqual([account.kind, account.email, account.displayName], ["account", alice.email, "alice"]);
    assert.deepEqual(account.people.map(({ email, isContact }) => [email, isContact]), [[bob.email, true]]);
    assert.deepEqual([chat.kind, chat.email, chat.draft], ["chat", bob.email, ""]);
    const found = messagesOf(parts).map(({ from, mine, state, type, text }) => [from, mine, state, type, text]);
    assert.deepEqual(found[0].with(2, "delivered"), [alice.email, true, "delivered", "text", "from Alice"]);
    assert.deepEqual(found[1], [bob.email, false, null, "text", "from Bob"]);
    assert.equal(found.length, 2);
  }));

  test("one chat alone where one is wanted, and the nickname", inWorld(async (world) => {
    const [alice, bob, carol] = await world.friends("alice", "bob", "carol");
    await alice.send(bob, "for Bob");
    await alice.send(carol, "for Carol");
    await alice.conversations.set(bob.email, { nickname: "Bobby" });
    await until(async () => (await textsOf(alice)).length === 2);
    const parts = await partsOf(alice, bob.email);
    const [account] = parts;
    assert.deepEqual(account.people.map(({ email, nickname }) => [email, nickname]), [[bob.email, "Bobby"]]);
    assert.equal(account.isOneChat, true);
    assert.deepEqual(parts.filter(({ kind }) => kind === "chat").map(({ email }) => email), [bob.email]);
    assert.deepEqual(messagesOf(parts).map(({ text }) => text), ["for Bob"]);
    assert.deepEqual(await partsOf(alice, "nobody@example.org").then((none) => none.map(({ kind }) => kind)), ["account"]);
  }));

  test("a draft, and messages that the server has not yet", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    world.server.isReachable = false;
    [...world.server.sockets].forEach((socket) => socket.shut(1006));
    await alice.send(bob, "not sent yet");
    await until(async () => (await textsOf(alice)).includes("not sent yet"));
    const sent = messagesOf(await partsOf(alice)).at(-1);
    assert.deepEqual([sent.mine, sent.state], [true, "sending"]);
  }));

  test("an edited message as it is now, and of a deleted one no text", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "nin");
    await alice.send(bob, "a slip");
    await bob.shows(alice, "nin", "a slip");
    await alice.showsStates(bob, "delivered", "delivered");
    const [number, slip] = alice.items(bob);
    await alice.conversations.change(bob.email, { kind: "edit", on: number, text: "nine" });
    await alice.conversations.change(bob.email, { kind: "delete", on: slip });
    await bob.shows(alice, "nine", "This message was deleted.");
    assert.deepEqual(await textsOf(bob), ["nine", null]);
  }));

  test("more messages than one batch, each once and in order", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const texts = Array.from({ length: 260 }, (_, number) => `message ${number}`);
    for (const text of texts) {
      await alice.send(bob, text);
    }
    await until(() => alice.account.unsent() === 0);
    assert.deepEqual(await textsOf(alice), texts);
  }));

  test("a message that this browser cannot open, without its text", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    world.server.plant(alice.email, { sender_email: bob.email, recipient_email: alice.email, message_type: "text" });
    await until(async () => (await textsOf(alice)).length === 1);
    const [closed] = messagesOf(await partsOf(alice));
    assert.deepEqual([closed.type, closed.text, closed.from], [null, null, bob.email]);
  }));

  test("nothing that was cleared, and no receipt", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "to be cleared");
    await alice.showsStates(bob, "delivered");
    await alice.conversations.clear(bob.email);
    await pause(50);
    assert.deepEqual(await textsOf(alice), []);
  }));
});
