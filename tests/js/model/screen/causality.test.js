import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withUnaware } from "../../../../static/js/model/screen/causality.js";

const NOON = Date.UTC(2026, 10, 30, 12);
const placed = (mine, browser, counter, seconds, received = []) =>
  ({ row: { mine, browser, counter }, item: { unaware: null }, words: { sentAtMs: NOON + 1000 * seconds, received } });
const marks = (messages, around = {}) =>
  withUnaware(messages, { hasOlder: false, silent: new Set(), unsent: new Set(), browsers: 1, ownBrowsers: 1, ...around }).map(({ item }) => item.unaware);

describe("a message below one that its writer had not received", () => {
  const first = placed(true, "a", 1, 0);
  const named = [{ browser: "a", counter: 1 }];

  test("crosses it if both were written within ten seconds, whichever came first", () => {
    for (const [question, answer] of [[20, 10], [20, 30]]) {
      assert.deepEqual(marks([first, placed(true, "a", 2, question), placed(false, "b", 1, answer, named)]), [null, null, "crossing"]);
    }
  });

  test("was held, or the other was, if there is more time between them", () => {
    for (const [question, answer] of [[21, 10], [20, 31]]) {
      assert.deepEqual(marks([first, placed(true, "a", 2, question), placed(false, "b", 1, answer, named)]), [null, null, "held"]);
    }
  });

  test("counts as held if the other could not be opened, or is above the screen", () => {
    const unopened = { ...placed(true, "a", 2, 10), words: undefined };
    assert.deepEqual(marks([first, unopened, placed(false, "b", 1, 10, named)]), [null, null, "held"]);
    assert.deepEqual(marks([placed(true, "a", 3, 10), placed(false, "b", 1, 10, named)], { hasOlder: true }), [null, "held"]);
  });

  test("is not marked if the writer's other browsers may have received it", () => {
    const [theirs, mine] = [placed(false, "b", 1, 0), placed(true, "new", 1, 60)];
    assert.deepEqual(marks([theirs, mine]), [null, "held"]);
    assert.deepEqual(marks([theirs, mine], { ownBrowsers: 2 }), [null, null]);
    assert.deepEqual(marks([placed(true, "a", 1, 0), placed(false, "new", 1, 60)], { browsers: 2 }), [null, null]);
  });
});
