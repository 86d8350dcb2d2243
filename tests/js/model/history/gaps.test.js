import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { gapsIn } from "../../../../static/js/model/history/gaps.js";
import { Database } from "../../../../static/js/storage/database.js";
import { refusal } from "../../world/memory-server.js";
import { Browser, inWorld, pause, until } from "../../world/world.js";

/** Removes messages from somebody's mailbox, as a server that withholds them does. */
function withhold(server, person, ...texts) {
  const { numbers } = server.user(person.email);
  const held = texts.map((index) => server.texts[index]);
  const sequences = held.map(({ id }) => numbers.get(id));
  held.forEach(({ id }) => numbers.delete(id));
  return () => held.forEach((message, index) => server.plant(person.email, { ...message, id: message.id, sequence: sequences[index] }));
}

/** @returns what the chat shows, gaps in brackets */
const shown = (person, other) =>
  person.conversations.open(other.email).items().map((item) => (item.kind === "gap" ? `[${item.count}]` : `${item.text}${item.late ? " (late)" : ""}${item.conflict ? " (conflict)" : ""}`));

async function shows(person, other, ...expected) {
  person.conversations.open(other.email);
  await until(() => shown(person, other).join("|") === expected.join("|"), () => `shown: ${shown(person, other).join("|")}`);
}

/** Alice writes these while Bob is offline; then the server changes something. */
async function whileAway(world, texts, tamper) {
  const [alice, bob] = await world.friends("alice", "bob");
  bob.account.close();
  for (const text of texts) {
    await alice.send(bob, text);
  }
  await until(() => world.server.texts.length === texts.length);
  const result = await tamper(world.server, bob, alice);
  const again = await world.newTab(bob);
  return { alice, bob: again, result };
}

describe("a message that is withheld", () => {
  test("shows as a gap in its place until it comes", inWorld(async (world) => {
    const { alice, bob, result: release } = await whileAway(world, ["one", "two", "three", "four"], (server, person) =>
      withhold(server, person, 1, 2));
    await shows(bob, alice, "one", "[2]", "four");
    await pause(20);
    release();
    await shows(bob, alice, "one", "two (late)", "three (late)", "four");
  }));

  test("shows although the call for another message's key is kept open", inWorld(async (world) => {
    const { fetch } = globalThis;
    const { now } = Date;
    const { alice, bob } = await whileAway(world, ["one", "two", "three"], (server, person) => {
      withhold(server, person, 1);
      globalThis.fetch = (address, init) => (String(address).includes("/keys/fingerprint/000") ? new Promise(() => {}) : fetch(address, init));
      const { id, ...junk } = server.texts[0];
      server.plant(person.email, { ...junk, client_id: null, sender_fingerprint: "0".repeat(64), nonce: btoa("another line") });
    });
    try {
      await shows(bob, alice, "one", "three", "");
      Date.now = () => now() + 31_000;
      await alice.send(bob, "four");
      await shows(bob, alice, "one", "[1]", "three", "", "four");
    } finally {
      Date.now = now;
      globalThis.fetch = fetch;
    }
  }));

  test("shows as a gap if it is the first one, in the account's first browser", inWorld(async (world) => {
    const { alice, bob } = await whileAway(world, ["one", "two"], (server, person) => withhold(server, person, 0));
    await shows(bob, alice, "[1]", "two");
  }));

  test("shows as a gap if it is the last one, with the next receipt", inWorld(async (world) => {
    const { alice, bob } = await whileAway(world, ["one", "two"], (server, person) => withhold(server, person, 1));
    await shows(bob, alice, "one");
    await bob.send(alice, "are you there?");
    await shows(bob, alice, "one", "are you there?", "[1]");
  }));

  test("shows as a gap after a reload too", inWorld(async (world) => {
    const { alice, bob } = await whileAway(world, ["one", "two", "three"], (server, person) => withhold(server, person, 1));
    await shows(bob, alice, "one", "[1]", "three");
    const again = await world.reload(bob);
    await shows(again, alice, "one", "[1]", "three");
  }));

  test("shows as no gap beside a message that could not be decrypted, and both heal when the right one comes", inWorld(async (world) => {
    const { alice, bob, result: honest } = await whileAway(world, ["one", "two", "three", "four"], (server, person) => {
      const { ciphertext } = server.texts[1];
      server.texts[1].ciphertext = server.texts[0].ciphertext;
      withhold(server, person, 2);
      return ciphertext;
    });
    const { server } = world;
    bob.conversations.open(alice.email);
    await shows(bob, alice, "one", "", "[1]", "four");
    assert.match(bob.items(alice)[1].unopened.reason, /damaged or changed/);
    const again = { ...server.texts[1], ciphertext: honest };
    server.messages.splice(server.messages.indexOf(server.texts[1]), 1);
    server.plant(bob.email, again);
    await shows(bob, alice, "one", "two (late)", "[1]", "four");
  }));
});

describe("a message that is withheld from a browser that came later", () => {
  /** Bob continues in another browser and has written from there, so Alice's receipts have named her head. */
  async function goOn(world, alice, bob, before = () => {}) {
    const later = await world.logIn(bob, new Browser());
    await before(later);
    await later.account.key.takeOver();
    bob.account.close();
    later.conversations.open(alice.email);
    await later.send(alice, "I am here now");
    await until(() => later.states(alice).at(-1) === "sent");
    await until(() => alice.conversations.open(bob.email).keyChange);
    await alice.conversations.acceptKey(bob.email);
    await until(() => later.states(alice).at(-1) === "delivered");
    return later;
  }

  /** Sends a message that never reaches Bob, neither by a push nor by a sync. */
  async function sendInVain({ server }, alice, bob, text) {
    const [push, { numbers }] = [server.push, server.user(bob.email)];
    server.push = (owner, event) => (owner.email === bob.email ? undefined : push.call(server, owner, event));
    const count = server.texts.length;
    await alice.send(bob, text);
    await until(() => server.texts.length > count);
    numbers.delete(server.texts.at(-1).id);
    server.push = push;
  }

  /** A message that this browser cannot decrypt is above already. */
  async function missesTheFirst(world, alice, later) {
    await shows(later, alice, "", "I am here now");
    await sendInVain(world, alice, later, "first");
    await alice.send(later, "second");
    await shows(later, alice, "", "I am here now", "[1]", "second");
  }

  test("shows as a gap if it is the first one, with the next receipt and the one after it", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const later = await goOn(world, alice, bob);
    await sendInVain(world, alice, later, "first");
    await later.send(alice, "are you there?");
    await shows(later, alice, "I am here now", "are you there?", "[1]");
    await alice.send(bob, "second");
    await shows(later, alice, "I am here now", "are you there?", "[1]", "second");
  }));

  test("is told from an earlier message that cannot be decrypted", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "to the first browser");
    await shows(bob, alice, "to the first browser");
    const later = await goOn(world, alice, bob);
    await missesTheFirst(world, alice, later);
  }));

  test("is told from a message that came before the browser had its key", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const later = await goOn(world, alice, bob, async (undecided) => {
      await alice.send(bob, "while it was undecided");
      await until(() => undecided.items(alice)?.length === 1);
    });
    await missesTheFirst(world, alice, later);
  }));

  test("counts from the last message that was sent, though an earlier one had failed", inWorld(async (world) => {
    const [first, bob] = await world.friends("alice", "bob");
    await failOnce(world, first, bob, "failed");
    const alice = await world.reload(first);
    await alice.send(bob, "to the first browser");
    await shows(bob, alice, "[1]", "to the first browser");
    const later = await goOn(world, alice, bob);
    await alice.send(bob, "to the later one");
    await shows(later, alice, "", "I am here now", "to the later one");
  }));

  /** Sends a message that fails, and stays as "Not sent". */
  async function failOnce({ server }, alice, bob, text) {
    server.acceptsSockets = false;
    [...server.sockets].filter(({ user }) => user?.email === alice.email).forEach((socket) => socket.shut(1006));
    server.intercept = ({ path }) => (path.includes("/send") ? refusal(400, "invalid") : undefined);
    await alice.send(bob, text);
    await until(() => alice.states(bob).includes("failed"));
    server.intercept = () => undefined;
    server.acceptsSockets = true;
  }
});

describe("a message that can never be decrypted", () => {
  test("hides no gap, though it is malformed or its key cannot be fetched", inWorld(async (world) => {
    const { alice, bob } = await whileAway(world, ["one", "two", "three"], (server, person, sender) => {
      withhold(server, person, 1);
      const [{ id, created_at, ...copy }] = server.texts;
      server.plant(person.email, { ...copy, client_id: randomUUID(), sender_fingerprint: [], salt: {} });
      server.plant(person.email, { ...copy, client_id: randomUUID(), sender_fingerprint: "ab".repeat(32) });
      server.intercept = ({ path }) => (path.includes("/keys/fingerprint/abab") ? refusal(503, "unavailable") : undefined);
      assert.ok(sender.email);
    });
    const { server } = world;
    await until(() => shown(bob, alice)[1] === "[1]", () => shown(bob, alice).join("|"));
    await alice.send(bob, "four");
    await until(() => shown(bob, alice).includes("four"));
    assert.equal(server.texts.length, 6);
  }));
});

describe("a message that was taken back", () => {
  test("leaves no gap, because a skip fills its counter", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    server.acceptsSockets = false;
    [...server.sockets].forEach((socket) => socket.shut(1006));
    await alice.send(bob, "one");
    await until(() => server.texts.length === 1);
    server.intercept = ({ path, body }) => (path.includes("/send") && body.message_type === "text" ? refusal(400, "invalid") : undefined);
    await alice.send(bob, "two");
    const failed = () => alice.items(bob).find(({ state }) => state === "failed");
    await until(failed);
    const { clientId } = failed();
    server.intercept = () => undefined;
    await alice.conversations.remove(bob.email, clientId);
    await until(() => server.texts.length === 2);
    await alice.send(bob, "three");
    await shows(bob, alice, "one", "three");
    await shows(alice, bob, "one", "three");
  }));
});

describe("order", () => {
  test("of two messages that the server has swapped is corrected and marked", inWorld(async (world) => {
    const { alice, bob } = await whileAway(world, ["one", "two", "three"], (server, person) => {
      const { numbers } = server.user(person.email);
      const [, two, three] = server.texts;
      [two.id, three.id] = [three.id, two.id];
      server.messages.sort((left, right) => left.id - right.id);
      assert.ok(numbers.size >= 3);
    });
    await shows(bob, alice, "one", "two (late)", "three");
  }));

  for (const [where, before] of [["on the screen", 3], ["above it", 33]]) {
    test(`of a new one under the number of an old one ${where} is not the server's: it stands last`, inWorld(async (world) => {
      const [alice, bob] = await world.friends("alice", "bob");
      const { server } = world;
      const texts = Array.from({ length: before }, (_, index) => `number ${index + 1}`);
      await alice.send(bob, texts[0]);
      await until(() => server.texts.length === 1);
      const old = server.plant(bob.email, { sender_email: alice.email, recipient_email: bob.email, message_type: "receipt" });
      for (const text of texts.slice(1)) {
        await alice.send(bob, text);
      }
      await until(() => server.texts.length === before);
      bob.conversations.open(alice.email);
      await until(() => bob.texts(alice).length === before && bob.texts(alice).every(Boolean));
      await bob.conversations.markRead(alice.email);
      await until(() => alice.chat(bob) && server.texts.every(({ read_at }) => read_at));
      const again = await world.reload(bob);
      again.conversations.open(alice.email);
      await until(() => again.texts(alice).at(-1) === texts.at(-1));
      const push = server.push.bind(server);
      server.push = (owner, event) => push(owner, owner.email === bob.email && event.message?.message_type === "text"
        ? { ...event, message: { ...event.message, id: old.id } } : event);
      await alice.send(bob, "the newest");
      await until(() => shown(again, alice).at(-1) === "the newest", () => `shown: ${shown(again, alice).join("|")}`);
      assert.ok(shown(again, alice).every((text) => !text.includes("late")));
      await until(() => again.chat(alice).unread === 1);
      await again.conversations.markRead(alice.email);
      await until(() => again.chat(alice).unread === 0);
      await pause(200);
      assert.equal(shown(again, alice).at(-1), "the newest");
      alice.conversations.open(bob.email);
      await until(() => alice.items(bob).at(-1)?.state === "read");
    }));
  }
});

describe("two messages with one counter", () => {
  test("are both shown, the later one with a mark", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "one");
    await shows(bob, alice, "one");
    alice.account.close();
    alice.browser.use();
    // The profile is reset to its state before the first message.
    const [name] = (await alice.browser.indexedDB.databases()).map((database) => database.name).filter((one) => one.includes("@"));
    await new Promise((resolve, reject) => {
      const request = alice.browser.indexedDB.open(name);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const transaction = request.result.transaction(["chains"], "readwrite");
        transaction.objectStore("chains").clear();
        transaction.oncomplete = () => {
          request.result.close();
          resolve(undefined);
        };
      };
    });
    const restored = await world.newTab(alice);
    await restored.send(bob, "another one");
    await shows(bob, alice, "one", "another one (conflict)");
  }));
});

describe("clearing", () => {
  test("by the server alone hides nothing, and asks the person", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "one");
    await shows(bob, alice, "one");
    const { server } = world;
    const owner = server.user(bob.email);
    owner.sequence += 1;
    server.push(owner, { type: "conversation_cleared", email: alice.email, sequence: owner.sequence });
    const thread = bob.conversations.open(alice.email);
    await until(() => thread.clearedElsewhere);
    assert.deepEqual(shown(bob, alice), ["one"]);
    await bob.conversations.keepCleared(alice.email);
    await until(() => !thread.clearedElsewhere);
    assert.deepEqual(shown(bob, alice), ["one"]);
  }));

  test("here raises no question when a restored server sends its event again", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    const owner = server.user(bob.email);
    // Calls that are still running would raise the sequences afterwards.
    const settled = () => until(() => alice.states(bob).at(-1) === "delivered" && server.texts.at(-1).delivered_at);
    await alice.send(bob, "one");
    await shows(bob, alice, "one");
    await settled();
    await bob.conversations.clear(alice.email);
    await shows(bob, alice);
    await until(() => owner.clearings.length === 1);
    const before = owner.sequence;
    await alice.send(bob, "two");
    await shows(bob, alice, "two");
    await settled();
    bob.account.close();
    // The restored server does not know what came after the clearing.
    owner.sequence = before;
    server.messages.splice(0, Infinity, ...server.messages.filter(({ id }) => !(owner.numbers.get(id) > before)));
    const again = await world.newTab(bob);
    await alice.send(bob, "three");
    await shows(again, alice, "two", "three");
    assert.equal(again.conversations.open(alice.email).clearedElsewhere, false);
    server.push(owner, { type: "conversation_cleared", email: alice.email, sequence: (owner.sequence += 1) });
    await until(() => again.conversations.open(alice.email).clearedElsewhere);
  }));

  test("here keeps cleared messages from coming back under another id", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    await alice.send(bob, "one");
    await until(() => server.texts.length === 1);
    await bob.send(alice, "mine");
    await shows(bob, alice, "one", "mine");
    await until(() => bob.states(alice).at(-1) === "delivered");
    const copies = structuredClone(server.texts);
    await bob.conversations.clear(alice.email);
    await shows(bob, alice);
    copies.forEach(({ id, ...copy }) => server.plant(bob.email, copy));
    await alice.send(bob, "two");
    await shows(bob, alice, "two");
    await pause(100);
    assert.equal(bob.chat(alice).unread, 1);
    const again = await world.reload(bob);
    await shows(again, alice, "two");
  }));
});

test("a chat of which very many messages were cleared is drawn", async () => {
  new Browser().use();
  const database = await Database.open("alice@example.org");
  const hashes = new Map(Array.from({ length: 300_000 }, (_, index) => [index + 1, "h"]));
  const chat = { id: "bob", heads: { b: { from: 0, to: hashes.size + 1 } } };
  const gaps = await database.read(["chains", "messages", "state"], (stores) =>
    gapsIn(stores, { chat, rows: [], gone: new Map([["b", hashes]]) }));
  assert.deepEqual(gaps.map(({ count }) => count), [1]);
  database.close();
});
