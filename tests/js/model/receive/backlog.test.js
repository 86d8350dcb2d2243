import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { CryptoManager } from "../../../../static/js/crypto/crypto.js";
import { Backlog } from "../../../../static/js/model/receive/backlog.js";
import { inWorld, pause, until } from "../../world/world.js";

const FRIEND = "friend@example.org";
const STRANGER = "stranger@example.org";

/** A backlog over rows in memory: `opened` are the ids, in their order. */
function backlogOf(pending, { tried = {}, during = () => {}, fails = () => false } = {}) {
  const rows = new Map(Object.entries(pending).map(([peer, ids]) => [peer, ids.map((id) => ({ id, chat: peer, peer, clientId: `c${id}` }))]));
  const opened = [];
  const messageStore = {
    pendingChats: async () => [...rows.keys()].filter((peer) => rows.get(peer).length > 0),
    pending: async (peer, { below, limit }) => rows.get(peer).filter(({ id }) => id < below).sort((a, b) => b.id - a.id).slice(0, limit),
    countTried: async (peer) => tried[peer] ?? 0,
  };
  const people = { all: () => [{ email: FRIEND, isContact: true, isAdded: true }] };
  const open = async (row) => {
    opened.push(row.id);
    if (!fails(row)) {
      rows.set(row.peer, rows.get(row.peer).filter((other) => other !== row));
      tried[row.peer] = (tried[row.peer] ?? 0) + 1;
    }
    during(row, rows, backlog);
  };
  const backlog = new Backlog({ messageStore, people, chains: { standing: async () => ({ known: [], blocked: [] }) }, open });
  return { backlog, opened };
}

const UUID = "00000000-0000-4000-8000-000000000000";
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("the backlog", () => {
  test("is decrypted newest first, known peers before strangers", async () => {
    const { backlog, opened } = backlogOf({ [STRANGER]: [1, 2], [FRIEND]: [3, 5, 4] });
    await backlog.catchUp();
    assert.deepEqual(opened, [5, 4, 3, 2, 1]);
  });

  test("costs no more than twenty derivations for a stranger, those of earlier pages included", async () => {
    for (const [spent, count] of [[0, 20], [15, 5], [20, 0], [500, 0]]) {
      const { backlog, opened } = backlogOf({ [STRANGER]: range(1, 1000) }, { tried: { [STRANGER]: spent } });
      await backlog.catchUp();
      await backlog.catchUp();
      assert.deepEqual(opened, range(1001 - count, 1000).reverse());
    }
  });

  test("of a known peer is decrypted completely", async () => {
    const { backlog, opened } = backlogOf({ [FRIEND]: range(1, 65) });
    await backlog.catchUp();
    assert.deepEqual(opened, range(1, 65).reverse());
  });

  test("is interrupted by newer messages", async () => {
    const during = ({ id }, rows, backlog) => {
      if (id === 60) {
        rows.get(FRIEND).push({ id: 100, chat: FRIEND, peer: FRIEND, clientId: "c100" });
        void backlog.catchUp();
      }
    };
    const { backlog, opened } = backlogOf({ [FRIEND]: range(1, 60) }, { during });
    await backlog.catchUp();
    assert.ok(opened.indexOf(100) <= 20, opened.join());
    assert.equal(opened.length, 61);
  });

  test("tries a message that cannot be decrypted now once, and continues", async () => {
    let calls = 0;
    const during = (_row, _rows, backlog) => {
      calls += 1;
      if (calls < 5) {
        void backlog.catchUp();
      }
    };
    const { backlog, opened } = backlogOf({ [FRIEND]: range(1, 50) }, { during, fails: ({ id }) => id > 20 });
    await backlog.catchUp();
    assert.deepEqual(opened.toSorted((a, b) => a - b), range(1, 50));
  });
});

describe("messages of strangers", () => {
  let derivations;
  const { pbkdf2 } = CryptoManager;
  beforeEach(() => {
    derivations = 0;
    CryptoManager.pbkdf2 = (...given) => {
      const isSpoilt = given.some((part) => part instanceof Uint8Array && new TextDecoder().decode(part).includes(" ".repeat(29)));
      derivations += Number(isSpoilt);
      return pbkdf2(...given);
    };
  });

  /** A copy of a message that cannot be decrypted. Only derivations for such are counted. */
  const spoilt = ({ id, created_at, ...message }, count) => ({ ...message, client_id: UUID, salt: btoa(String(count).padStart(32)) });

  test("cost twenty derivations, and those of an opened chat", inWorld(async (world) => {
    const bob = await world.newPerson("bob");
    const mallory = await world.newPerson("mallory");
    await mallory.account.contacts.add(bob.email);
    await mallory.send(bob, "the first");
    await until(() => world.server.texts.length === 1);
    await until(() => bob.conversations.requests().length === 1);
    await pause(500);
    derivations = 0;
    for (let count = 0; count < 100; count += 1) {
      world.server.plant(bob.email, spoilt(world.server.texts[0], count));
    }
    await until(() => derivations >= 19);
    await pause(500);
    assert.ok(derivations === 19, String(derivations));
    const before = derivations;
    const again = await world.reload(bob);
    await pause(500);
    assert.equal(derivations, before);
    again.conversations.open(mallory.email);
    await until(() => again.items(mallory).length > 90 && again.items(mallory).every(({ opening }) => !opening));
  }));

  test("cost no second derivation for the same envelope, under another id or after a reload", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "whole");
    await bob.shows(alice, "whole");
    await alice.showsStates(bob, "delivered");
    world.server.plant(bob.email, spoilt(world.server.texts[0], 0));
    await until(() => bob.items(alice).filter(({ unopened }) => unopened).length === 1);
    derivations = 0;
    for (let count = 0; count < 5; count += 1) {
      world.server.plant(bob.email, spoilt(world.server.texts[0], 0));
    }
    await until(() => bob.items(alice).filter(({ unopened }) => unopened).length === 6);
    assert.equal(derivations, 0);
    const again = await world.reload(bob);
    await until(() => again.items(alice).filter(({ unopened }) => unopened).length === 6);
    assert.equal(derivations, 0);
  }));

  test("cost nothing if they are receipts", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "whole");
    await bob.shows(alice, "whole");
    const mallory = await world.newPerson("mallory");
    await mallory.account.contacts.add(bob.email);
    await mallory.send(bob, "hello");
    await until(() => bob.conversations.requests().length === 1);
    await pause(1000);
    derivations = 0;
    const text = world.server.texts.find(({ sender_email: sender }) => sender === mallory.email);
    for (let count = 0; count < 30; count += 1) {
      world.server.plant(bob.email, { ...spoilt(text, count), message_type: "receipt" });
    }
    await pause(1000);
    assert.equal(derivations, 0);
  }));
});
