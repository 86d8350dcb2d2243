import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { lookalikeKeys, skeleton } from "../../../static/js/lib/skeleton.js";
import { FILE, source, table } from "./confusables.js";

describe("the table of characters that look alike", () => {
  test("is the one that its generator writes", () => assert.equal(readFileSync(FILE, "utf8"), source()));

  test("holds each pair of the package's", () => {
    const isMapped = (/** @type {string} */ one) => one.normalize("NFD") === one && !/\p{Default_Ignorable_Code_Point}/u.test(one);
    for (const [character, looksLike] of Object.entries(table()).filter(([one]) => isMapped(one))) {
      assert.equal(skeleton(character), looksLike.normalize("NFD"), character);
    }
  });
});

function areAlike(left, right) {
  return lookalikeKeys(left).some((key) => lookalikeKeys(right).includes(key));
}

describe("names look alike", () => {
  for (const [why, left, right] of [
    ["one Cyrillic letter", "Bоb", "Bob"],
    ["all letters Cyrillic", "Аlісе", "Alice"],
    ["a zero width space", "Bo\u200bb", "Bob"],
    ["a mark of direction", "\u200fBob", "Bob"],
    ["a filler", "Bob\u3164", "Bob"],
    ["capitals", "BOB", "bob"],
    ["an accent", "Bób", "Bob"],
    ["a stroke", "Bøb", "Bob"],
    ["mathematical letters", "𝐁𝗼𝓫", "Bob"],
    ["full-width letters", "Ｂｏｂ", "Bob"],
    ["I for l", "AIice", "Alice"],
    ["1 for l", "A1ice", "Alice"],
    ["0 for O", "0lga", "Olga"],
    ["rn for m", "Tornas", "Tomas"],
    ["another space", "Bob\u00a0Smith", "Bob Smith"],
    ["two spaces", " Bob  Smith", "Bob Smith"],
  ]) {
    test(`by ${why}`, () => assert.ok(areAlike(left, right), JSON.stringify([lookalikeKeys(left), lookalikeKeys(right)])));
  }

  for (const [left, right] of [["Bob", "Rob"], ["Bob", "Bobby"], ["Anna", "Hanna"], ["राम", "रम"], ["李", "木"]]) {
    test(`not: ${left} and ${right}`, () => assert.ok(!areAlike(left, right)));
  }
});

