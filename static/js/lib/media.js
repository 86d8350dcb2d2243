/** The only place where a checked content of a file becomes something that the page shows or plays. */

/** Nothing else is shown in the page: SVG and HTML can hold scripts, and other formats need code that few have looked at. */
export const PICTURE_TYPES = ["image/jpeg", "image/png", "image/webp", "image/gif"];
/**
 * The page's answer to the service worker, about a range of a sound or video.
 * @typedef {{ status: number, start?: number, size?: number, type?: string, bytes?: Bytes }} PlayedRange
 */
/** The service worker answers below this address, with what the page opens. */
export const PLAYING = "/files/play/";
const PLAYED = /^(?:audio|video)\/(?:mpeg|mp4|ogg|webm|wav|x-wav|aac|flac|x-m4a|quicktime|opus)$/;

/** @param {string} type */
export function isPicture(type) {
  return PICTURE_TYPES.includes(type);
}

/** @param {string} type @returns {"audio" | "video" | null} */
export function playedAs(type) {
  return PLAYED.test(type) ? (type.startsWith("audio/") ? "audio" : "video") : null;
}

/**
 * @param {HTMLImageElement | HTMLMediaElement} node
 * @param {Blob} blob of one of the types above
 */
export function showBlob(node, blob) {
  if (!isPicture(blob.type) && playedAs(blob.type) === null) {
    throw new TypeError("type not allowed");
  }
  const address = URL.createObjectURL(blob);
  node.src = address;
  if (node instanceof HTMLImageElement) {
    const release = () => URL.revokeObjectURL(address);
    ["load", "error"].forEach((name) => node.addEventListener(name, release, { once: true }));
  }
}

/**
 * @param {HTMLMediaElement} node
 * @param {string} address below PLAYING
 */
export function playFrom(node, address) {
  if (!address.startsWith(PLAYING)) {
    throw new TypeError("address not allowed");
  }
  node.src = address;
}
