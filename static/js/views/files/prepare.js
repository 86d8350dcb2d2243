/**
 * What a file becomes before it is sealed. Pictures are drawn anew, so that place, camera and time stay here; a small picture of it, or of
 * a video, goes into the message.
 */
import { isWellFormed, toBase64 } from "../../lib/bytes.js";
import { element } from "../../lib/dom.js";
import { HEAD_LENGTH, fits, pictureSize } from "../../lib/picture-size.js";
import { pause } from "../../lib/timing.js";
import { plainName } from "../../types/file-type.js";

/** @typedef {import("../../model/files/upload.js").Prepared} Prepared */

const NAME_LIMIT = 255;
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$/;
const LARGEST_SIDE = 4096;
const PREVIEW_SIDE = 1280;
/** A smaller picture needs no preview. */
const PREVIEW_FROM_BYTES = 400_000;
const THUMBNAIL_SIDES = [96, 64, 40, 24, 16];
/** That of a video is shown until somebody plays it. */
const VIDEO_SIDES = [256, 192, 144, ...THUMBNAIL_SIDES];
const LEAST_THUMBNAIL = 200;
const QUALITY = 0.86;
/** For all that is asked of a sound or video. */
const MEDIA_MS = 5000;
/** The first frames are often black. */
const FRAME_SECONDS = 1;
/** Behind the end of any video: a recording says its length only once its end was looked for. */
const FAR_SECONDS = 1e7;

/**
 * @param {File} file
 * @param {{ thumbnailBytes: number, mayPreview: boolean, isOriginal: boolean }} options isOriginal: nothing of a picture is changed
 * @returns {Promise<Prepared>}
 */
export async function prepare(file, { thumbnailBytes, mayPreview, isOriginal }) {
  const type = MEDIA_TYPE.test(file.type) ? file.type : "application/octet-stream";
  const name = plainName([...file.name].filter(isWellFormed).slice(0, NAME_LIMIT).join(""));
  const plain = { name, type, content: file, width: 0, height: 0, duration: 0, waveform: "", thumbnail: null, preview: null };
  const size = pictureSize(new Uint8Array(await file.slice(0, HEAD_LENGTH).arrayBuffer()));
  if (size) {
    return (await picture(plain, size, { thumbnailBytes, mayPreview, isOriginal }).catch(() => null)) ?? plain;
  }
  return /^(audio|video)\//.test(type) ? { ...plain, ...(await mediaOf(file, type, thumbnailBytes)) } : plain;
}

/**
 * @param {Prepared} plain
 * @param {import("../../lib/picture-size.js").PictureSize} size
 * @param {{ thumbnailBytes: number, mayPreview: boolean, isOriginal: boolean }} options
 * @returns {Promise<Prepared>}
 */
async function picture(plain, size, { thumbnailBytes, mayPreview, isOriginal }) {
  const bitmap = await createImageBitmap(plain.content);
  try {
    const thumbnail = await thumbnailOf(bitmap, thumbnailBytes);
    const isKept = isOriginal || size.type === "image/gif"; // which may move, and has no place in it
    const content = isKept ? plain.content : await drawn(bitmap, LARGEST_SIDE, size.type === "image/jpeg" ? size.type : "image/webp");
    const needsPreview = mayPreview && content.size > PREVIEW_FROM_BYTES && size.type !== "image/gif";
    const preview = needsPreview ? await drawn(bitmap, PREVIEW_SIDE, "image/webp") : null;
    const { width, height } = isKept ? bitmap : scaled(bitmap, LARGEST_SIDE);
    const type = isKept ? size.type : content.type;
    return { ...plain, name: renamed(plain.name, isKept ? "" : type), type, content, width, height, thumbnail, preview };
  } finally {
    bitmap.close();
  }
}

/** @param {string} name @param {string} type of what it has become; "": the same */
function renamed(name, type) {
  const ending = { "image/webp": ".webp", "image/png": ".png" }[type];
  return ending === undefined || name.toLowerCase().endsWith(ending) ? name : name.replace(/(\.[a-z0-9]{1,5})?$/i, ending);
}

/** @param {{ width: number, height: number }} size @param {number} side */
function scaled({ width, height }, side) {
  const factor = Math.min(1, side / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
}

/** @param {ImageBitmap} bitmap @param {number} side @param {string} type @param {number} [quality] @returns {Promise<Blob>} */
function drawn(bitmap, side, type, quality = QUALITY) {
  const { width, height } = scaled(bitmap, side);
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, width, height);
  return canvas.convertToBlob({ type, quality });
}

/**
 * @param {ImageBitmap} bitmap
 * @param {number} limit
 * @param {number[]} [sides] the largest first
 * @returns {Promise<string | null>} base64
 */
async function thumbnailOf(bitmap, limit, sides = THUMBNAIL_SIDES) {
  for (const side of limit < LEAST_THUMBNAIL ? [] : sides) {
    const blob = await drawn(bitmap, side, "image/webp", 0.5);
    if (blob.size <= limit) {
      return toBase64(new Uint8Array(await blob.arrayBuffer()));
    }
  }
  return null;
}

/**
 * @param {Blob} file
 * @param {string} type
 * @param {number} thumbnailBytes
 * @returns {Promise<Partial<Prepared>>} what the browser has found out in the time that it has
 */
async function mediaOf(file, type, thumbnailBytes) {
  const node = element(type.startsWith("audio/") ? "audio" : "video", { preload: "auto", muted: true });
  const address = URL.createObjectURL(file);
  /** @type {Partial<Prepared>} */
  const told = {};
  const lookAt = async () => {
    await next(node, "loadedmetadata", () => (node.src = address));
    await lookAtMedia(node, thumbnailBytes, told);
  };
  await Promise.race([lookAt(), pause(MEDIA_MS)]).catch(() => {});
  node.removeAttribute("src");
  URL.revokeObjectURL(address);
  return { ...told };
}

/**
 * @param {HTMLMediaElement} node
 * @param {number} thumbnailBytes
 * @param {Partial<Prepared>} told what was found out is put here
 */
async function lookAtMedia(node, thumbnailBytes, told) {
  const size = node instanceof HTMLVideoElement ? { width: node.videoWidth, height: node.videoHeight } : { width: 0, height: 0 };
  if (fits(size)) Object.assign(told, size);
  if (node.duration === Infinity) await next(node, "seeked", () => (node.currentTime = FAR_SECONDS));
  if (Number.isFinite(node.duration)) told.duration = Math.min(86_400_000, Math.round(1000 * node.duration));
  if (!(node instanceof HTMLVideoElement) || !fits(size)) return;
  await next(node, "seeked", () => (node.currentTime = Math.min(FRAME_SECONDS, (node.duration || 0) / 4)));
  const bitmap = await createImageBitmap(node);
  told.thumbnail = await thumbnailOf(bitmap, thumbnailBytes, VIDEO_SIDES).finally(() => bitmap.close());
}

/**
 * @param {HTMLMediaElement} node
 * @param {string} name of an event
 * @param {() => void} cause of it
 */
function next(node, name, cause) {
  return new Promise((resolve, reject) => {
    node.addEventListener(name, resolve, { once: true });
    node.addEventListener("error", reject, { once: true });
    cause();
  });
}
