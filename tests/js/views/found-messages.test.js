import assert from "node:assert/strict";
import { test } from "node:test";
import { around } from "../../../static/js/views/chats/found-messages.js";

test("the found word is shown as it was written, with what stands around it", () => {
  assert.deepEqual(around("Wir fahren nach Łódź, am Montag", "lodz"), ["Wir fahren nach ", "Łódź", ", am Montag"]);
  assert.deepEqual(around("die Straße", "strasse"), ["die ", "Straße", ""]);
  assert.deepEqual(around("今夜は東京で", "東京"), ["今夜は", "東京", "で"]);
});

test("a long text is cut on both sides, and never within a character", () => {
  const [before, word, rest] = around(`${"😀".repeat(50)}here${"😀".repeat(300)}`, "here");
  assert.equal(before, `…${"😀".repeat(24)}`);
  assert.equal(word, "here");
  assert.match(rest, /^😀+…$/u);
});

test("where a word is not found as one piece, the text is shown from its beginning", () => {
  assert.deepEqual(around("no such word", "zebra"), ["", "", "no such word"]);
});
