import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OwnClient } from "../../world/own-client.js";
import { inWorld, rowsOf, until } from "../../world/world.js";

/** @returns what the chat shows, gaps in brackets */
const shown = (person, other) =>
  person.conversations.open(other.email).items().map((item) => {
    const text = item.unopened ? `(${item.unopened.reason})` : item.text;
    return item.kind === "gap" ? `[${item.count}]` : `${text}${item.conflict ? " (conflict)" : ""}`;
  });

async function shows(person, other, ...expected) {
  await until(() => shown(person, other).join("|") === expected.join("|"), () => `shown: ${shown(person, other).join("|")}`);
}

async function meet(world) {
  const bob = await world.newPerson("bob");
  const alice = await OwnClient.join(world, "alice");
  await bob.account.contacts.add(alice.email);
  return { alice, bob };
}

const NEWER = "(It needs a newer version of VibeChat.)";
const otherHash = "ab".repeat(32);

describe("a skip", () => {
  test("hides no gap before it, also after a reload", inWorld(async (world) => {
    const { alice, bob } = await meet(world);
    const one = await alice.write(bob, { body: "one" });
    const two = await alice.seal(bob, { counter: 2, previous: one.hash, body: "two" });
    const three = await alice.seal(bob, { counter: 3, previous: two.hash, body: "three" });
    await alice.write(bob, { counter: 3, previous: two.hash, type: "skip", body: three.hash });
    await shows(bob, alice, "one", "[1]");
    await alice.write(bob, { counter: 4, previous: three.hash, body: "four" });
    await shows(bob, alice, "one", "[1]", "four");
    const again = await world.reload(bob);
    await shows(again, alice, "one", "[1]", "four");
    world.server.plant(bob.email, two.message);
    await until(() => shown(again, alice).join("|") === "one|two|four");
  }));

  test("adds the missing messages before it to those after it", inWorld(async (world) => {
    const { alice, bob } = await meet(world);
    await alice.write(bob, { body: "one" });
    await alice.write(bob, { counter: 3, type: "skip", body: otherHash });
    await alice.write(bob, { counter: 6, body: "six" });
    await shows(bob, alice, "one", "[3]", "six");
  }));

  test("of another message than the one that is here is a conflict, whichever comes first", inWorld(async (world) => {
    const { alice, bob } = await meet(world);
    const one = await alice.write(bob, { body: "one" });
    await shows(bob, alice, "one");
    await alice.write(bob, { type: "skip", body: otherHash });
    await shows(bob, alice, "one", "This message was taken back. (conflict)");
    await alice.write(bob, { counter: 2, previous: one.hash, type: "skip", body: otherHash });
    await until(async () => (await rowsOf(bob, "messages")).some(({ counter }) => counter === 2));
    await alice.write(bob, { counter: 2, previous: one.hash, body: "two" });
    await shows(bob, alice, "one", "This message was taken back. (conflict)", "two (conflict)");
  }));

  test("of the message that is here is no conflict", inWorld(async (world) => {
    const { alice, bob } = await meet(world);
    const { hash } = await alice.write(bob, { body: "one" });
    await alice.write(bob, { type: "skip", body: hash });
    await alice.write(bob, { counter: 2, previous: hash, body: "two" });
    await shows(bob, alice, "one", "two");
  }));
});

describe("a message of a type that this page does not know", () => {
  test("counts in the chain, and in what is received and acknowledged", inWorld(async (world) => {
    const { alice, bob } = await meet(world);
    const poll = await alice.write(bob, { type: "poll", body: "lunch?" });
    await alice.write(bob, { counter: 2, previous: poll.hash, body: "two" });
    await shows(bob, alice, NEWER, "two");
    await until(() => bob.chat(alice).unread === 2);
    const { seen: [entry] } = await alice.receipt(bob, ({ seen }) => seen[0]?.delivered === 2);
    assert.deepEqual([entry.from, entry.missing], [1, []]);
    await bob.send(alice, "answer");
    await until(() => world.server.texts.some(({ sender_email: sender }) => sender === bob.email));
    const { content } = await alice.open(bob, world.server.texts.at(-1));
    assert.deepEqual(content.received.map(({ counter }) => counter), [2]);
    const again = await world.reload(bob);
    await shows(again, alice, NEWER, "two", "answer");
  }));

  test("is shown as not readable in the list of chats", inWorld(async (world) => {
    const { alice, bob } = await meet(world);
    await alice.write(bob, { type: "poll", body: "lunch?" });
    await until(() => bob.chat(alice)?.lastLine === "This message could not be opened.");
  }));

  test("leaves a gap for a message that is missing before it", inWorld(async (world) => {
    const { alice, bob } = await meet(world);
    await alice.write(bob, { body: "one" });
    await alice.write(bob, { counter: 3, type: "poll", body: "lunch?" });
    await shows(bob, alice, "one", "[1]", NEWER);
  }));
});

describe("a receipt of a browser that misses more than 64 messages", () => {
  test("begins after the last 64 missing ones", inWorld(async (world) => {
    const { alice, bob } = await meet(world);
    await alice.write(bob, { body: "one" });
    await alice.write(bob, { counter: 70, body: "seventy" });
    await alice.write(bob, { counter: 72, body: "seventy-two" });
    const { seen: [entry] } = await alice.receipt(bob, ({ seen }) => seen[0]?.delivered === 72 && seen[0].from > 1);
    assert.deepEqual([entry.from, entry.missing], [70, [71]]);
  }));

  test("names all of exactly 64", inWorld(async (world) => {
    const { alice, bob } = await meet(world);
    await alice.write(bob, { body: "one" });
    await alice.write(bob, { counter: 66, body: "sixty-six" });
    const { seen: [entry] } = await alice.receipt(bob, ({ seen }) => seen[0]?.delivered === 66);
    assert.deepEqual([entry.from, entry.missing.length], [1, 64]);
  }));
});
