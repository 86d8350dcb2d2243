import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sentence, fieldSentences } from "../../../../static/js/views/parts/strings.js";
import { codeFile, isSameGroup } from "../../../../static/js/views/vault/code-words.js";
import {
  browserDates,
  keptWays,
  leftWords,
  wayDates,
  wayName,
  waysWords,
} from "../../../../static/js/views/vault/vault-words.js";

const NOW = new Date(2026, 2, 10, 14, 30);
const daysAgo = (days) => new Date(2026, 2, 10 - days, 9, 5);

describe("a group that is typed again", () => {
  test("small letters, spaces and hyphens do not matter, and O, I and L are the digits", () => {
    for (const typed of ["0H1D", "oh1d", " OHID ", "0h-ld"]) assert.equal(isSameGroup(typed, "0H1D"), true, typed);
  });

  test("another group, a part and nothing are refused", () => {
    for (const typed of ["0H1E", "0H1", "", "0H1D0"]) assert.equal(isSameGroup(typed, "0H1D"), false, typed);
  });
});

test("the downloaded file holds the code, the address, the server and how to use it", () => {
  const text = codeFile({ code: "AAAA-BBBB", email: "a@example.org", host: "chat.example.org", at: NOW });
  for (const part of ["AAAA-BBBB", "a@example.org", "chat.example.org", "2026", "Unlock your messages"]) assert.ok(text.includes(part), part);
});

describe("ways back in", () => {
  const way = (changes) => ({ id: "1", kind: "code", name: "", madeAt: daysAgo(3), usedAt: null, ...changes });

  test("a browser is in the other list", () => {
    assert.deepEqual(keptWays([way({}), way({ kind: "browser" }), way({ kind: "passkey" })]).map(({ kind }) => kind), ["code", "passkey"]);
  });

  test("a passkey has the name that it was given, else its kind", () => {
    assert.equal(wayName(way({ kind: "passkey", name: "Phone" })), "Passkey (Phone)");
    assert.equal(wayName(way({ kind: "passkey" })), "Passkey");
    assert.equal(wayName(way({ name: "anything" })), "Recovery code");
  });

  test("the dates say today, yesterday, or the day", () => {
    assert.match(wayDates(way({}), NOW), /^Made .*2026 · Not used yet$/);
    assert.match(wayDates(way({ madeAt: daysAgo(0), usedAt: daysAgo(1) }), NOW), /^Made today, .*5.* · Last used yesterday$/);
    assert.match(wayDates(way({ usedAt: daysAgo(500) }), NOW), /Last used .*2024$/);
  });

  test("a way that a lost browser knew of is to be made anew", () => {
    assert.match(wayDates(way({ needsRenewal: true }), NOW), /Make a new one/);
  });

  test("this browser has no time when it was last seen", () => {
    const browser = { id: "1", name: "", addedAt: daysAgo(1), lastSeenAt: daysAgo(0), isThis: true };
    assert.equal(browserDates(browser, NOW), "Added yesterday");
    assert.match(browserDates({ ...browser, isThis: false }, NOW), /^Added yesterday · Last seen today, /);
    assert.equal(browserDates({ ...browser, isThis: false, lastSeenAt: null }, NOW), "Added yesterday");
  });

  test("who has none is told what that means", () => {
    assert.match(waysWords(0, 1), /If this browser is lost, your messages are too/);
    assert.match(waysWords(0, 2), /only your browsers open your messages/);
    assert.match(waysWords(1, 1), /in a new browser/);
  });
});

test("the time that is left", () => {
  assert.equal(leftWords(120_000), "2:00 left");
  assert.equal(leftWords(59_100), "1:00 left");
  assert.equal(leftWords(5_000), "0:05 left");
  assert.equal(leftWords(-1), "0:00 left");
});

describe("what was refused", () => {
  test("each kind has a sentence of its own, which says that nothing was taken", () => {
    const vault = ["vault_older", "vault_forked", "vault_missing", "vault_foreign", "vault_damaged", "vault_unsigned", "list_outside_vault"];
    const streams = ["stream_older", "stream_forked", "stream_missing", "stream_unsigned", "stream_damaged"];
    const kinds = [...vault, ...streams];
    const said = kinds.map((code) => sentence({ code }));
    assert.equal(new Set(said).size, kinds.length);
    for (const words of said) assert.match(words, /did not take it, and nothing was changed here/);
  });

  test("a damaged code names the group, where it is known", () => {
    assert.match(sentence({ code: "code_damaged", group: 3 }), /Look at group 3\.$/);
    assert.doesNotMatch(sentence({ code: "code_damaged", group: null }), /group/);
  });

  test("a character that no code has names the group", () => {
    assert.match(sentence({ code: "code_malformed", group: 2 }), /^Group 2 /);
    assert.match(sentence({ code: "code_malformed", group: null }), /seven groups of four/);
  });

  test("what is wrong with a code is said at its field", () => {
    for (const code of ["code_malformed", "code_damaged", "code_unknown", "invitation_unknown"]) {
      assert.deepEqual(fieldSentences({ code }).map(([field]) => field), ["code"]);
    }
    assert.deepEqual(fieldSentences({ code: "wrong_password" }).map(([field]) => field), ["password"]);
  });
});
