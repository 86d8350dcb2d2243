import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { comparedWords } from "../../../../static/js/views/dialogs/comparison.js";
import { dayKey, dayName, wholeDate, writtenTime } from "../../../../static/js/views/thread/days.js";
import { clock, rowTime } from "../../../../static/js/views/parts/format.js";
import { LocalFormat, timeZone, watchLocalTime } from "../../../../static/js/views/parts/local-time.js";
import { shown } from "../../../../static/js/views/dialogs/own-data-dialog.js";
import { rowsFor } from "../../../../static/js/views/thread/timeline.js";

const ZONE = process.env.TZ;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
// Late on 10 March in UTC; already 11 March in Tokyo.
const EVENING = Date.UTC(2026, 2, 10, 23, 30);

const setZone = (zone) => (process.env.TZ = zone);

let drawn = 0;
let stop = () => {};

// `setTime` moves the clock; timers run only with `tick`.
beforeEach(() => {
  setZone("UTC");
  mock.timers.enable({ apis: ["Date", "setInterval"], now: EVENING });
  globalThis.document = new EventTarget();
  drawn = 0;
  stop = watchLocalTime(() => (drawn += 1));
});

afterEach(() => {
  stop();
  mock.timers.reset();
  delete globalThis.document;
  if (ZONE === undefined) delete process.env.TZ;
  else process.env.TZ = ZONE;
});

describe("what is drawn from now and the time zone is drawn again", () => {
  test("not while day and zone stay the same", () => {
    mock.timers.tick(29 * MINUTE_MS);
    assert.equal(drawn, 0);
  });

  test("once at midnight", () => {
    mock.timers.tick(31 * MINUTE_MS);
    assert.equal(drawn, 1);
  });

  test("within a minute after sleep", () => {
    mock.timers.setTime(EVENING + 3 * DAY_MS);
    mock.timers.tick(MINUTE_MS);
    assert.equal(drawn, 1);
  });

  test("when the clock is set back to another day", () => {
    mock.timers.setTime(EVENING - 40 * DAY_MS);
    document.dispatchEvent(new Event("visibilitychange")); // the timers of Node's mock follow the clock
    assert.equal(drawn, 1);
  });

  test("at once when the page is looked at again", () => {
    mock.timers.setTime(EVENING + DAY_MS);
    document.dispatchEvent(new Event("visibilitychange"));
    document.dispatchEvent(new Event("visibilitychange"));
    assert.equal(drawn, 1);
  });

  test("in a new time zone, though the day is the same", () => {
    setZone("America/New_York");
    mock.timers.tick(MINUTE_MS);
    assert.equal(drawn, 1);
    assert.equal(timeZone(), "America/New_York");
  });

  test("no more once nobody watches", () => {
    stop();
    mock.timers.tick(DAY_MS);
    document.dispatchEvent(new Event("visibilitychange"));
    assert.equal(drawn, 0);
  });
});

describe("in a new time zone", () => {
  const at = new Date(EVENING);
  const yearEarlier = new Date(EVENING - 365 * DAY_MS);
  const monthEarlier = new Date(EVENING - 30 * DAY_MS);
  const weekEarlier = new Date(EVENING - 3 * DAY_MS);
  const written = new Date(EVENING - 2 * DAY_MS);
  const compared = { compared: "yes", atMs: EVENING, forgotten: false };
  const formatters = {
    clock: () => clock(at),
    "row of the last days": () => rowTime(weekEarlier, at),
    "row of this year": () => rowTime(monthEarlier, at),
    "row of another year": () => rowTime(yearEarlier, at),
    "day line": () => dayName(monthEarlier, at),
    "day line of another year": () => dayName(yearEarlier, at),
    "whole date": () => wholeDate(at),
    "written at": () => writtenTime(written, at),
    "numbers compared": () => comparedWords(compared, at),
    "numbers compared in another year": () => comparedWords(compared, new Date(EVENING + 365 * DAY_MS)),
    "what the server knows": () => shown("created_at", at.toISOString()),
  };

  for (const [name, words] of Object.entries(formatters)) {
    test(`another text: ${name}`, () => {
      const before = words();
      setZone("Asia/Tokyo");
      mock.timers.tick(MINUTE_MS);
      assert.notEqual(words(), before);
    });
  }

  test("a message is another row, and may belong to another day", () => {
    const items = [-60, 60].map((minutes) => {
      const time = new Date(EVENING + minutes * MINUTE_MS);
      return { kind: "message", key: `${minutes}`, mine: false, at: time, text: "", state: null };
    });
    assert.notEqual(dayKey(items[0].at), dayKey(items[1].at));
    assert.deepEqual(rowsFor(items, null).map(({ kind, zone }) => zone ?? kind), ["day", "UTC", "day", "UTC"]);
    setZone("Asia/Tokyo");
    mock.timers.tick(MINUTE_MS);
    assert.deepEqual(rowsFor(items, null).map(({ kind, zone }) => zone ?? kind), ["day", "Asia/Tokyo", "Asia/Tokyo"]);
  });

  test("a format made before follows", () => {
    const hour = new LocalFormat({ hour: "2-digit", hour12: false });
    assert.equal(hour.format(at), "23");
    setZone("Asia/Tokyo");
    mock.timers.tick(MINUTE_MS);
    assert.equal(hour.format(at), "08");
  });
});
