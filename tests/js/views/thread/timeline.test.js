import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GROUP_MS, rowsFor } from "../../../../static/js/views/thread/timeline.js";
import { ShownMessages, UnreadMarks } from "../../../../static/js/views/thread/reading-position.js";

const NOON = new Date(2026, 2, 3, 12).getTime();

function item(key, { mine = false, afterMs = 0 } = {}) {
  return { kind: "message", key, mine, at: new Date(NOON + afterMs), text: key, state: mine ? "sent" : null };
}

const kinds = (rows) => rows.map(({ kind }) => kind);
const grouped = (items, unread = null) =>
  rowsFor(items, unread)
    .filter(({ kind }) => kind === "message")
    .map((row) => row.grouped);

describe("rows of a chat", () => {
  test("an empty chat has none", () => assert.deepEqual(rowsFor([], null), []));

  test("a day line stands before the first message of each day", () => {
    const rows = rowsFor([item("a"), item("b"), item("c", { afterMs: 24 * 3_600_000 })], null);
    assert.deepEqual(kinds(rows), ["day", "message", "message", "day", "message"]);
  });

  test("one person's messages are grouped until five minutes lie between two", () => {
    assert.deepEqual(grouped([item("a"), item("b", { afterMs: GROUP_MS - 1 })]), [false, true]);
    assert.deepEqual(grouped([item("a"), item("b", { afterMs: GROUP_MS })]), [false, false]);
  });

  test("the other person's message ends a group", () => {
    assert.deepEqual(grouped([item("a"), item("b", { mine: true }), item("c")]), [false, false, false]);
  });

  test("the unread line stands before the first unread message and ends a group", () => {
    const unread = { key: "b", count: 2 };
    const items = [item("a"), item("b"), item("c")];
    assert.deepEqual(kinds(rowsFor(items, unread)), ["day", "message", "unread", "message", "message"]);
    assert.deepEqual(grouped(items, unread), [false, false, true]);
  });

  test("only the newest of one's own is marked as such", () => {
    const rows = rowsFor([item("a", { mine: true }), item("b", { mine: true }), item("c")], null);
    const newest = rows.filter((row) => row.newestMine).map(({ key }) => key);
    assert.deepEqual(newest, ["b"]);
  });

  test("no two rows have the same key, even where times go back", () => {
    const rows = rowsFor([item("a"), item("b", { afterMs: 90_000_000 }), item("c")], null);
    assert.equal(new Set(rows.map(({ key }) => key)).size, rows.length);
  });
});

describe("lines between messages", () => {
  const gap = { kind: "gap", key: "gap-1", count: 2 };
  const change = (afterMs) => ({ kind: "keys-changed", key: "k", at: new Date(NOON + afterMs), wasChecked: true });

  test("stand where they belong, as they came", () => {
    const rows = rowsFor([item("a"), gap, item("b"), change(1), item("c")], null);
    assert.deepEqual(kinds(rows), ["day", "message", "gap", "message", "keys-changed", "message"]);
    assert.equal(rows[2], gap);
  });

  test("end a group", () => assert.deepEqual(grouped([item("a"), gap, item("b")]), [false, false]));

  test("a gap has no day of its own, a change of keys has one", () => {
    assert.deepEqual(kinds(rowsFor([gap, item("a")], null)), ["gap", "day", "message"]);
    const rows = rowsFor([item("a"), change(24 * 3_600_000)], null);
    assert.deepEqual(kinds(rows), ["day", "message", "day", "keys-changed"]);
  });

  test("are nobody's message", () => {
    const marks = new UnreadMarks(null);
    marks.take([item("a"), gap], true);
    marks.sawAll([item("a"), gap]);
    marks.take([item("a"), gap, change(1)], false);
    assert.equal(marks.line, null);
    assert.equal(marks.below([item("a"), gap, change(1), item("b")]), 1);
  });

  test("what fills a gap is news though the line before it is gone", () => {
    const marks = new UnreadMarks(null);
    marks.take([item("a"), gap], true);
    marks.take([item("a"), item("b")], false);
    assert.deepEqual(marks.line, { key: "b", count: 1 });
  });
});

describe("unread", () => {
  test("a message that comes while nobody looks gets the line, later ones are counted", () => {
    const marks = new UnreadMarks(null);
    marks.take([item("a")], true);
    marks.take([item("a"), item("b")], false);
    marks.take([item("a"), item("b"), item("c"), item("d", { mine: true })], false);
    assert.deepEqual(marks.line, { key: "b", count: 2 });
  });

  test("a message that comes while the person looks gets none", () => {
    const marks = new UnreadMarks(null);
    marks.take([item("a")], true);
    marks.take([item("a"), item("b")], true);
    assert.equal(marks.line, null);
  });

  test("older messages that are loaded above are not new", () => {
    const marks = new UnreadMarks(null);
    marks.take([item("b")], false);
    marks.take([item("a"), item("b")], false);
    assert.equal(marks.line, null);
  });

  test("counts the other person's messages below what was seen", () => {
    const marks = new UnreadMarks(null);
    marks.sawAll([item("a")]);
    assert.equal(marks.below([item("a"), item("b"), item("c", { mine: true }), item("d")]), 2);
    marks.sawAll([item("a"), item("b")]);
    assert.equal(marks.below([item("a"), item("b")]), 0);
  });
});

describe("what was on the screen", () => {
  const items = ["a", "b", "c", "d"].map((key, index) => ({ ...item(key), id: index + 1, opening: false, late: false }));

  test("is told once, and not before it is open", () => {
    const seen = new ShownMessages();
    const opening = [items[0], { ...items[1], opening: true }, ...items.slice(2)];
    assert.deepEqual(seen.take(opening, new Set(["a", "b"]), false), { shown: [1], passed: [], atEnd: false });
    assert.deepEqual(seen.take(items, new Set(["a", "b"]), false), { shown: [2], passed: [], atEnd: false });
  });

  test("at the end, what lies below the first that was shown is passed, and shown when one goes back to it", () => {
    const seen = new ShownMessages();
    seen.take(items, new Set(["b"]), false);
    assert.deepEqual(seen.take(items, new Set(["d"]), true), { shown: [4], passed: [3], atEnd: true });
    assert.deepEqual(seen.take(items, new Set(["c"]), false).shown, [3]);
    assert.deepEqual(seen.take(items, new Set(["a"]), false).shown, [1]);
  });

  test("what came late is not passed", () => {
    const late = items.map((one) => ({ ...one, late: one.key === "c" }));
    const seen = new ShownMessages();
    seen.take(late, new Set(["a"]), false);
    assert.deepEqual(seen.take(late, new Set(["d"]), true).passed, [2]);
  });
});

describe("messages for another browser", () => {
  const closed = (key, options) => ({ ...item(key, options), unopened: { reason: "", advice: "", where: "other_browser" } });

  test("stand in one row, over all days", () => {
    const rows = rowsFor([closed("a"), closed("b", { mine: true }), closed("c", { afterMs: 24 * 3_600_000 }), item("d")], null);
    assert.deepEqual(kinds(rows), ["day", "elsewhere", "message"]);
    assert.deepEqual(rows[1].items.map(({ key }) => key), ["a", "b", "c"]);
  });

  test("are divided by one that opens, and by the unread line", () => {
    const items = [closed("a"), closed("b"), item("c"), closed("d"), closed("e"), closed("f")];
    const rows = rowsFor(items, { key: "e", count: 2 });
    assert.deepEqual(kinds(rows), ["day", "elsewhere", "message", "message", "unread", "elsewhere"]);
  });

  test("are bubbles like others where they stand alone, or are not known to be for another browser", () => {
    const garbage = { ...item("b"), unopened: { reason: "", advice: "" } };
    assert.deepEqual(kinds(rowsFor([closed("a"), garbage, garbage, closed("c")], null)), ["day", "message", "message", "message", "message"]);
  });
});
