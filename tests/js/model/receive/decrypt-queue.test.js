import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Emitter } from "../../../../static/js/lib/emitter.js";
import { DecryptQueue } from "../../../../static/js/model/receive/decrypt-queue.js";
import { NetworkError } from "../../../../static/js/net/net-errors.js";

const PEER = "bob@example.org";

/** @returns one whose derivations end when they are told to, and the ids in the order in which they began */
function controlled({ looksUp = () => false } = {}) {
  const [began, pending] = [[], []];
  const ends = new Map();
  const breaks = new Map();
  const unsealer = {
    open: async ({ id }, aside) => {
      if (looksUp(id)) {
        await aside(() => new Promise((resolve) => ends.set(`look-up ${id}`, resolve)));
      }
      began.push(id);
      await new Promise((resolve, reject) => {
        ends.set(id, resolve);
        breaks.set(id, () => reject(new NetworkError()));
      });
      return { supported: true, hash: "hash of A", content: { type: "text", body: "", browser: "", counter: id, previous: null }, peerKey: {} };
    },
  };
  const messageStore = {
    keepOpened: async (row) => row,
    keepTried: async (row) => row,
    pendingChats: async () => (pending.length > 0 ? [PEER] : []),
    pending: async (_, { below }) => pending.filter(({ id }) => id < below).sort((a, b) => b.id - a.id),
  };
  const people = Object.assign(new Emitter(), { all: () => [] });
  const retiredKeys = { refuses: async () => false };
  const decryptQueue = new DecryptQueue({ messageStore, unsealer, retiredKeys, chains: { advance: async () => {}, standing: async () => ({ known: [PEER], blocked: [] }) }, people });
  /** @param {Map<number, () => void>} how */
  const doing = (how) => async (id) => {
    how.get(id)();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { decryptQueue, messageStore, retiredKeys, began, end: doing(ends), fail: doing(breaks), pending };
}

/** @param {number[]} ids */
const rowsOf = (...ids) => ids.map((id) => ({ id, clientId: `c${id}`, chat: PEER, peer: PEER, mine: true, raw: {} }));

describe("a message that a screen waits for", () => {
  test("is decrypted in the screen's order, and a later screen's before the rest of an earlier one's", async () => {
    const { decryptQueue, began, end } = controlled();
    decryptQueue.openAll(rowsOf(1, 2, 3, 4, 5));
    assert.deepEqual(began, [1, 2, 3]);
    decryptQueue.openAll(rowsOf(11, 12));
    for (const id of [1, 2, 3, 11, 12, 4, 5]) {
      await end(id);
    }
    assert.deepEqual(began, [1, 2, 3, 11, 12, 4, 5]);
  });

  test("is decrypted once, at the place of the last screen that waits for it", async () => {
    const { decryptQueue, began, end } = controlled();
    decryptQueue.openAll(rowsOf(1, 2, 3, 4, 5, 6));
    decryptQueue.openAll(rowsOf(11, 12));
    decryptQueue.openAll(rowsOf(6, 3, 5));
    const inTurn = [1, 2, 3, 6, 5, 11, 12, 4];
    for (const id of inTurn) {
      await end(id);
    }
    assert.deepEqual(began, inTurn);
    await decryptQueue.calm();
  });

  test("is tried again if the keys changed while it was decrypted in vain", async () => {
    const { decryptQueue, began, end, fail } = controlled();
    decryptQueue.openAll(rowsOf(1));
    decryptQueue.forgetFailures();
    await fail(1);
    assert.deepEqual(began, [1, 1]);
    await end(1);
    decryptQueue.openAll(rowsOf(2));
    await fail(2);
    assert.deepEqual(began, [1, 1, 2]);
    await decryptQueue.calm();
  });
});

describe("a look-up that the server keeps open", () => {
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  test("takes no place from messages whose keys are known", async () => {
    const { decryptQueue, began, end } = controlled({ looksUp: (id) => id > 100 });
    decryptQueue.openAll(rowsOf(101, 102, 103, 104, 1, 2, 3, 4));
    await settle();
    assert.deepEqual(began, [1, 2, 3]);
    for (const id of [1, 2, 3, 4]) {
      await end(id);
    }
    assert.deepEqual(began, [1, 2, 3, 4]);
    await decryptQueue.calm();
  });

  test("lets its message have its turn when it ends", async () => {
    const { decryptQueue, began, end } = controlled({ looksUp: (id) => id > 100 });
    decryptQueue.openAll(rowsOf(101, 1, 2, 3, 4));
    await settle();
    await end("look-up 101");
    assert.deepEqual(began, [1, 2, 3]);
    for (const id of [1, 2, 3, 4]) {
      await end(id);
    }
    assert.deepEqual(began, [1, 2, 3, 4, 101]);
    await end(101);
    await decryptQueue.calm();
  });

  test("holds up nothing of what no screen waits for", async () => {
    const { decryptQueue, began, end, pending } = controlled({ looksUp: (id) => id > 100 });
    pending.push(...rowsOf(101, 102, 1, 2));
    decryptQueue.openAll(rowsOf(103));
    const caughtUp = decryptQueue.catchUp();
    for (const id of [2, 1]) {
      await settle();
      assert.equal(began.at(-1), id);
      await end(id);
    }
    await caughtUp;
  });

  test("holds up nothing of what no screen waits for, where a screen waits for its own message too", async () => {
    const { decryptQueue, began, end, pending } = controlled({ looksUp: (id) => id > 100 });
    pending.push(...rowsOf(103, 1));
    decryptQueue.openAll(rowsOf(103));
    await settle();
    const caughtUp = decryptQueue.catchUp();
    await settle();
    assert.deepEqual(began, [1]);
    await end(1);
    await caughtUp;
  });

  test("is one of three: others wait for them, and not for a place", async () => {
    const { decryptQueue, began, end } = controlled({ looksUp: (id) => id > 100 });
    decryptQueue.openAll(rowsOf(101, 102, 103, 104));
    await settle();
    await end("look-up 101");
    await end("look-up 104");
    assert.deepEqual(began, [101, 104]);
  });
});

describe("a message under a retired key", () => {
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const [HASH, A] = ["hash of A", 1];

  /** @returns a promise and what resolves it; Node 20 has no `Promise.withResolvers` */
  function gate() {
    let open;
    const opened = new Promise((resolve) => (open = resolve));
    return { opened, open };
  }

  /** @returns one that has read the database for A, and waits there to refuse it, or to store that it was refused */
  function refusing() {
    const queue = controlled();
    const outcomes = [];
    const waits = { refuses: gate(), keepTried: gate() };
    let isStored = false;
    let reads = 0;
    const { decryptQueue } = queue;
    queue.retiredKeys.refuses = async () => {
      const isRefused = !isStored;
      reads += 1;
      await waits.refuses.opened;
      return isRefused;
    };
    queue.messageStore.keepTried = () => waits.keepTried.opened;
    ["opened", "failed"].forEach((name) => decryptQueue.on(name, () => outcomes.push(name)));
    decryptQueue.openAll(rowsOf(A));
    const goOn = async (at) => {
      waits[at].open();
      await settle();
    };
    const name = () => {
      isStored = true;
      decryptQueue.openNamed(PEER, HASH);
    };
    return { ...queue, outcomes, goOn, name, reads: () => reads };
  }

  test("is tried again if it was named after the database was read", async () => {
    const { end, goOn, name, outcomes } = refusing();
    await end(A);
    name();
    await goOn("refuses");
    await goOn("keepTried");
    await end(A);
    assert.deepEqual(outcomes, ["failed", "opened"]);
  });

  test("is tried again if it was named while its failure was stored", async () => {
    const { end, goOn, name, outcomes } = refusing();
    await end(A);
    await goOn("refuses");
    name();
    await goOn("keepTried");
    await end(A);
    assert.deepEqual(outcomes, ["failed", "opened"]);
  });

  test("is tried once more for each naming, if it stays refused", async () => {
    const { began, decryptQueue, end, goOn, reads } = refusing();
    await end(A);
    decryptQueue.openNamed(PEER, HASH);
    await goOn("refuses");
    await goOn("keepTried");
    await end(A);
    await settle();
    assert.deepEqual([began, reads()], [[A, A], 2]);
    decryptQueue.openNamed(PEER, HASH);
    await settle();
    await end(A);
    assert.deepEqual([began, reads()], [[A, A, A], 3]);
  });
});
