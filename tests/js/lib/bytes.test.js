import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  concat,
  equal,
  fromBase64,
  fromHex,
  isWellFormed,
  lengthPrefixed,
  toBase64,
  toHex,
  uint32,
  utf8Decode,
  utf8Encode,
} from "../../../static/js/lib/bytes.js";

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);

describe("base64", () => {
  test("spells RFC 4648 §10", () => {
    const spellings = { "": "", f: "Zg==", fo: "Zm8=", foo: "Zm9v", foob: "Zm9vYg==", fooba: "Zm9vYmE=", foobar: "Zm9vYmFy" };
    for (const [text, base64] of Object.entries(spellings)) {
      assert.equal(toBase64(utf8Encode(text)), base64);
      assert.deepEqual(fromBase64(base64), utf8Encode(text));
    }
  });

  test("spells every byte and long strings as Node does", () => {
    const long = new Uint8Array(65536).map((_, index) => (index * 7919) % 251);
    for (const bytes of [everyByte, long]) {
      assert.equal(toBase64(bytes), Buffer.from(bytes).toString("base64"));
      assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
    }
  });

  for (const text of ["Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z", " Zg==", "Zg==\n", "Zm 9v", "Zg==Zg==", "__8=", "--8=", "Zg==\u0000", "é"]) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => fromBase64(text), RangeError);
    });
  }
});

describe("hexadecimal", () => {
  test("spells every byte in two lower-case digits", () => {
    assert.equal(toHex(everyByte), Buffer.from(everyByte).toString("hex"));
    assert.deepEqual(fromHex(toHex(everyByte)), everyByte);
    assert.deepEqual(fromHex(""), new Uint8Array(0));
  });

  for (const text of ["0", "AB", "0g", " 00", "00\n", "0x00", "０0"]) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => fromHex(text), RangeError);
    });
  }
});

describe("UTF-8", () => {
  test("round-trips any text, a byte order mark included", () => {
    for (const text of ["", "\ufeffa", "é", "😀", "\u0000", "\u{10ffff}"]) {
      assert.equal(utf8Decode(utf8Encode(text)), text);
    }
  });

  test("does not encode half of a surrogate pair", () => {
    for (const text of ["\ud83d", "a\ude00b", "\ude00\ud83d"]) {
      assert.equal(isWellFormed(text), false);
      assert.throws(() => utf8Encode(text), TypeError);
    }
    assert.equal(isWellFormed("\ud83d\ude00"), true);
  });

  for (const hex of ["ff", "c0af", "eda080", "f4908080", "e282", "80"]) {
    test(`does not decode ${hex}`, () => {
      assert.throws(() => utf8Decode(fromHex(hex)), TypeError);
    });
  }
});

describe("lengthPrefixed", () => {
  test("puts the length of each part before it, 4 bytes, big-endian", () => {
    assert.equal(toHex(lengthPrefixed(utf8Encode("ab"), new Uint8Array(0), new Uint8Array(258))).slice(0, 28), "00000002616200000000" + "00000102");
  });

  test("tells apart lists whose concatenations are equal", () => {
    const [a, b, ab] = ["a", "b", "ab"].map(utf8Encode);
    assert.deepEqual(concat(a, b), ab);
    assert.notDeepEqual(lengthPrefixed(a, b), lengthPrefixed(ab));
    assert.notDeepEqual(lengthPrefixed(ab, new Uint8Array(0)), lengthPrefixed(ab));
  });
});

describe("uint32", () => {
  test("writes 4 bytes, big-endian", () => {
    assert.equal(toHex(uint32(0x01020304)), "01020304");
    assert.equal(toHex(uint32(0xffffffff)), "ffffffff");
  });

  for (const value of [-1, 2 ** 32, 1.5, NaN]) {
    test(`refuses ${value}`, () => {
      assert.throws(() => uint32(value), RangeError);
    });
  }
});

describe("equal", () => {
  test("is true for the same bytes only", () => {
    assert.equal(equal(everyByte, everyByte.slice()), true);
    assert.equal(equal(new Uint8Array(0), new Uint8Array(0)), true);
    assert.equal(equal(everyByte, everyByte.slice(1)), false);
    assert.equal(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), false);
    assert.equal(equal(Uint8Array.of(1, 2), Uint8Array.of(3, 2)), false);
  });
});
