/**
 * The size of a picture from its first bytes, so that a picture that would need too much memory is never decoded. It knows JPEG,
 * PNG, GIF and WebP; of anything else it says nothing, so that nothing else is decoded either.
 */

/** @typedef {{ type: string, width: number, height: number }} PictureSize */

/** How much of a file is enough: a JPEG may begin with large tables of colours and data of a camera. */
export const HEAD_LENGTH = 1024 * 1024;
export const PIXELS_LIMIT = 40_000_000;
const SIDE_LIMIT = 16_384;

/**
 * @param {Bytes} head the beginning of the file
 * @returns {PictureSize | null} null: it is none of these, or too large
 */
export function pictureSize(head) {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  try {
    const found = png(view) ?? gif(view) ?? webp(view) ?? jpeg(view);
    return found && fits(found) ? found : null;
  } catch (error) {
    if (error instanceof RangeError) {
      return null; // It ends too early.
    }
    throw error;
  }
}

/** @param {{ width: number, height: number }} size */
export function fits({ width, height }) {
  return width > 0 && height > 0 && width <= SIDE_LIMIT && height <= SIDE_LIMIT && width * height <= PIXELS_LIMIT;
}

/** @param {DataView} view @param {number} at @param {string} text */
function has(view, at, text) {
  return [...text].every((character, index) => view.getUint8(at + index) === character.charCodeAt(0));
}

/** @param {DataView} view @returns {PictureSize | null} */
function png(view) {
  if (!has(view, 0, "\x89PNG\r\n\x1a\n") || !has(view, 12, "IHDR")) {
    return null;
  }
  return { type: "image/png", width: view.getUint32(16), height: view.getUint32(20) };
}

/** @param {DataView} view @returns {PictureSize | null} */
function gif(view) {
  if (!has(view, 0, "GIF87a") && !has(view, 0, "GIF89a")) {
    return null;
  }
  return { type: "image/gif", width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

/** @param {DataView} view @returns {PictureSize | null} */
function webp(view) {
  if (!has(view, 0, "RIFF") || !has(view, 8, "WEBP")) {
    return null;
  }
  const type = "image/webp";
  if (has(view, 12, "VP8X")) {
    const uint24 = (/** @type {number} */ at) => view.getUint16(at, true) + 0x10000 * view.getUint8(at + 2);
    return { type, width: 1 + uint24(24), height: 1 + uint24(27) };
  }
  if (has(view, 12, "VP8L")) {
    const bits = view.getUint32(21, true);
    return { type, width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  return has(view, 12, "VP8 ") ? { type, width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff } : null;
}

/** @param {DataView} view @returns {PictureSize | null} */
function jpeg(view) {
  if (view.getUint16(0) !== 0xffd8) {
    return null;
  }
  for (let at = 2; ; at += 2 + view.getUint16(at + 2)) {
    while (view.getUint8(at) === 0xff && view.getUint8(at + 1) === 0xff) {
      at += 1;
    }
    const marker = view.getUint16(at);
    const isFrame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrame) {
      return { type: "image/jpeg", width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    }
    if (marker < 0xff01 || marker === 0xffd9 || marker === 0xffda) {
      return null;
    }
  }
}
