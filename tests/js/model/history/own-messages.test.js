import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inWorld, pause, until } from "../../world/world.js";

const GARBAGE = Buffer.alloc(1040).toString("base64");
const shown = (person, other) => person.items(other).map(({ text, unopened }) => (unopened ? "(unopened)" : text)).join("|");

async function shows(person, other, ...expected) {
  person.conversations.open(other.email);
  await until(() => shown(person, other) === expected.join("|"), () => `shown: ${shown(person, other)}`);
  const keys = person.items(other).map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length, "two messages under one key");
}

/** Alice has written "mine", and the server has an unused lower id. */
async function written(world) {
  const [alice, bob] = await world.friends("alice", "bob");
  const { server } = world;
  const old = server.plant(alice.email, { sender_email: bob.email, recipient_email: alice.email, message_type: "receipt" });
  await alice.send(bob, "mine");
  await alice.showsStates(bob, "delivered");
  const { id, created_at, delivered_at, read_at, ...own } = server.texts[0];
  return { alice, bob, server, own, old };
}

describe("an own message is not replaced by one that cannot be decrypted and has its client_id", () => {
  test("under a lower id", inWorld(async (world) => {
    const { alice, bob, server, own, old } = await written(world);
    server.plant(alice.email, { ...own, id: old.id, ciphertext: GARBAGE });
    await shows(alice, bob, "(unopened)", "mine");
    const again = await world.reload(alice);
    await shows(again, bob, "(unopened)", "mine");
    assert.equal(again.items(bob)[1].state, "delivered");
  }));

  test("under its own id, or a higher one", inWorld(async (world) => {
    const { alice, bob, server, own } = await written(world);
    const { id } = server.texts[0];
    server.plant(alice.email, { ...own, id, ciphertext: GARBAGE });
    await pause(200);
    await shows(alice, bob, "mine");
    server.plant(alice.email, { ...own, ciphertext: GARBAGE });
    await shows(alice, bob, "mine", "(unopened)");
  }));

  test("that comes before the server has accepted it, under its later id", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    server.socketAnswer = (frame, socket) => {
      if (frame.type !== "send_message" || frame.message_type !== "text") {
        return undefined;
      }
      const { type, ...body } = frame;
      const message = { ...body, id: 7, sender_email: alice.email, created_at: "2030-01-01T00:00:00Z", delivered_at: null, read_at: null };
      const owner = server.user(alice.email);
      owner.sequence += 1;
      // The same nonce makes it look like the same message.
      socket.tell({ type: "new_message", sequence: owner.sequence, message: { ...message, ciphertext: GARBAGE } });
      setTimeout(() => {
        owner.sequence += 1;
        socket.tell({ type: "message_accepted", sequence: owner.sequence, message });
      }, 300);
      return true;
    };
    await alice.send(bob, "mine");
    alice.conversations.open(bob.email);
    await until(() => alice.items(bob).some(({ text, state }) => text === "mine" && state === "sent"));
    const again = await world.reload(alice);
    again.conversations.open(bob.email);
    await until(() => again.texts(bob).includes("mine"));
  }));

  test("and is shown once when it is delivered again", inWorld(async (world) => {
    const { alice, bob, server, own, old } = await written(world);
    server.plant(alice.email, { ...own, id: old.id });
    server.plant(alice.email, own);
    await pause(300);
    await shows(alice, bob, "mine");
    const again = await world.reload(alice);
    await shows(again, bob, "mine");
  }));
});
