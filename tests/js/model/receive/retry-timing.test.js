import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { Sync } from "../../../../static/js/model/receive/sync.js";
import { Receipts } from "../../../../static/js/model/receipts/receipts.js";
import { ApiError, NetworkError } from "../../../../static/js/net/net-errors.js";

const HOUR_MS = 3_600_000;
const BUSY = new ApiError(429, { code: "rate_limited" }, 60);

let nowMs;
let wallMs;
const { now } = performance;
const wallNow = Date.now;

beforeEach(() => {
  nowMs = 1000;
  performance.now = () => nowMs;
  wallMs = Date.UTC(2030, 0, 1);
  Date.now = () => wallMs;
  mock.timers.enable({ apis: ["setTimeout"] });
});

afterEach(() => {
  mock.timers.reset();
  performance.now = now;
  Date.now = wallNow;
});

const settle = () => new Promise((resolve) => setImmediate(resolve));

async function pass(delayMs) {
  nowMs += delayMs;
  wallMs += delayMs;
  mock.timers.tick(delayMs);
  await settle();
}

describe("the mailbox", () => {
  /** @type {any} the server's response */
  let answer;
  let asked;
  let sync;

  beforeEach(() => {
    asked = 0;
    answer = BUSY;
    const ask = async () => {
      asked += 1;
      if (answer instanceof Error) {
        throw answer;
      }
      return answer;
    };
    const nothing = async () => {};
    const parts = { decryptQueue: { calm: nothing }, messageStore: { enter: nothing }, screenWork: { done: nothing } };
    sync = new Sync(/** @type {any} */ ({ api: { sync: ask }, ownEmail: "a@example.org", ...parts }));
    sync.start(5);
  });

  afterEach(() => sync.stop());

  const push = (sequence) => ({ type: "message_status", sequence, message: { id: 1, delivered_at: null, read_at: null } });

  test("is not asked for as long as the server has requested, whatever is missing", async () => {
    await sync.run();
    for (let second = 1; second < 60; second += 1) {
      sync.push(push(5 + 2 * second));
      await pass(999);
    }
    sync.setLive(false);
    await sync.compare(99);
    assert.equal(asked, 1);
    answer = { events: [], cursor: 300, more: false };
    await pass(2_000);
    assert.equal(asked, 2);
    assert.equal(sync.sequence, 300);
  });

  test("is asked again soon after an error without Retry-After", async () => {
    answer = new NetworkError();
    await sync.run();
    await pass(4_000);
    assert.equal(asked, 2);
  });

  for (const jumpMs of [-9 * HOUR_MS, 9 * HOUR_MS]) {
    test(`is polled as before where the clock jumps by ${jumpMs / HOUR_MS} hours`, async () => {
      answer = { events: [], cursor: 5, more: false };
      await sync.run();
      wallMs += jumpMs;
      for (let round = 2; round < 5; round += 1) {
        await pass(5_000);
        assert.equal(asked, round);
      }
    });
  }
});

describe("receipts", () => {
  let calls;
  /** @type {Error | null} */
  let failure;
  let due;
  let receipts;
  let api;

  beforeEach(() => {
    calls = 0;
    failure = null;
    due = [{ id: 1 }];
    api = {
      receipts: async () => {
        calls += 1;
        if (failure) {
          throw failure;
        }
      },
    };
    const messageStore = { due: async () => due };
    const people = { all: () => [] };
    const chains = { standing: async () => ({ known: ["bob@example.org"], blocked: [] }) };
    const preferences = { on: () => {}, readReceipts: true };
    receipts = new Receipts(/** @type {any} */ ({ api, messageStore, chains, people, preferences }));
  });

  afterEach(() => receipts.stop());

  test("are told at once when the network is back", async () => {
    failure = new NetworkError();
    receipts.note();
    await pass(300);
    for (let count = 0; count < 6; count += 1) {
      await pass(30_000);
    }
    const before = calls;
    failure = null;
    receipts.hurry();
    await pass(600);
    assert.equal(calls, before + 1);
    await pass(HOUR_MS);
    assert.equal(calls, before + 1, "once");
  });

  test("wait as long as the server has requested", async () => {
    failure = BUSY;
    receipts.note();
    await pass(300);
    receipts.hurry();
    await pass(59_000);
    assert.equal(calls, 1);
    failure = null;
    await pass(1_300);
    assert.equal(calls, 2);
  });

  test("that become due during a call are told after it", async () => {
    let answer = () => {};
    const answered = new Promise((resolve) => (answer = () => resolve(undefined)));
    api.receipts = async () => {
      calls += 1;
      await answered;
    };
    receipts.note();
    await pass(300);
    due = [{ id: 1 }, { id: 2 }];
    receipts.note();
    answer();
    await settle();
    await pass(600);
    assert.equal(calls, 2);
  });

  test("that a closed tab leaves behind are told by this one", async () => {
    receipts.noteLater();
    await pass(4_000);
    assert.equal(calls, 0, "the other tab has the first go");
    await pass(2_000);
    await pass(600);
    assert.equal(calls, 1);
  });

  test("are not delayed when the clock is set back", async () => {
    receipts.note();
    await pass(300);
    wallMs -= HOUR_MS;
    await pass(10_000);
    due = [{ id: 2, seen: true }];
    receipts.note();
    await pass(300);
    assert.equal(calls, 2);
  });
});
