import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OwnClient } from "../../world/own-client.js";
import { inWorld, pause, until } from "../../world/world.js";

const OTHER = "ab".repeat(32);

const marks = (person, other) => person.items(other).map(({ text, conflict }) => `${text}${conflict ? " (conflict)" : ""}`);

/** Alice has a client of her own; Bob has written to her, so that her receipts count. */
async function meet(world) {
  const bob = await world.newPerson("bob");
  const alice = await OwnClient.join(world, "alice");
  await bob.account.contacts.add(alice.email);
  await bob.send(alice, "Hello");
  await until(() => world.server.texts.length === 1);
  bob.conversations.open(alice.email);
  return { alice, bob };
}

describe("a head with the hash of another message than the one with its counter", () => {
  test("marks the message that came before it, also after a reload", inWorld(async (world) => {
    const { alice, bob } = await meet(world);
    await alice.write(bob, { body: "one" });
    await until(() => marks(bob, alice).includes("one"));
    await alice.acknowledge(bob, [], { counter: 1, hash: OTHER });
    await until(() => marks(bob, alice).includes("one (conflict)"));
    const again = await world.reload(bob);
    again.conversations.open(alice.email);
    await until(() => marks(again, alice).includes("one (conflict)"));
  }));

  test("marks the message that comes after it", inWorld(async (world) => {
    const { alice, bob } = await meet(world);
    const one = await alice.write(bob, { body: "one" });
    await alice.acknowledge(bob, [], { counter: 2, hash: OTHER });
    await until(() => bob.marks(alice).some(({ kind }) => kind === "gap"));
    await alice.write(bob, { counter: 2, previous: one.hash, body: "two" });
    await until(() => marks(bob, alice).includes("two (conflict)"));
  }));
});

describe("a head with the hash of", () => {
  test("the message here, or a skip's body, marks nothing", inWorld(async (world) => {
    const { alice, bob } = await meet(world);
    const one = await alice.write(bob, { body: "one" });
    await alice.acknowledge(bob, [], { counter: 1, hash: one.hash });
    await alice.write(bob, { type: "skip", counter: 2, previous: one.hash, body: OTHER });
    await alice.acknowledge(bob, [], { counter: 2, hash: OTHER });
    const three = await alice.write(bob, { counter: 3, previous: OTHER, body: "three" });
    await alice.acknowledge(bob, [], { counter: 3, hash: three.hash });
    await until(() => marks(bob, alice).includes("three"));
    await pause(300);
    assert.deepEqual(marks(bob, alice), ["Hello", "one", "three"]);
  }));
});
