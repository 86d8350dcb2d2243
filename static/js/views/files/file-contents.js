/** Contents of files for the page and for the person. */
import { fromBase64 } from "../../lib/bytes.js";
import { fill } from "../../lib/dom.js";
import { HEAD_LENGTH, pictureSize } from "../../lib/picture-size.js";
import { saveAs } from "../parts/download.js";
import { downloadSentence } from "./file-words.js";

/** @typedef {import("../../types/file-type.js").FileEntry} FileEntry */
/** @typedef {() => Promise<import("../../model/files/files.js").Files>} Load */

/** @param {string | null} thumbnail base64 @returns {Blob | null} */
export function smallPicture(thumbnail) {
  const bytes = thumbnail === null ? null : fromBase64(thumbnail);
  const size = bytes && pictureSize(bytes);
  return bytes && size && size.width * size.height <= 65_536 ? new Blob([bytes], { type: size.type }) : null;
}

/**
 * @param {Blob} blob
 * @returns {Promise<Blob>} of the type that it really has
 * @throws {Error} it is no picture that the page shows, or one that needs too much memory
 */
export async function checkedPicture(blob) {
  const size = pictureSize(new Uint8Array(await blob.slice(0, HEAD_LENGTH).arrayBuffer()));
  if (!size) throw Object.assign(new Error("no such picture"), { name: "ProtocolError" });
  return blob.slice(0, blob.size, size.type);
}

/**
 * @param {FileEntry} entry
 * @param {Load} load
 * @param {{ note: Element, bar?: HTMLProgressElement }} told
 */
export async function saveFile(entry, load, { note, bar }) {
  fill(note);
  try {
    if (bar) bar.hidden = false;
    const onFraction = (/** @type {number} */ fraction) => bar && (bar.value = 100 * fraction);
    const content = await (await load()).content(entry, "file", "application/octet-stream", onFraction);
    saveAs(entry.name, content);
  } catch (error) {
    fill(note, downloadSentence(error));
  } finally {
    if (bar) bar.hidden = true;
  }
}

