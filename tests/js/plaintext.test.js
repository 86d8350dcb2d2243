import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodePlaintext, encodePlaintext, isSupported, untaggedJson } from "../../static/js/crypto/plaintext.js";
import { utf8Decode, utf8Encode } from "../../static/js/lib/bytes.js";

const hash = "ab".repeat(32);
const content = Object.freeze({
  v: 1,
  type: "text",
  from: "alice@example.org",
  to: "bob@example.org",
  browser: "01".repeat(16),
  counter: 2,
  previous: hash,
  received: [{ browser: "02".repeat(16), counter: 7, hash }],
  sent_at: 1795392000000,
  self_tag: "cd".repeat(32),
  body: "Hello",
});
const canonical =
  '{"v":1,"type":"text","from":"alice@example.org","to":"bob@example.org","browser":"01010101010101010101010101010101",' +
  `"counter":2,"previous":"${hash}","received":[{"browser":"02020202020202020202020202020202","counter":7,"hash":"${hash}"}],` +
  `"sent_at":1795392000000,"self_tag":"${"cd".repeat(32)}","body":"Hello"}`;

describe("canonical JSON", () => {
  test("has one spelling, whatever the order of the object's members", () => {
    assert.equal(utf8Decode(encodePlaintext(content)), canonical);
    const turned = Object.fromEntries(Object.entries(content).reverse());
    turned.received = content.received.map((entry) => Object.fromEntries(Object.entries(entry).reverse()));
    assert.equal(utf8Decode(encodePlaintext(turned)), canonical);
  });

  test("is read back as it was", () => {
    assert.deepEqual(decodePlaintext(utf8Encode(canonical)), content);
  });

  test("leaves out members that the protocol does not know", () => {
    assert.equal(utf8Decode(encodePlaintext({ ...content, draft: true })), canonical);
  });

  test("escapes what JSON must and nothing else", () => {
    const body = '"\\/\u0000\b\t\n\f\r\u001f\u007f\u2028é😀';
    assert.ok(utf8Decode(encodePlaintext({ ...content, body })).endsWith('"body":"\\"\\\\/\\u0000\\b\\t\\n\\f\\r\\u001f\u007f\u2028é😀"}'));
  });

  test("leaves the self tag empty for the tag's own input", () => {
    assert.equal(utf8Decode(untaggedJson(content)), canonical.replace("cd".repeat(32), ""));
  });
});

describe("a body", () => {
  test("counts code points: 4000 emoji are a text", () => {
    assert.equal(decodePlaintext(encodePlaintext({ ...content, body: "😀".repeat(4000) })).body.length, 8000);
  });

  test("of more than 4000 code points is not sealed", () => {
    assert.throws(() => encodePlaintext({ ...content, body: "😀".repeat(4001) }), { reason: "body" });
  });

  test("with half of a surrogate pair is not sealed", () => {
    assert.throws(() => encodePlaintext({ ...content, body: "a\ud83d" }), { reason: "body" });
  });

  test("of another type may be longer, and is not supported", () => {
    const poll = decodePlaintext(encodePlaintext({ ...content, type: "poll", body: "a".repeat(4001) }));
    assert.equal(isSupported(poll), false);
    assert.equal(isSupported(content), true);
  });
});

describe("sealing refuses the same as opening", () => {
  const wrong = {
    unknown_version: { v: 2 },
    type: { type: "Text" },
    people: { from: null },
    browser: { browser: "01" },
    counter: { counter: 0 },
    previous: { previous: null },
    received: { received: Array(9).fill(content.received[0]) },
    sent_at: { sent_at: 8.64e15 + 1 },
    self_tag: { self_tag: "" },
    body: { body: 7 },
  };
  for (const [reason, members] of Object.entries(wrong)) {
    test(reason, () => {
      assert.throws(() => encodePlaintext({ ...content, ...members }), { name: "ProtocolError", reason });
    });
  }
});
