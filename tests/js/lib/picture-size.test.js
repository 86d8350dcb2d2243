import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { concat, fromHex, utf8Encode } from "../../../static/js/lib/bytes.js";
import { fits, pictureSize } from "../../../static/js/lib/picture-size.js";

const uint32 = (number) => new Uint8Array([number >>> 24, number >>> 16, number >>> 8, number]);
const uint16 = (number) => new Uint8Array([number >>> 8, number]);

function png(width, height) {
  return concat(fromHex("89504e470d0a1a0a0000000d"), utf8Encode("IHDR"), uint32(width), uint32(height), new Uint8Array(9));
}

function jpeg(width, height, before = new Uint8Array()) {
  return concat(fromHex("ffd8"), before, fromHex("ffc0001108"), uint16(height), uint16(width), new Uint8Array(20));
}

function gif(width, height) {
  return concat(utf8Encode("GIF89a"), new Uint8Array([width, width >> 8, height, height >> 8, 0, 0, 0]));
}

function webp(kind, rest) {
  return concat(utf8Encode("RIFF"), new Uint8Array(4), utf8Encode("WEBP"), utf8Encode(kind), new Uint8Array(4), rest, new Uint8Array(8));
}

describe("the size of a picture", () => {
  const exif = concat(fromHex("ffe1"), uint16(5002), new Uint8Array(5000));
  const cases = {
    png: [png(300, 200), { type: "image/png", width: 300, height: 200 }],
    jpeg: [jpeg(300, 200), { type: "image/jpeg", width: 300, height: 200 }],
    "jpeg behind what a camera adds": [jpeg(300, 200, exif), { type: "image/jpeg", width: 300, height: 200 }],
    "jpeg behind filling bytes": [jpeg(3, 2, fromHex("ffff")), { type: "image/jpeg", width: 3, height: 2 }],
    gif: [gif(300, 200), { type: "image/gif", width: 300, height: 200 }],
    "webp, lossy": [webp("VP8 ", fromHex("0000009d012a2c01c800")), { type: "image/webp", width: 300, height: 200 }],
    "webp, lossless": [webp("VP8L", fromHex("2f2bc13100")), { type: "image/webp", width: 300, height: 200 }],
    "webp, extended": [webp("VP8X", fromHex("000000002b0100c70000")), { type: "image/webp", width: 300, height: 200 }],
  };
  for (const [name, [bytes, size]] of Object.entries(cases)) {
    test(`of a ${name}`, () => assert.deepEqual(pictureSize(bytes), size));
    test(`of a ${name} that is cut off is none`, () => assert.equal(pictureSize(bytes.slice(0, 8)), null));
  }
});

describe("no size", () => {
  const cases = {
    "a picture that would need gigabytes": png(60_000, 60_000),
    "a picture with a side of 2^32 - 1": png(1, 0xffffffff),
    "a picture with nothing in it": png(0, 200),
    "a jpeg of 65,535 pixels a side": jpeg(65_535, 65_535),
    "a jpeg without a frame": fromHex("ffd8ffe00002ffda"),
    "a jpeg whose tables go round": concat(fromHex("ffd8"), fromHex("ffe10000").slice(), new Uint8Array(100)),
    "a page": utf8Encode("<!doctype html><script>1</script>"),
    "a drawing": utf8Encode("<svg xmlns='http://www.w3.org/2000/svg'/>"),
    nothing: new Uint8Array(),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    test(`of ${name}`, () => assert.equal(pictureSize(bytes), null));
  }

  test("a picture fits up to 40 million pixels", () => {
    assert.ok(fits({ width: 8000, height: 5000 }));
    assert.ok(!fits({ width: 8001, height: 5000 }));
  });
});
