import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import { BUCKETS, pad, unpad } from "../../../static/js/crypto/padding.js";
import { concat, uint32 } from "../../../static/js/lib/bytes.js";
import { readVectors } from "./vectors.js";

const refusal = { name: "ProtocolError", reason: "padding" };

describe("padding", () => {
  for (const { content_length, bucket, padded_sha256 } of readVectors("padding.json").paddings) {
    const content = new Uint8Array(content_length).fill(0x61);
    if (bucket === null) {
      test(`refuses ${content_length} bytes, which no bucket holds`, () => {
        assert.throws(() => pad(content), refusal);
      });
    } else {
      test(`pads ${content_length} bytes to ${bucket} and back`, async () => {
        const padded = pad(content);
        assert.equal(padded.length, bucket);
        assert.equal(await CryptoManager.sha256Hex(padded), padded_sha256);
        assert.deepEqual(unpad(padded), content);
      });
    }
  }

  test("fills a 64 KiB ciphertext with its largest bucket and the tag", () => {
    assert.equal(BUCKETS.at(-1) + 16, 65536);
  });

  test("unpads a view that does not start its buffer", () => {
    const padded = pad(Uint8Array.of(1, 2, 3));
    assert.deepEqual(unpad(concat(new Uint8Array(7), padded).subarray(7)), Uint8Array.of(1, 2, 3));
  });
});

describe("unpadding refuses", () => {
  const padded = pad(new Uint8Array(100).fill(0x61));
  const cases = {
    "nothing": new Uint8Array(0),
    "less than a length": new Uint8Array(3),
    "a length that is no bucket's": padded.slice(0, -1),
    "a larger bucket than needed": concat(padded, new Uint8Array(1024)),
    "a padding byte that is not zero": padded.with(-1, 1),
    "a length that leaves content in the padding": concat(uint32(99), padded.slice(4)),
    "a length beyond the end": concat(uint32(1021), padded.slice(4)),
    "a length beyond every bucket": concat(uint32(0xffffffff), padded.slice(4)),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    test(name, () => {
      assert.throws(() => unpad(bytes), refusal);
    });
  }
});
