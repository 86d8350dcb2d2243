import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatted, unmarked } from "../../../../static/js/views/thread/formatting.js";

/** As tags, without the marks. */
function shown(parts) {
  return parts.map((part) => {
    if (part.kind === "mark") return "";
    if (part.kind === "text") return part.text;
    const name = { bold: "b", italic: "i", code: "c", block: "block", link: "a" }[part.kind];
    return `<${name}>${part.parts ? shown(part.parts) : part.text}</${name}>`;
  }).join("");
}

/** What can be copied. */
function written(parts) {
  return parts.map((part) => (part.parts ? written(part.parts) : (part.written ?? part.text))).join("");
}

const kindsIn = (parts) => parts.flatMap((part) => [part.kind, ...(part.parts ? kindsIn(part.parts) : [])]);

describe("a text", () => {
  for (const [typed, expected] of Object.entries({
    "plain": "plain",
    "": "",
    "*bold*": "<b>bold</b>",
    "_italic_": "<i>italic</i>",
    "`code`": "<c>code</c>",
    "a *bold* word": "a <b>bold</b> word",
    "(*bold*), _italic_!": "(<b>bold</b>), <i>italic</i>!",
    "*two words*": "<b>two words</b>",
    "*_both_*": "<b><i>both</i></b>",
    "_*both*_": "<i><b>both</b></i>",
    "*bold _and italic_*": "<b>bold <i>and italic</i></b>",
    "*a* *b*": "<b>a</b> <b>b</b>",
    "*crossing _marks* here_": "<b>crossing _marks</b> here_",
    "*bold `with code` in it*": "<b>bold <c>with code</c> in it</b>",
    "🙂*bold*🙂": "🙂<b>bold</b>🙂",
    "*שלום*": "<b>שלום</b>",
  })) {
    test(`is shown as meant: ${JSON.stringify(typed)}`, () => assert.equal(shown(formatted(typed)), expected));
  }

  for (const typed of [
    "*", "**", "***", "_", "__", "`", "``", "*open", "open*", "* not bold*", "*not bold *", "2*3*4", "5 * 3 * 2", "snake_case_name", "__proto__", "__init__.py",
    "**strong**", "a*b*", "*b*a", "*über*all", "*one\nline*", "* a list\n* of things", "- a list\n- of things", "1. one\n2. two", "_\n_", "``two``", "` `", "`one\nline`", "```", "``` ```", "```\n\n```",
    "*𝒳*𝒳", "\\*", "~not crossed out~", "e*́*",
  ]) {
    test(`stays as it was typed: ${JSON.stringify(typed)}`, () => {
      assert.deepEqual([...new Set(kindsIn(formatted(typed)))], ["text"]);
      assert.equal(shown(formatted(typed)), typed);
    });
  }

  for (const [typed, expected] of Object.entries({
    "`*not bold*`": "<c>*not bold*</c>",
    "*open `and* code`": "*open <c>and* code</c>",
    "```*not bold*```": "<c>*not bold*</c>",
    "```\none\n  *two*\n```": "<block>one\n  *two*</block>",
    "before\n```\ncode\n```\nafter": "before\n<block>code</block>\nafter",
    "```one\ntwo```": "<block>one\ntwo</block>",
    "*a ```\nb\n``` c*": "*a <block>b</block> c*",
    "```a``` and ```b```": "<c>a</c> and <c>b</c>",
    "https://a.example/_x_/*y*": "<a>https://a.example/_x_/*y</a>*",
    "_https://a.example/b_c_": "<i><a>https://a.example/b_c</a></i>",
    "*https://a.example*": "<b><a>https://a.example</a></b>",
    "`https://a.example`": "<c>https://a.example</c>",
    "*see https://a.example/*": "<b>see <a>https://a.example/</a></b>",
  })) {
    test(`is not looked at within code and addresses: ${JSON.stringify(typed)}`, () => assert.equal(shown(formatted(typed)), expected));
  }

  test("keeps a lookalike address as it was typed", () => {
    const [part] = formatted("https://аpple.example/_a_");
    assert.deepEqual([part.kind, part.asks, part.written], ["link", "аpple.example", "https://аpple.example/_a_"]);
  });

  test("is the one that was typed, and closes what it opens, whatever it holds", () => {
    const pieces = ["*", "_", "`", "```", " ", "\n", "a", "é", "1", "😀", "א", "(", ".", "https://a.example/", "www.b.example", "<b>", "\u202e", "\0", "\ud800", "́"];
    let seed = 7;
    const next = (limit) => (seed = (seed * 48_271) % 2_147_483_647) % limit;
    for (let run = 0; run < 20_000; run += 1) {
      const typed = Array.from({ length: next(24) }, () => pieces[next(pieces.length)]).join("");
      const parts = formatted(typed);
      assert.equal(written(parts), typed);
      assertSane(parts, new Set(), typed);
    }
  });

  test("of the longest length is looked at in linear time, and makes a bounded number of parts", () => {
    const count = (typed) => kindsIn(formatted(typed)).length;
    for (const piece of ["*a* ", "_a_ ", "`a` ", "*", "_", "`", "```", "``` ", "```a", "*a", "a*", "`\n", "*_", "*a _b "]) {
      const typed = piece.repeat(4000 / piece.length);
      assert.ok(count(typed) < 2000, piece);
      assert.equal(written(formatted(typed)), typed);
    }
  });
});

/** No emphasis within its own kind, none in code or addresses, none empty. */
function assertSane(parts, within, typed) {
  for (const part of parts) {
    if (!part.parts) {
      assert.notEqual(part.text, "", typed);
      continue;
    }
    assert.equal(within.has(part.kind), false, typed);
    assert.equal(part.parts.length > 2, true, typed);
    assert.equal(written(part.parts).includes("\n"), part.kind === "block", typed);
    assertSane(part.parts, new Set([...within, part.kind]), typed);
  }
}

test("a text on one line has no marks, and keeps everything else", () => {
  for (const [typed, expected] of Object.entries({
    "*ten* and _two_": "ten and two",
    "a `code` and\n```\nlines\n```\nend": "a code and\nlines\nend",
    "2 * 3 * 4": "2 * 3 * 4",
    "see https://example.org/a_b_c *now*": "see https://example.org/a_b_c now",
    "*_both_*": "both",
  })) assert.equal(unmarked(typed), expected);
});
