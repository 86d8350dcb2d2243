/** The data that the server stores about the account: shown unchanged, refused if it is malformed or endless. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OwnData } from "../../../../static/js/model/session/own-data.js";
import { label, shown } from "../../../../static/js/views/dialogs/own-data-dialog.js";

const PAGE = 200;
const words = [{ place: "The log", kept: "lines", reason: "to see failures" }];

/** @param {any} more */
const kind = (more = {}) => ({ name: "messages", title: "Messages", reason: "So.", count: 3, results: [{ id: 3 }], next: null, ...more });

/** @param {any[]} answers one after the other; the last one is repeated */
function serverOf(...answers) {
  const asked = [];
  const ownData = async (...call) => {
    asked.push(call);
    return answers[Math.min(asked.length, answers.length) - 1];
  };
  return /** @type {any} */ ({ asked, ownData });
}

const answer = (...kinds) => ({ kinds, elsewhere: words });

describe("own data", () => {
  test("it works", async () => {
    const api = serverOf(answer(kind({ next: "http://h/api/auth/me/data?before=3" })), answer(kind({ results: [{ id: 2 }, { id: 1 }], count: null })));
    const data = new OwnData(api);
    await data.begin();
    const [messages] = data.kinds;
    await data.more(messages);
    assert.deepEqual(messages.rows, [{ id: 3 }, { id: 2 }, { id: 1 }]);
    assert.equal(messages.next, null);
    assert.deepEqual(data.elsewhere, words);
    assert.deepEqual(api.asked.map(([page]) => page), [null, "http://h/api/auth/me/data?before=3"]);
  });

  test("the download fetches all pages, of the largest size", async () => {
    const rows = [];
    const api = serverOf(answer(kind({ next: "?1" }), kind({ name: "contacts" })), answer(kind({ results: [{ id: 2 }] })));
    const whole = await OwnData.everything(api, (count) => rows.push(count));
    assert.deepEqual(whole.kinds.map(({ name, rows: all }) => [name, all.length]), [["messages", 2], ["contacts", 1]]);
    assert.deepEqual(rows, [3]);
    assert.equal(api.asked[0][1], PAGE);
  });

  test("a download that has no end is refused", async () => {
    let number = 0;
    const api = { ownData: async () => answer(kind({ results: Array(PAGE).fill({ id: 1 }), next: `?${(number += 1)}` })) };
    await assert.rejects(OwnData.everything(/** @type {any} */ (api), () => {}), { name: "BadAnswer" });
    assert.ok(number < 5);
  });

  for (const [what, page] of /** @type {[string, any][]} */ ([
    ["another kind", kind({ name: "contacts" })],
    ["nothing", kind({ results: [] })],
    ["the same page", kind({ next: "?1" })],
  ])) {
    test(`a next page that is ${what} is refused`, async () => {
      const data = new OwnData(serverOf(answer(kind({ next: "?1" })), answer(page)));
      await data.begin();
      await assert.rejects(data.more(data.kinds[0]), { name: "BadAnswer" });
    });
  }

  for (const [what, value] of /** @type {[string, any][]} */ ([
    ["no object", []],
    ["a nested row", answer(kind({ results: [{ id: { toString: "x" } }] }))],
    ["a row that is none", answer(kind({ results: ["x"] }))],
    ["too many rows", answer(kind({ results: Array(PAGE + 1).fill({ id: 1 }) }))],
    ["too many kinds", answer(...Array(51).fill(kind()))],
    ["a title that is no text", answer(kind({ title: 5 }))],
    ["words that are none", { kinds: [], elsewhere: [{ place: 1 }] }],
  ])) {
    test(`${what} is refused`, () => assert.rejects(new OwnData(serverOf(value)).begin(), { name: "BadAnswer" }));
  }
});

test("columns and values are shown in words", () => {
  assert.equal(label("created_at"), "Created at");
  assert.deepEqual(
    [shown("x", null), shown("x", ""), shown("x", true), shown("x", false), shown("id", 1234567), shown("x", "plain")],
    ["–", "–", "yes", "no", "1234567", "plain"],
  );
  assert.equal(shown("fingerprint", "0123456789abcdef".repeat(4)), "0123456789ab…");
  assert.equal(shown("email", `${"a".repeat(60)}@example.org`), `${"a".repeat(60)}@example.org`);
  assert.match(shown("created_at", "2026-11-23T06:11:17Z"), /2026/);
  assert.equal(shown("created_at", "no time"), "no time");
});
