import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  decodeReceipt,
  encodePlaintext,
  encodeReceipt,
  isSupported,
  readPlaintext,
  messageTypeOf,
  untaggedJson,
} from "../../../static/js/crypto/plaintext.js";
import { utf8Decode, utf8Encode } from "../../../static/js/lib/bytes.js";

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

  test("is read back as it was", async () => {
    assert.deepEqual(await readPlaintext(utf8Encode(canonical)), content);
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
  test("counts code points: 4000 emoji are a text", async () => {
    assert.equal((await readPlaintext(encodePlaintext({ ...content, body: "😀".repeat(4000) }))).body.length, 8000);
  });

  test("of more than 4000 code points is not sealed", () => {
    assert.throws(() => encodePlaintext({ ...content, body: "😀".repeat(4001) }), { reason: "body" });
  });

  test("with half of a surrogate pair is not sealed", () => {
    assert.throws(() => encodePlaintext({ ...content, body: "a\ud83d" }), { reason: "body" });
  });

  test("of another type may be longer, and is not supported", async () => {
    const poll = await readPlaintext(encodePlaintext({ ...content, type: "poll", body: "a".repeat(4001) }));
    assert.equal(isSupported(poll), false);
    assert.equal(isSupported(content), true);
  });

  test("of a type with a name that every object has is of an unknown type", async () => {
    for (const type of ["constructor", "tostring", "valueof"]) {
      assert.equal(isSupported(await readPlaintext(encodePlaintext({ ...content, type }))), false);
    }
  });
});

describe("a skip", () => {
  test("names the hash of what was taken back", async () => {
    const skip = await readPlaintext(encodePlaintext({ ...content, type: "skip", body: hash }));
    assert.equal(skip.body, hash);
    assert.equal(isSupported(skip), true);
    assert.equal(messageTypeOf(skip), "text");
  });

  test("of anything else is not sealed", () => {
    for (const body of ["", "Hello", hash.toUpperCase(), `${hash}\n`, hash.slice(2)]) {
      assert.throws(() => encodePlaintext({ ...content, type: "skip", body }), { reason: "body" });
    }
  });
});

describe("a receipt", () => {
  const seen = { browser: "02".repeat(16), from: 2, delivered: 9, read: 5, missing: [3, 4] };
  const receipt = { head: { counter: 7, hash }, seen: [seen] };
  const body =
    `{"head":{"counter":7,"hash":"${hash}"},"seen":[{"browser":"02020202020202020202020202020202",` +
    '"from":2,"delivered":9,"read":5,"missing":[3,4]}]}';
  const sealed = { ...content, type: "receipt", received: [], body };

  test("has one spelling, and is read back as it was", async () => {
    const turned = { seen: [Object.fromEntries(Object.entries(seen).reverse())], head: { hash, counter: 7 }, at: 1 };
    assert.equal(encodeReceipt(turned), body);
    assert.deepEqual(decodeReceipt(body), receipt);
    assert.equal(encodeReceipt({ head: null, seen: [] }), '{"head":null,"seen":[]}');
    assert.equal((await readPlaintext(encodePlaintext(sealed))).body, body);
  });

  test("is supported, and what the server is told of", () => {
    assert.equal(isSupported(sealed), true);
    assert.equal(messageTypeOf(sealed), "receipt");
    assert.equal(messageTypeOf(content), "text");
  });

  test("receives nothing itself", () => {
    assert.throws(() => encodePlaintext({ ...sealed, received: content.received }), { reason: "received" });
  });

  test("in another spelling is refused", () => {
    for (const other of [` ${body}`, body.replace(":7", ":7.0"), body.replace("head", "h\\u0065ad"), "", "null", "7"]) {
      assert.throws(() => decodeReceipt(other), { name: "ProtocolError", reason: "body" });
      assert.throws(() => encodePlaintext({ ...sealed, body: other }), { reason: "body" });
    }
  });

  const wrong = {
    "no head": { head: undefined },
    "a head without hash": { head: { counter: 7 } },
    "a head of counter 0": { head: { counter: 0, hash } },
    "no list": { seen: null },
    "a browser twice": { seen: [seen, seen] },
    "nine browsers": { seen: Array.from({ length: 9 }, (_, index) => ({ ...seen, browser: `0${index}`.repeat(16) })) },
    "no browser": { seen: [{ ...seen, browser: "" }] },
    "from 0": { seen: [{ ...seen, from: 0 }] },
    "delivered before from": { seen: [{ ...seen, delivered: 1, read: 0, missing: [] }] },
    "read before from": { seen: [{ ...seen, read: 1 }] },
    "read beyond delivered": { seen: [{ ...seen, read: 10 }] },
    "missing before from": { seen: [{ ...seen, missing: [1] }] },
    "missing the delivered": { seen: [{ ...seen, missing: [9] }] },
    "missing twice": { seen: [{ ...seen, missing: [3, 3] }] },
    "missing in disorder": { seen: [{ ...seen, missing: [4, 3] }] },
    "65 missing": { seen: [{ ...seen, delivered: 99, missing: Array.from({ length: 65 }, (_, index) => index + 2) }] },
  };
  for (const [name, members] of Object.entries(wrong)) {
    test(`is refused: ${name}`, () => {
      const other = { ...receipt, ...members };
      assert.throws(() => encodeReceipt(other), { name: "ProtocolError", reason: "body" });
      assert.throws(() => decodeReceipt(JSON.stringify(other)), { name: "ProtocolError", reason: "body" });
    });
  }
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
