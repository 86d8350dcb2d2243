import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { portrait } from "../../../static/js/lib/portrait.js";
import { firstGrapheme, isVisible, shortened } from "../../../static/js/lib/text.js";

describe("a text with nothing to see", () => {
  for (const code of [0x20, 0xa0, 0xad, 0x34f, 0x115f, 0x1160, 0x180e, 0x200b, 0x200d, 0x202e, 0x2060, 0x2800, 0x3000, 0x3164,
    0xfe0f, 0xfeff, 0xffa0, 0x1d159, 0x1d173, 0xe0020]) {
    test(`is one of U+${code.toString(16)} alone`, () => {
      assert.ok(!isVisible(String.fromCodePoint(code).repeat(3)));
      assert.ok(isVisible(`${String.fromCodePoint(code)}a`));
    });
  }
  for (const text of [".", "a", "字", "👍🏽", "🇩🇪", "1️⃣", "\u2603", "\u0e01\u0e33"]) {
    test(`is not ${text}`, () => assert.ok(isVisible(text)));
  }
});

describe("initials", () => {
  const initials = (name) => portrait(name, "zoe@example.org").initials;
  for (const [name, expected] of [
    ["Bob Miller", "BM"],
    ["bob@example.org", "B"],
    ["🇩🇪 Bob", "🇩🇪B"],
    ["👨‍👩‍👧 Family", "👨‍👩‍👧F"],
    ["🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"],
    ["e\u0301mile", "E\u0301"],
    ["...", "Z"],
    ["", "Z"],
    ["\u200b Bob", "B"],
    ["---", "Z"],
    ["Bob (work)", "BW"],
    ["«Bob»", "B"],
    ["(👍)", "👍"],
    ["#️⃣ Bob", "#️⃣B"],
    ["?!", "?"],
    [`a${"\u0301".repeat(5000)}`, "A"],
  ]) {
    test(`of ${name.slice(0, 20)} are ${expected}`, () => assert.equal(initials(name), expected));
  }
});

test("a text is shortened between two characters", () => {
  assert.equal(shortened("👍🏽👍🏽", 3), "");
  assert.equal(shortened("👍🏽👍🏽", 4), "👍🏽");
  assert.equal(shortened("👍🏽👍🏽", 7), "👍🏽");
  assert.equal(shortened("abc", 2), "ab");
  assert.equal(shortened("abc", 3), "abc");
  assert.equal(shortened("abc", 5), "abc");
  assert.equal(firstGrapheme(""), "");
});
