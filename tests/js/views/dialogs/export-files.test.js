import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { htmlPieces, jsonPieces } from "../../../../static/js/views/dialogs/export-files.js";

const NOW = new Date("2026-11-29T12:00:00Z");
const AT = "2026-11-28T10:00:00.000Z";
const ACCOUNT = {
  kind: "account",
  email: "alice@example.org",
  displayName: "Alice",
  createdAt: AT,
  messages: 3,
  people: [{ email: "bob@example.org", displayName: "Bob", isContact: true, comparedAt: AT }],
};
const CHAT = { kind: "chat", email: "bob@example.org", displayName: "Bob", draft: "half a sen" };
const message = (text, more = {}) => ({ at: AT, from: "bob@example.org", mine: false, state: null, type: "text", text, ...more });
const messages = (...texts) => ({ kind: "messages", read: texts.length, messages: texts.map((text) => message(text)) });

async function written(pieces, ...parts) {
  let text = "";
  async function* given() {
    yield* parts;
  }
  for await (const piece of pieces(given(), NOW)) {
    text += piece;
  }
  return text;
}

describe("the JSON file", () => {
  test("holds account, people, chats, drafts and messages in their order, over all batches", async () => {
    const other = { ...CHAT, email: "carol@example.org", displayName: "", draft: "" };
    const text = await written(jsonPieces, ACCOUNT, CHAT, messages("1", "2"), messages(), messages("3"), other, messages());
    const file = JSON.parse(text);
    assert.deepEqual(file.account, { email: "alice@example.org", displayName: "Alice", createdAt: AT });
    assert.deepEqual(file.people, ACCOUNT.people);
    assert.equal(file.madeAt, NOW.toISOString());
    assert.deepEqual(file.chats.map(({ email }) => email), ["bob@example.org", "carol@example.org"]);
    assert.deepEqual(file.chats[0].messages.map((one) => one.text), ["1", "2", "3"]);
    assert.equal(file.chats[0].draft, "half a sen");
    assert.deepEqual(file.chats[1].messages, []);
    assert.match(file.about, /does not hold your keys/);
  });

  test("of an account without chats is whole", async () => {
    assert.deepEqual(JSON.parse(await written(jsonPieces, ACCOUNT)).chats, []);
  });
});

describe("the page", () => {
  test("shows who wrote what, in the order of the messages", async () => {
    const own = { kind: "messages", read: 1, messages: [message("mine", { from: "alice@example.org", mine: true, state: "read" })] };
    const page = await written(htmlPieces, ACCOUNT, CHAT, messages("first"), own);
    assert.ok(page.indexOf("first") < page.indexOf(">mine<"));
    assert.match(page, /<bdi>Alice<\/bdi> · <time [^>]*>[^<]*<\/time> · Read<\/small><p dir="auto">mine<\/p>/);
    assert.match(page, /Chat with <bdi>Bob<\/bdi> \(<bdi>bob@example\.org<\/bdi>\)/);
    assert.match(page, /Draft, not sent: <bdi>half a sen<\/bdi>/);
  });

  test("has no script, loads nothing, and says so to the browser", async () => {
    const page = await written(htmlPieces, ACCOUNT, CHAT, messages("hello"));
    assert.match(page, /^<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy"/);
    assert.match(page, /content="default-src 'none'; style-src 'unsafe-inline'"/);
    assert.doesNotMatch(page, /<script|src=|href=|url\(|@import|https?:/i);
  });

  const HOSTILE = `<script>alert(1)</script><img src=x onerror=alert(1)>"'&amp;</p></article></section>`;
  for (const [place, parts] of Object.entries({
    "a message": [ACCOUNT, CHAT, messages(HOSTILE)],
    "the body of a newer type": [ACCOUNT, CHAT, { kind: "messages", read: 1, messages: [message(null, { type: "x", body: HOSTILE })] }],
    "a draft": [ACCOUNT, { ...CHAT, draft: HOSTILE }],
    "a name": [ACCOUNT, { ...CHAT, displayName: HOSTILE }],
    "an address": [ACCOUNT, { ...CHAT, email: HOSTILE }],
    "one's own name": [{ ...ACCOUNT, displayName: HOSTILE }],
    "a person's name": [{ ...ACCOUNT, people: [{ ...ACCOUNT.people[0], displayName: HOSTILE }] }],
    "a nickname": [{ ...ACCOUNT, people: [{ ...ACCOUNT.people[0], nickname: HOSTILE }] }],
    "the name of a sender": [{ ...ACCOUNT, people: [{ ...ACCOUNT.people[0], displayName: HOSTILE }] }, CHAT, messages("hi")],
  })) {
    test(`writes ${place} as text only`, async () => {
      const page = await written(htmlPieces, ...parts);
      assert.doesNotMatch(page, /<script|<img/);
      assert.match(page, /&lt;script&gt;alert\(1\)&lt;\/script&gt;&lt;img src=x onerror=alert\(1\)&gt;&quot;&#39;&amp;amp;/);
    });
  }

  test("of one chat says that it is of one", async () => {
    const page = await written(htmlPieces, { ...ACCOUNT, isOneChat: true }, CHAT, messages("hi"));
    assert.doesNotMatch(page, /Everything that is mine/);
    assert.match(page, /of one chat/);
    assert.match(JSON.parse(await written(jsonPieces, { ...ACCOUNT, isOneChat: true }, CHAT, messages("hi"))).about, /of one chat/);
  });

  test("replaces control characters, and keeps lines", async () => {
    const page = await written(htmlPieces, ACCOUNT, CHAT, messages("a\0b\x1bc\nd\te"));
    assert.match(page, /a\ufffdb\ufffdc\nd\te/);
  });

  test("says of a message that could not be opened that it is there", async () => {
    const closed = { kind: "messages", read: 1, messages: [message(null, { type: null })] };
    assert.match(await written(htmlPieces, ACCOUNT, CHAT, closed), /This browser could not open this message\./);
  });
});
