import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toBase64 } from "../../../static/js/lib/bytes.js";
import { BYTES_LIMIT, smallPicture } from "../../../static/js/lib/small-picture.js";
import { PICTURE, PICTURES } from "../world/pictures.js";

describe("the picture of a person", () => {
  for (const { name, picture, isDrawn } of PICTURES) {
    test(`is ${isDrawn ? "" : "not "}decoded: ${name}`, () => {
      assert.equal(smallPicture(picture)?.type ?? null, isDrawn ? picture.type : null);
    });
  }

  test("is not decoded where it has too many bytes", () => {
    const sized = (length) => {
      const bytes = new Uint8Array(length);
      bytes.set(Buffer.from(PICTURE.data, "base64"));
      return smallPicture({ type: PICTURE.type, data: toBase64(bytes) });
    };
    assert.deepEqual([sized(BYTES_LIMIT)?.size, sized(BYTES_LIMIT + 1)], [BYTES_LIMIT, null]);
  });
});
