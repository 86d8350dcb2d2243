/** Makes a person's picture of a file: the square in its middle, drawn anew, so that place, camera and time stay here. */
import { toBase64 } from "../../lib/bytes.js";
import { HEAD_LENGTH, pictureSize } from "../../lib/picture-size.js";
import { BYTES_LIMIT } from "../../lib/small-picture.js";

/** @typedef {import("../../lib/small-picture.js").SmallPicture} SmallPicture */

const SIDES = [256, 192, 128, 64];
const QUALITY = 0.85;

/**
 * @param {File} file
 * @returns {Promise<SmallPicture | null>} null: it is no picture that this browser can read, or it is too large to be decoded
 */
export async function squarePicture(file) {
  const head = new Uint8Array(await file.slice(0, HEAD_LENGTH).arrayBuffer());
  const bitmap = pictureSize(head) ? await createImageBitmap(file).catch(() => null) : null;
  try {
    return bitmap && (await smallest(bitmap));
  } finally {
    bitmap?.close();
  }
}

/**
 * @param {ImageBitmap} bitmap
 * @returns {Promise<SmallPicture | null>} the largest that fits
 */
async function smallest(bitmap) {
  for (const side of SIDES) {
    const { type, bytes } = await drawn(bitmap, side);
    if (bytes.length <= BYTES_LIMIT) {
      return { type, data: toBase64(bytes) };
    }
  }
  return null;
}

/** @param {ImageBitmap} bitmap @param {number} side */
async function drawn(bitmap, side) {
  const { width, height } = bitmap;
  const cut = Math.min(width, height);
  const canvas = new OffscreenCanvas(side, side);
  canvas.getContext("2d")?.drawImage(bitmap, (width - cut) / 2, (height - cut) / 2, cut, cut, 0, 0, side, side);
  const blob = await canvas.convertToBlob({ type: "image/webp", quality: QUALITY });
  return { type: blob.type, bytes: new Uint8Array(await blob.arrayBuffer()) };
}
