import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Emitter } from "../../../../static/js/lib/emitter.js";
import { DecryptQueue } from "../../../../static/js/model/receive/decrypt-queue.js";
import { NetworkError } from "../../../../static/js/net/net-errors.js";

const PEER = "bob@example.org";

/** @returns one whose derivations end when they are told to, and the ids in the order in which they began */
function controlled() {
  const began = [];
  const ends = new Map();
  const breaks = new Map();
  const unsealer = {
    open: ({ id }) => new Promise((resolve, reject) => {
      began.push(id);
      breaks.set(id, () => reject(new NetworkError()));
      ends.set(id, () => resolve({ supported: true, content: { type: "text", body: "", browser: "", counter: id }, peerKey: {} }));
    }),
  };
  const messageStore = { keepOpened: async (row) => row, keepTried: async (row) => row, untried: async () => [] };
  const decryptQueue = new DecryptQueue({ messageStore, unsealer, chains: { advance: async () => {} }, people: new Emitter() });
  /** @param {Map<number, () => void>} how */
  const doing = (how) => async (id) => {
    how.get(id)();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { decryptQueue, began, end: doing(ends), fail: doing(breaks) };
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
