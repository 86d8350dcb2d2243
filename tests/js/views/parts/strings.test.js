import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { strength } from "../../../../static/js/views/forms/credentials.js";
import { comparedWords, groupsOf } from "../../../../static/js/views/dialogs/comparison.js";
import { characterCount, dayName, writtenTime } from "../../../../static/js/views/thread/days.js";
import { badge, clock, plural, rowTime } from "../../../../static/js/views/parts/format.js";
import { ApiError } from "../../../../static/js/net/net-errors.js";
import { failureSentence, fieldSentences, sentence } from "../../../../static/js/views/parts/strings.js";

const NOW = new Date(2026, 2, 10, 9, 30);
const daysAgo = (days) => new Date(2026, 2, 10 - days, 23, 59);

describe("times", () => {
  test("a row of today shows the clock", () => {
    const morning = new Date(2026, 2, 10, 0, 1);
    assert.equal(rowTime(morning, NOW), clock(morning));
  });

  test("a row of yesterday says so, however late it was", () => assert.equal(rowTime(daysAgo(1), NOW), "Yesterday"));

  test("a row of the last days shows a weekday, an older one a date, one of another year the year", () => {
    assert.doesNotMatch(rowTime(daysAgo(6), NOW), /\d/);
    assert.match(rowTime(daysAgo(7), NOW), /3/);
    assert.doesNotMatch(rowTime(daysAgo(7), NOW), /2026/);
    assert.match(rowTime(daysAgo(100), NOW), /2025/);
  });

  test("a clock that runs behind shows no day to come", () => {
    const later = new Date(2026, 2, 11, 1);
    assert.equal(rowTime(later, NOW), clock(later));
  });

  test("day lines name today and yesterday, others by date", () => {
    assert.equal(dayName(NOW, NOW), "Today");
    assert.equal(dayName(daysAgo(1), NOW), "Yesterday");
    assert.match(dayName(daysAgo(100), NOW), /2025/);
  });
});

describe("when something was written", () => {
  test("the clock alone on the same day, the day as well on another", () => {
    const noon = new Date(2026, 2, 10, 12);
    assert.equal(writtenTime(new Date(2026, 2, 10, 9), noon), clock(new Date(2026, 2, 10, 9)));
    assert.match(writtenTime(daysAgo(1), noon), /2026/);
  });
});

describe("numbers that were compared", () => {
  const at = new Date(2026, 2, 3, 12).getTime();
  const state = (compared, forgotten = false) => ({ compared, atMs: at, forgotten });

  test("nobody has yet", () => {
    assert.equal(comparedWords(state("no"), NOW), "No one has compared numbers with {name} yet.");
  });

  test("on a day, with the year where it is another", () => {
    assert.match(comparedWords(state("yes"), NOW), /^You compared numbers on .*3.*\.$/);
    assert.doesNotMatch(comparedWords(state("yes"), NOW), /2026/);
    assert.match(comparedWords(state("yes"), new Date(2027, 0, 1)), /2026/);
  });

  test("without a match", () => {
    assert.match(comparedWords(state("differed"), NOW), /^You compared numbers on .*3.*, and they did not match\. Ask \{name\} in person\.$/);
  });

  test("lost by a change", () => {
    assert.equal(comparedWords(state("lost"), NOW), "You had compared numbers; {name}'s keys changed since.");
  });

  test("forgotten, until they are compared again", () => {
    assert.match(comparedWords(state("no", true), NOW), /^No one has compared numbers with \{name\} in this browser\.$/);
    assert.match(comparedWords(state("yes", true), NOW), /^You compared/);
  });

  test("60 digits are 12 groups of 5", () => {
    const digits = Array.from({ length: 60 }, (_, index) => index % 10).join("");
    const groups = groupsOf(digits);
    assert.equal(groups.length, 12);
    assert.ok(groups.every((group) => /^\d{5}$/.test(group)));
    assert.equal(groups.join(""), digits);
  });
});

describe("counts", () => {
  test("one and many", () => {
    assert.equal(plural(1, "unread message", "unread messages"), "1 unread message");
    assert.equal(plural(3, "unread message", "unread messages"), "3 unread messages");
  });

  test("a badge is empty for none and ends at 99", () => {
    assert.deepEqual([0, 1, 99, 100].map(badge), ["", "1", "99", "99+"]);
  });

  test("characters are code points", () => assert.equal(characterCount("a😀é"), 3));
});

describe("sentences", () => {
  const foreign = ["new_one", "constructor", "__proto__", "toString", ""];
  for (const code of foreign) {
    test(`an unknown code (${code}) gets a plain sentence, never one of the server's`, () => {
      const error = new ApiError(400, { code, detail: "Pay here", fields: { email: [{ code, detail: "Pay here" }] } });
      assert.equal(sentence(error), "Something went wrong. Try again.");
      assert.deepEqual(fieldSentences(error), [["email", "This can't be used. Change it and try again."]]);
      assert.match(failureSentence(code), /refused this message/);
      assert.ok(!JSON.stringify(error).includes("Pay here"));
    });
  }

  test("each reason why this browser can keep nothing has a sentence of its own", () => {
    const codes = ["blocked", "full", "held", "newer", "closed", "failed"];
    const said = new Set(codes.map((code) => sentence({ code: `device_${code}` })));
    assert.equal(said.size, codes.length);
    assert.ok(!said.has(sentence({})));
  });

  test("that a key is taken is the server's word, and nobody is told to forget anything for it", () => {
    assert.match(sentence({ code: "key_taken" }), /^The server says .* Nothing was deleted here\. Ask/);
  });

  test("a limit says how long to wait", () => {
    assert.match(sentence({ code: "rate_limited", retryAfterSeconds: 1 }), /Wait 1 second,/);
    assert.match(sentence({ code: "rate_limited", retryAfterSeconds: 150 }), /Wait 3 minutes,/);
    assert.match(sentence({ code: "rate_limited" }), /Wait 60 seconds,/);
  });

  test("field errors stand at their fields, in our words where there are any", () => {
    const fields = { password: [{ code: "password_too_short", detail: "Too short." }], email: [] };
    assert.deepEqual(fieldSentences({ code: "invalid", fields }), [["password", "Use at least 8 characters."]]);
    const address = { email: [{ code: "invalid" }] };
    assert.deepEqual(fieldSentences({ code: "invalid", fields: address }), [["email", "This is not an email address."]]);
    const wrong = { current_password: [{ code: "wrong_password", detail: "x" }] };
    assert.deepEqual(fieldSentences({ fields: wrong }), [["current_password", "That is not your current password."]]);
  });

  test("a refusal that is about the address stands at the address", () => {
    const [[field, words]] = fieldSentences({ code: "user_not_found" });
    assert.equal(field, "email");
    assert.equal(words, "We couldn't find anyone with that address on this server.");
  });

  test("each failure has words, also one from a newer server", () => {
    assert.match(failureSentence("no_key"), /hadn't opened/);
    assert.match(failureSentence("storage_full"), /no room left/);
    assert.match(failureSentence("something_new"), /refused this message/);
  });
});

describe("strength of a password", () => {
  test("rises with length and variety", () => {
    const levels = ["", "short", "aaaaaaaaaaaaaaaa", "12ab56cd", "12ab56cdefgh", "correct horse battery"].map(strength);
    assert.deepEqual(levels, [0, 1, 1, 2, 3, 4]);
  });
});
