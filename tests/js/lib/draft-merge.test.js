import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { joined, without } from "../../../static/js/lib/draft-merge.js";

describe("two drafts of one chat", () => {
  const cases = [
    ["mine", "theirs", "", "mine\ntheirs"],
    ["base and on", "base", "base", "base and on"],
    ["base", "base and on", "base", "base and on"],
    ["", "theirs", "", "theirs"],
    ["mine", "", "", "mine"],
    ["o", "of one", "", "o\nof one"],
    ["mine\ntheirs", "theirs", "", "mine\ntheirs"],
    ["mine", "mine\ntheirs", "", "mine\ntheirs"],
  ];
  for (const [mine, theirs, base, both] of cases) {
    test(`${JSON.stringify([mine, theirs, base])} become ${JSON.stringify(both)}`, () => {
      assert.equal(joined(mine, theirs, base), both);
    });
  }
});

describe("a draft without what was sent", () => {
  const cases = [
    ["sent", "sent", ""],
    ["\nsent  ", "sent", ""],
    ["sent \nrest", "sent", "rest"],
    ["rest\nsent", "sent", "rest"],
    ["sent and on", "sent", "sent and on"],
    ["unsent", "sent", "unsent"],
    ["", "sent", ""],
  ];
  for (const [draft, text, rest] of cases) {
    test(`${JSON.stringify([draft, text])} is ${JSON.stringify(rest)}`, () => assert.equal(without(draft, text), rest));
  }
});
