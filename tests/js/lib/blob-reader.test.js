import assert from "node:assert/strict";
import { test } from "node:test";
import { blobReader } from "../../../static/js/lib/blob-reader.js";

const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);

test("a blob is read in steps of any length", async () => {
  const read = blobReader(new Blob([bytes]));
  let at = 0;
  for (const length of [0, 1, 65_536, 100_000, 0, 134_463]) {
    assert.deepEqual(await read(at, at + length), bytes.slice(at, at + length));
    at += length;
  }
  assert.equal(at, bytes.length);
});

test("a blob that ends too early is refused", async () => {
  const read = blobReader(new Blob([bytes]));
  await assert.rejects(read(0, bytes.length + 1), { name: "NotReadableError" });
});
