import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import {
  FileOpener, HEADER_LENGTH, PART_LENGTH, hashOfParts, newFileKey, paddedLength, partCount, sealFile, sealedLength,
} from "../../../static/js/crypto/file-encryption.js";
import { openWholeFile } from "../../../static/js/crypto/whole-file.js";
import { concat, equal, fromHex, toHex } from "../../../static/js/lib/bytes.js";
import { readVectors } from "./vectors.js";

const vectors = readVectors("files.json");

function contentOf(size) {
  return Uint8Array.from({ length: size }, (_, index) => index % 251);
}

async function seal({ content, ...request }) {
  const parts = [];
  const read = async (start, end) => content.slice(start, end);
  for await (const part of sealFile({ ...request, size: content.length, read })) {
    parts.push(part);
  }
  return parts;
}

async function hashOf(parts) {
  return toHex(await hashOfParts(await Promise.all(parts.map((part) => CryptoManager.sha256(part)))));
}

function cut(sealed) {
  return Array.from({ length: partCount(sealed.length) }, (_, at) => sealed.slice(at * PART_LENGTH, (at + 1) * PART_LENGTH));
}

async function* each(parts) {
  yield* parts;
}

describe("lengths", () => {
  for (const { size, padded, sealed } of vectors.lengths) {
    test(`of a content of ${size} bytes`, () => {
      assert.deepEqual([paddedLength(size), sealedLength(size)], [padded, sealed]);
    });
  }
});

describe("a file of the vectors", () => {
  for (const vector of vectors.files) {
    const { name, size, purpose } = vector;
    const [key, salt] = [fromHex(vector.key), fromHex(vector.salt)];

    test(`${name}: is sealed to the same bytes, and opens`, async () => {
      const content = contentOf(size);
      const parts = await seal({ key, purpose, salt, content });
      const sealed = concat(...parts);
      assert.equal(sealed.length, vector.sealed_length);
      assert.equal(toHex(await CryptoManager.sha256(sealed)), vector.sealed_sha256 ?? toHex(await CryptoManager.sha256(fromHex(vector.sealed))));
      assert.deepEqual(parts.map(({ length }) => length), cut(sealed).map(({ length }) => length));
      assert.equal(await hashOf(parts), vector.hash);
      const opened = await openWholeFile({ key, purpose, size, hash: vector.hash, parts: each(parts) });
      assert.ok(equal(concat(...opened), content));
    });
  }

  for (const { name, reason, key, sealed, ...given } of vectors.refused) {
    test(`refused: ${name}`, async () => {
      const expected = reason === "decryption" ? { name: "DecryptionError" } : { name: "ProtocolError", reason };
      const file = { ...given, key: fromHex(key), parts: each(cut(fromHex(sealed))) };
      await assert.rejects(openWholeFile(file), expected);
    });
  }
});

describe("a range", () => {
  const key = newFileKey();
  const content = contentOf(200_000);

  async function opener(parts) {
    const sealed = concat(...parts);
    const header = sealed.slice(0, HEADER_LENGTH);
    return { sealed, opener: await FileOpener.of({ key, purpose: "file", size: content.length, header }) };
  }

  test("opens with the chunks that it needs, and no others", async () => {
    const { sealed, opener: file } = await opener(await seal({ key, purpose: "file", content }));
    for (const [start, end] of [[0, 1], [16_383, 16_385], [16_384, 32_768], [50_000, 150_001], [199_999, 200_000], [0, 200_000]]) {
      const range = file.sealedRange(start, end);
      const opened = await file.open(start, end, sealed.slice(range.start, range.end));
      assert.ok(equal(opened, content.subarray(start, end)), `${start} to ${end}`);
    }
    assert.deepEqual(file.sealedRange(16_384, 32_768), { start: 56 + 16_400, end: 56 + 2 * 16_400 });
  });

  test("of another place is refused", async () => {
    const { sealed, opener: file } = await opener(await seal({ key, purpose: "file", content }));
    const elsewhere = file.sealedRange(32_768, 49_152);
    await assert.rejects(file.open(16_384, 32_768, sealed.slice(elsewhere.start, elsewhere.end)), { name: "DecryptionError" });
    await assert.rejects(file.open(16_384, 32_768, sealed.slice(0, 100)), { reason: "file_size" });
  });
});

test("two sealings of one content share no bytes", async () => {
  const [key, content] = [newFileKey(), contentOf(1024)];
  const [one, other] = await Promise.all([1, 2].map(async () => concat(...(await seal({ key, purpose: "file", content })))));
  assert.ok(!equal(one.subarray(0, 24), other.subarray(0, 24)) && !equal(one.subarray(56), other.subarray(56)));
});

test("what comes after the length that the message says is not waited for", async () => {
  async function* endless() {
    for (;;) {
      yield new Uint8Array(PART_LENGTH);
    }
  }
  const file = { key: newFileKey(), purpose: "file", size: 100, hash: "00".repeat(32), parts: endless() };
  await assert.rejects(openWholeFile(file), { reason: "file_size" });
});
