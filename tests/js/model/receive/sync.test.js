import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { BadAnswer } from "../../../../static/js/model/server/model-errors.js";
import { Sync } from "../../../../static/js/model/receive/sync.js";
import { ApiError, NetworkError } from "../../../../static/js/net/net-errors.js";

/** Parts that store nothing and wait for nothing. */
const quiet = {
  decryptQueue: { calm: async () => {} },
  messageStore: { enter: async () => ({}) },
  screenWork: { done: async () => {} },
};

/** @returns {Promise<number>} how many calls a server gets that fails so, if a sync is requested three times */
async function callsAfter(failure) {
  let calls = 0;
  const ask = async () => {
    calls += 1;
    throw failure;
  };
  const sync = new Sync({ api: { sync: ask }, ownEmail: "alice@example.org" });
  for (let told = 0; told < 3; told += 1) {
    await sync.run();
  }
  sync.stop();
  return calls;
}

describe("a server that asks for a sync", () => {
  const FAILURES = {
    "and answers nonsense": new BadAnswer("numbers that fall"),
    "and answers without end": new NetworkError(new RangeError("an answer without end")),
    "and cannot be stored here": new DOMException("full", "QuotaExceededError"),
    "and wants to be left alone": new ApiError(503, {}, 60),
  };
  for (const [name, failure] of Object.entries(FAILURES)) {
    test(`${name} is not asked at once again`, async () => assert.equal(await callsAfter(failure), 1));
  }

  test("and could not be reached is asked each time", async () => {
    assert.equal(await callsAfter(new NetworkError(new TypeError("no network"))), 3);
  });
});

describe("a sync that never ends", () => {
  const more = async (after) => ({ events: [], cursor: after + 1, more: true });
  for (const [name, ask] of [["because the call is kept open", () => new Promise(() => {})], ["because there is always more", more]]) {
    test(`is late after ten seconds, and missing messages count as missing then: ${name}`, async () => {
      mock.timers.enable({ apis: ["setTimeout"] });
      try {
        const sync = new Sync({ api: { sync: ask }, ownEmail: "alice@example.org", ...quiet });
        let told = 0;
        sync.on("late", () => (told += 1));
        void sync.run();
        await new Promise((resolve) => setImmediate(resolve));
        mock.timers.tick(9_999);
        assert.deepEqual([sync.isLate, sync.isSettled, told], [false, false, 0]);
        mock.timers.tick(1);
        assert.deepEqual([sync.isLate, sync.isSettled, told], [true, true, 1]);
        sync.stop();
      } finally {
        mock.timers.reset();
      }
    });
  }

  test("is no longer late once it ends", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const answers = [];
      const ask = () => new Promise((resolve, reject) => answers.push({ resolve, reject }));
      const sync = new Sync({ api: { sync: ask }, ownEmail: "alice@example.org", ...quiet });
      const synced = sync.run();
      mock.timers.tick(10_000);
      assert.ok(sync.isLate);
      answers[0].resolve({ events: [], cursor: 0, more: false });
      await synced;
      assert.deepEqual([sync.isLate, sync.isComplete], [false, true]);
      sync.stop();
    } finally {
      mock.timers.reset();
    }
  });
});
