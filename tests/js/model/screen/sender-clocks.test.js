import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { usualDelays } from "../../../../static/js/model/screen/sender-clocks.js";

const HOUR_MS = 3_600_000;
/** Messages of one browser, each with the hour of the server and the hour of the sender's clock. */
const shownOf = (...hours) => hours.map(([at, sent], index) => ({
  row: { id: index + 1, browser: "b", createdAtMs: at * HOUR_MS },
  sentAtMs: sent === undefined ? undefined : sent * HOUR_MS,
}));
const delaysOf = (...hours) => {
  const shown = shownOf(...hours);
  const usual = usualDelays(shown);
  return shown.map(({ row, sentAtMs }) => (row.createdAtMs - (sentAtMs ?? row.createdAtMs) - usual(row)) / HOUR_MS);
};

describe("a message's delay", () => {
  test("of a clock that is slow by an hour is none", () => assert.deepEqual(delaysOf([1, 0], [2, 1], [3, 2]), [0, 0, 0]));
  test("of a clock that is fast by three hours is none", () => assert.deepEqual(delaysOf([1, 4], [2, 5]), [0, 0]));
  test("is the time that it was held back, whatever the clock", () => {
    assert.deepEqual(delaysOf([1, 1], [2, 2], [5, 3])[2], 2);
    assert.deepEqual(delaysOf([1, 4], [2, 5], [5, 6])[2], 2);
  });
  test("of a browser's only message is not corrected", () => assert.deepEqual(delaysOf([5, 4]), [1]));
  test("ignores messages that are not decrypted", () => assert.equal(delaysOf([5, undefined], [5, 4])[1], 1));
});
