import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OwnClient } from "../../world/own-client.js";
import { inWorld, pause, until } from "../../world/world.js";

const shown = (person, other) =>
  person.conversations.open(other.email).items().map((item) => `${item.text}${item.unaware ? " (unaware)" : ""}`).join("|");

async function shows(person, other, ...expected) {
  person.conversations.open(other.email);
  await until(() => shown(person, other) === expected.join("|"), () => `shown: ${shown(person, other)}`);
}

/** Alice uses the page and has asked a question. Bob uses his own client, and sets `received`. */
async function asked(world, ...questions) {
  const alice = await world.newPerson("alice");
  const bob = await OwnClient.join(world, "bob");
  await alice.account.contacts.add(bob.email);
  const named = [];
  const ask = async (text) => {
    const count = world.server.texts.length;
    await alice.send(bob, text);
    await until(() => world.server.texts.length > count);
    const { content, hash } = await bob.open(alice, world.server.texts.at(-1));
    named.push({ browser: content.browser, counter: content.counter, hash });
  };
  for (const question of questions) {
    await ask(question);
  }
  return { alice, bob, ask, named };
}

describe("an answer", () => {
  test("that was held until another question had been asked is marked, after a reload too", inWorld(async (world) => {
    const { alice, bob, ask, named } = await asked(world, "Shall we meet?");
    const { message } = await bob.seal(alice, { body: "Yes", received: [named[0]] });
    await ask("Shall I pay?");
    world.server.plant(alice.email, message);
    await shows(alice, bob, "Shall we meet?", "Shall I pay?", "Yes (unaware)");
    const again = await world.reload(alice);
    await shows(again, bob, "Shall we meet?", "Shall I pay?", "Yes (unaware)");
  }));

  test("to the message above it is not marked", inWorld(async (world) => {
    const { alice, bob, named } = await asked(world, "Shall we meet?", "Shall I pay?");
    await bob.write(alice, { body: "Yes", received: [named[1]] });
    await shows(alice, bob, "Shall we meet?", "Shall I pay?", "Yes");
  }));

  test("is marked if the question that its writer lacked is above the screen", inWorld(async (world) => {
    const { alice, bob, ask, named } = await asked(world, "Shall we meet?");
    const { message } = await bob.seal(alice, { body: "Yes", received: [named[0]] });
    for (let count = 0; count < 40; count += 1) {
      await ask(`question ${count}`);
    }
    world.server.plant(alice.email, message);
    const again = await world.reload(alice);
    again.conversations.open(bob.email);
    await until(() => shown(again, bob).endsWith("|Yes (unaware)"), () => shown(again, bob));
    assert.ok(!shown(again, bob).includes("Shall we meet?"));
  }));

  test("with a lower id than its question is shown after it", inWorld(async (world) => {
    const { alice, bob, ask, named } = await asked(world, "Shall we meet?");
    const old = world.server.plant(alice.email, { sender_email: bob.email, recipient_email: alice.email, message_type: "receipt" });
    await ask("Shall I pay?");
    const { message } = await bob.seal(alice, { body: "No", received: [named[1]] });
    world.server.plant(alice.email, { ...message, id: old.id });
    await shows(alice, bob, "Shall we meet?", "Shall I pay?", "No");
    const again = await world.reload(alice);
    await shows(again, bob, "Shall we meet?", "Shall I pay?", "No");
  }));

  test("that names a message that was never sent is not moved", inWorld(async (world) => {
    const { alice, bob, named } = await asked(world, "Shall we meet?");
    const [{ browser }] = named;
    await bob.write(alice, { body: "Yes", received: [{ browser, counter: 9, hash: "ab".repeat(32) }] });
    await shows(alice, bob, "Shall we meet?", "Yes");
  }));
});

describe("a message in one's own name that was not sent here", () => {
  const marked = (alice, bob) => alice.items(bob).filter(({ namesUnsent }) => namesUnsent).map(({ text }) => text);

  test("is marked where an answer names it by a counter that was not given, or with another hash, after a reload too", inWorld(async (world) => {
    const { alice, bob, named } = await asked(world, "Shall we meet?");
    const [{ browser }] = named;
    const honest = await bob.write(alice, { body: "Yes", received: [named[0]] });
    const other = { counter: 2, previous: honest.hash, body: "Another one", received: [{ ...named[0], hash: "ab".repeat(32) }] };
    const later = { counter: 3, previous: (await bob.write(alice, other)).hash, body: "A later one" };
    await bob.write(alice, { ...later, received: [{ browser, counter: 2, hash: "cd".repeat(32) }] });
    await until(() => marked(alice, bob).join() === "Another one,A later one");
    const again = await world.reload(alice);
    await until(() => marked(again, bob).join() === "Another one,A later one");
    assert.equal(again.items(bob).find(({ text }) => text === "Yes").namesUnsent, false);
  }));

  test("is not: what another browser has sent, what was cleared, what waits for the server's answer, what was taken back", inWorld(async (world) => {
    const { alice, bob, named } = await asked(world, "Shall we meet?");
    const { server } = world;
    server.socketAnswer = (frame, socket) => {
      if (frame.type === "send_message" && frame.message_type === "text") {
        socket.tell({ type: "error", client_id: frame.client_id, code: "invalid", detail: "no" });
        return true;
      }
      return undefined;
    };
    const clientId = await alice.send(bob, "Shall I pay?");
    await until(() => alice.states(bob).includes("failed"));
    const { type: _, ...refused } = server.framesOf("send_message").at(-1).body;
    const { content, hash } = await bob.open(alice, { sender_email: alice.email, ...refused });
    const unknown = { browser: "ef".repeat(16), counter: 7, hash };
    const failed = await bob.write(alice, { body: "failed", received: [unknown, { browser: content.browser, counter: 2, hash }] });
    await until(() => alice.texts(bob).includes("failed"));
    server.socketAnswer = undefined;
    await alice.conversations.remove(bob.email, clientId);
    const taken = await bob.write(alice, { counter: 2, previous: failed.hash, body: "taken back", received: [{ browser: content.browser, counter: 2, hash }] });
    await until(() => alice.texts(bob).includes("taken back"));
    assert.deepEqual(marked(alice, bob), []);
    await alice.conversations.clear(bob.email);
    await bob.write(alice, { counter: 3, previous: taken.hash, body: "cleared", received: [named[0]] });
    await until(() => alice.texts(bob).includes("cleared"));
    assert.deepEqual(marked(alice, bob), []);
  }));
});

describe("one's own answer", () => {
  test("is marked where the server puts a question before it that came later", inWorld(async (world) => {
    const { alice, bob, ask } = await asked(world, "Hello");
    const old = world.server.plant(alice.email, { sender_email: bob.email, recipient_email: alice.email, message_type: "receipt" });
    await ask("Yes");
    const { message } = await bob.seal(alice, { body: "Shall you pay?" });
    world.server.plant(alice.email, { ...message, id: old.id });
    await until(() => shown(alice, bob).includes("pay"));
    await pause(100);
    assert.match(shown(alice, bob), /^Hello\|Shall you pay\?( \(unaware\))?\|Yes \(unaware\)$/);
  }));

  test("to a message that had come is not marked", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    for (let round = 0; round < 3; round += 1) {
      await alice.send(bob, `question ${round}`);
      await until(() => shown(bob, alice).endsWith(`question ${round}`));
      await pause(50);
      await bob.send(alice, `answer ${round}`);
      await until(() => shown(alice, bob).endsWith(`answer ${round}`));
      await pause(50);
    }
    assert.ok(![shown(alice, bob), shown(bob, alice)].join().includes("unaware"), shown(alice, bob));
  }));
});
