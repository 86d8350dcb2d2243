import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { OlderAsking } from "../../../../static/js/views/thread/reading-position.js";

/** A chat whose rounds end as the test says: "fails", "finds nothing", "finds". */
function chat(...rounds) {
  const thread = {
    hasOlder: true,
    keys: ["9"],
    asked: 0,
    items: () => thread.keys.map((key) => ({ key })),
    loadOlder: async () => {
      const round = rounds[Math.min(thread.asked, rounds.length - 1)];
      thread.asked += 1;
      if (round === "fails") throw new Error("no network");
      if (round === "finds") thread.keys.unshift(String(9 - thread.asked));
    },
  };
  return thread;
}

function asking() {
  const clock = { ms: 1000, tries: 0 };
  return { clock, older: new OlderAsking({ again: () => (clock.tries += 1), now: () => clock.ms }) };
}

/** Each round ends with a drawing of the chat, which asks again. */
async function draw(older, thread, times) {
  for (let time = 0; time < times; time += 1) await older.ask(thread);
}

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

describe("older messages", () => {
  test("are requested again with a growing delay, until some have come", async () => {
    const { older, clock } = asking();
    const thread = chat("fails", "finds nothing", "finds");
    for (const waitMs of [1000, 2000]) {
      await draw(older, thread, 3);
      const { tries } = clock;
      mock.timers.tick(waitMs / 2 - 1);
      assert.equal(clock.tries, tries);
      mock.timers.tick(waitMs / 2 + 1);
      assert.equal(clock.tries, tries + 1);
    }
    await draw(older, thread, 1);
    mock.timers.tick(60_000);
    assert.deepEqual([thread.asked, clock.tries], [3, 2]);
  });

  for (const round of ["fails", "finds nothing"]) {
    test(`are not asked for again and again when a round ${round}`, async () => {
      const { older } = asking();
      const thread = chat(round);
      await draw(older, thread, 50);
      assert.equal(thread.asked, 1);
    });
  }

  test("are requested again by a scroll, with a growing delay", async () => {
    const { older, clock } = asking();
    const thread = chat("fails");
    for (const waitMs of [1000, 2000, 4000]) {
      await draw(older, thread, 3);
      const { asked } = thread;
      clock.ms += waitMs / 2 - 1;
      older.release();
      await draw(older, thread, 3);
      assert.equal(thread.asked, asked);
      clock.ms += waitMs / 2 + 1;
      older.release();
    }
    await draw(older, thread, 3);
    assert.equal(thread.asked, 4);
  });

  test("are requested at once when the network is back", async () => {
    const { older } = asking();
    const thread = chat("fails", "finds");
    await draw(older, thread, 2);
    older.reset();
    assert.equal(await older.ask(thread), true);
    assert.equal(thread.asked, 2);
    assert.equal(await older.ask(thread), true);
  });

  test("are requested once at a time", async () => {
    const { older } = asking();
    const thread = chat("finds");
    await Promise.all([older.ask(thread), older.ask(thread)]);
    assert.equal(thread.asked, 1);
  });
});
