/** The form of the archive's segments, and how messages are divided among them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sealSegment } from "../../../../static/js/crypto/stream.js";
import {
  archivedMessage, contentOf, fitting, JSON_LIMIT, MESSAGES_LIMIT, nameOf, readContent, rowOf,
} from "../../../../static/js/model/vault/archive-content.js";
import { clearedIn } from "../../../../static/js/model/vault/archive-import.js";
import { filled } from "../../../../static/js/model/vault/archive-writer.js";
import { stretchesOf } from "../../../../static/js/model/vault/archive.js";
import { readVectors } from "../../crypto/vectors.js";

const vectors = readVectors("archive.json");
const CODES = { unknown_version: "archive_newer", stream: "archive_damaged" };

const BROWSER = "ab".repeat(16);
const row = (counter, changes = {}) => ({
  id: 100 + counter, clientId: "00000000-0000-4000-8000-000000000000", chat: "bob@example.org", peer: "bob@example.org", mine: false,
  createdAtMs: 1_700_000_000_000, deliveredAtMs: 1, readAtMs: 0, seen: true, nonce: "bm9uY2U=", ...changes,
});
const content = (counter, changes = {}) => ({
  type: "text", body: `message ${counter}`, browser: BROWSER, counter, previous: "1".repeat(64),
  received: [{ browser: BROWSER, counter: 1, hash: "2".repeat(64) }], sent_at: 1_700_000_000_000, hash: counter.toString(16).padStart(64, "0"), ...changes,
});
const message = (counter, changes = {}, rowChanges = {}) => archivedMessage(row(counter, rowChanges), content(counter, changes));
const messages = (count, first = 1) => Array.from({ length: count }, (_, index) => message(first + index));

describe("a message in the archive", () => {
  test("keeps what its row says and its whole content, also members that this version does not know", () => {
    const marked = { late: true, conflict: true, namesUnsent: true, takenBack: true, passed: true };
    const archived = JSON.parse(JSON.stringify(message(7, { reply_to: "x" }, { ...marked, arrivedAtMs: 5, isLive: true })));
    const { chat: _, ...expected } = row(7, marked);
    assert.deepEqual(rowOf(archived), { ...expected, browser: BROWSER, counter: 7 });
    assert.deepEqual(archived.content, content(7, { reply_to: "x" }));
    assert.deepEqual(readContent(contentOf([archived])), [archived]);
  });

  test("that was sent from the browser that archived it has no nonce", () => {
    const sent = archivedMessage(row(1, { mine: true, nonce: undefined }), content(1));
    assert.equal(sent.nonce, null);
    assert.equal("nonce" in rowOf(sent), false);
  });

  test("has one name in all segments, and another for each chat, direction, browser, counter and hash", () => {
    const others = [
      message(1, {}, { peer: "carol@example.org" }), message(1, {}, { mine: true }), message(2), message(1, { hash: "f".repeat(64) }),
      message(1, { browser: "cd".repeat(16) }),
    ];
    assert.equal(nameOf(message(1)), nameOf(message(1, {}, { id: 9, nonce: "other", clientId: null })));
    assert.equal(new Set([message(1), ...others].map(nameOf)).size, 6);
  });
});

describe("a segment's content", () => {
  for (const { name, content: one } of vectors.contents) {
    test(`is read (${name})`, () => assert.deepEqual(readContent(one), one.messages));
  }

  for (const { name, reason, content: one } of vectors.refused_contents) {
    test(`is refused (${name})`, () => assert.throws(() => readContent(one), { code: CODES[reason] }));
  }

  for (const { name, segments, count } of vectors.merges) {
    test(`names each message so that it is found again (${name})`, () => assert.equal(new Set(segments.flat().map(nameOf)).size, count));
  }

  for (const { name, segment, cleared: { peer, through, named }, left } of vectors.clearings) {
    test(`loses what was cleared (${name})`, async () => {
      const hashes = new Map(named.map(([browser, counter, hash]) => [browser, new Map([[counter, hash]])]));
      const database = { read: async () => [{ id: peer, clearedThrough: through }] };
      const clearedMessages = { all: async (chat) => (chat === peer ? hashes : new Map()) };
      const isGone = await clearedIn(/** @type {any} */ ({ database, clearedMessages }), segment);
      assert.deepEqual(segment.filter((one) => !isGone(one)).map(({ id }) => id), left);
    });
  }

  test("with a message twice has it once", () => {
    assert.deepEqual(readContent(contentOf([...messages(3), message(2)])).map(({ content: { counter } }) => counter), [1, 2, 3]);
  });
});

describe("a segment takes", () => {
  test("500 messages at most", () => {
    const many = messages(MESSAGES_LIMIT + 1).map((one) => ({ ...one, content: { ...one.content, received: [] } }));
    assert.equal(fitting([], many).length <= MESSAGES_LIMIT, true);
    assert.equal(fitting(many.slice(0, MESSAGES_LIMIT), many.slice(MESSAGES_LIMIT)).length, 0);
  });

  test("no more than can be sealed, even where nothing of it can be compressed", async () => {
    const noise = () => Buffer.from(crypto.getRandomValues(new Uint8Array(3000))).toString("base64");
    const many = Array.from({ length: 200 }, (_, index) => message(index + 1, { body: noise() }));
    const taken = fitting([], many);
    assert.ok(taken.length > 50 && taken.length < 200);
    assert.ok(JSON.stringify(contentOf(taken)).length <= JSON_LIMIT);
    const place = { email: "alice@example.org", accountId: "1", browser: BROWSER, kind: /** @type {const} */ ("archive"), number: 1 };
    await sealSegment({ ...place, vaultKey: new Uint8Array(32), generation: 1, month: "2026-11", content: contentOf(taken) });
    assert.deepEqual(fitting(taken, many.slice(taken.length)), []);
  });

  test("the largest message that there can be", () => {
    assert.equal(fitting([], [message(1, { body: "\u0001".repeat(11_000) })]).length, 1);
  });
});

describe("the last segment", () => {
  test("goes on where it has room, and what it has already counts as written", () => {
    const { all, taken, isFull } = filled(messages(3), messages(4, 2));
    assert.deepEqual(all.map(({ content: { counter } }) => counter), [1, 2, 3, 4, 5]);
    assert.deepEqual(taken.map(({ content: { counter } }) => counter), [2, 3, 4, 5]);
    assert.equal(isFull, false);
  });

  test("stays as it is where it has all", () => {
    assert.deepEqual(filled(messages(3), messages(2)), { all: [], taken: messages(2), isFull: false });
  });

  test("is full where it cannot be read", () => {
    assert.deepEqual(filled(null, messages(2)), { all: [], taken: [], isFull: true });
  });

  test("is full where not all fit", () => {
    const first = fitting([], messages(600));
    assert.deepEqual(filled(first, messages(2, 900)), { all: [], taken: [], isFull: true });
  });
});

describe("a fresh browser reads", () => {
  const stream = (browser, count, kind = "archive") => ({ browser, kind, hashes: Array.from({ length: count }, (_, index) => `${browser} ${index + 1}`) });
  const nothing = () => undefined;

  test("the newest segments first, of all browsers in turn, and no other stream", () => {
    assert.deepEqual(stretchesOf([stream("a", 11), stream("b", 1), stream("b", 1, "states")], nothing), [
      { browser: "a", from: 11, to: 11 }, { browser: "b", from: 1, to: 1 }, { browser: "a", from: 3, to: 10 }, { browser: "a", from: 1, to: 2 },
    ]);
  });

  test("only what it does not know, and what was written anew", () => {
    const known = ({ browser, number }) => ({ hash: number === 2 ? "another" : `${browser} ${number}`, chats: [] });
    assert.deepEqual(stretchesOf([stream("a", 4)], known), [{ browser: "a", from: 2, to: 2 }]);
  });
});
