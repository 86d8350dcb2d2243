/**
 * The picture of a person, which another person's browser has sealed (docs/protocol.md §5.9). It is looked at before it is decoded:
 * what is not what it says, is larger than such a picture needs, or moves, is no picture.
 */
import { fromBase64 } from "./bytes.js";
import { pictureSize } from "./picture-size.js";

/** @typedef {{ type: string, data: string }} SmallPicture data: base64 */

export const BYTES_LIMIT = 32 * 1024;
export const SIDE_LIMIT = 512;
const TYPES = ["image/jpeg", "image/png", "image/webp"];
const WEBP_FLAGS_AT = 20;
const MOVES = 2;

/**
 * @param {SmallPicture} picture
 * @returns {Blob | null} null: it is not to be decoded
 */
export function smallPicture({ type, data }) {
  const bytes = fromBase64(data);
  const size = bytes.length <= BYTES_LIMIT && TYPES.includes(type) ? pictureSize(bytes) : null;
  const isShown = size?.type === type && Math.max(size.width, size.height) <= SIDE_LIMIT && !isMoving(type, bytes);
  return isShown ? new Blob([bytes], { type }) : null;
}

/**
 * A picture of many frames costs as much as so many pictures.
 * @param {string} type what it is
 * @param {Bytes} bytes
 */
function isMoving(type, bytes) {
  const text = new TextDecoder("latin1").decode(bytes); // ASCII is the same in it
  return type === "image/png" ? text.includes("acTL") : text.startsWith("VP8X", 12) && (Number(bytes[WEBP_FLAGS_AT]) & MOVES) !== 0;
}
