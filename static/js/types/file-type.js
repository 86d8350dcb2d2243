/** Files with a caption (docs/protocol.md §5.8). What opens them is in the message; the server keeps their sealed bytes. */
import { base64Length, isIntegerUpTo, isTextUpTo, jsonBody } from "./json-body.js";
import { BROWSER_ID, HASH, isObject, matches } from "./members.js";
import { BODY_LIMIT } from "./text-type.js";

/** @typedef {{ id: string, key: string, size: number, hash: string }} SealedFile */
/**
 * @typedef {SealedFile & { name: string, type: string, width: number, height: number, duration: number, waveform: string,
 *   thumbnail: string | null, preview: SealedFile | null }} FileEntry
 */

const FILES_LIMIT = 20;
const NAME_LIMIT = 255;
const SIDE_LIMIT = 65_535;
const DURATION_LIMIT_MS = 86_400_000;
const THUMBNAIL_LIMIT = 4096;
const THUMBNAILS_LIMIT = 24 * 1024;
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$/;
// What turns the direction of a text or shows nothing: with it, "gpj.exe" reads as "exe.jpg". Emoji need the joiners.
const MISLEADING = /[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu;
const WAVEFORM = /^([0-9a-f]{2}){0,64}$/;

/** @param {any} value @returns {boolean} */
function isSealed(value) {
  return (
    isObject(value) &&
    matches(BROWSER_ID, value.id) &&
    matches(HASH, value.key) &&
    isIntegerUpTo(value.size, Number.MAX_SAFE_INTEGER) &&
    matches(HASH, value.hash)
  );
}

/** @param {any} entry @returns {number} the bytes of its thumbnail; NaN: no such thumbnail */
function thumbnailLength({ thumbnail }) {
  const length = thumbnail === null ? 0 : base64Length(thumbnail);
  return length <= THUMBNAIL_LIMIT ? length : NaN;
}

/** @param {any} value @returns {boolean} */
function isEntry(value) {
  return (
    isSealed(value) &&
    isTextUpTo(value.name, NAME_LIMIT) &&
    value.name !== "" &&
    matches(MEDIA_TYPE, value.type) &&
    isIntegerUpTo(value.width, SIDE_LIMIT) &&
    isIntegerUpTo(value.height, SIDE_LIMIT) &&
    isIntegerUpTo(value.duration, DURATION_LIMIT_MS) &&
    matches(WAVEFORM, value.waveform) &&
    (value.preview === null || isSealed(value.preview))
  );
}

/** @param {any} value @returns {boolean} */
function isFiles(value) {
  if (!Array.isArray(value) || value.length < 1 || value.length > FILES_LIMIT || !value.every(isEntry)) {
    return false;
  }
  const ids = value.flatMap(({ id, preview }) => (preview ? [id, preview.id] : [id]));
  const thumbnails = value.reduce((sum, file) => sum + thumbnailLength(file), 0);
  return new Set(ids).size === ids.length && thumbnails <= THUMBNAILS_LIMIT;
}

/** @param {SealedFile} file @returns {SealedFile} */
const sealedFile = ({ id, key, size, hash }) => ({ id, key, size, hash });

/** @param {FileEntry} given @returns {FileEntry} */
const fileEntry = ({ preview, thumbnail, ...named }) => ({
  ...sealedFile(named),
  name: named.name,
  type: named.type,
  width: named.width,
  height: named.height,
  duration: named.duration,
  waveform: named.waveform,
  thumbnail,
  preview: preview && sealedFile(preview),
});

/** @param {string} name @returns {string} as it is shown and saved */
export const plainName = (name) => name.replace(MISLEADING, "").replace(/\s+/gu, " ").trim() || "file";

/** @param {FileEntry} file @returns {string} a voice message needs no ending of a name */
const titleOf = ({ name, waveform }) => (waveform ? name.replace(/(?<=.)\.[a-z0-9]{1,5}$/i, "") : name);

const body = jsonBody(
  (value) => isObject(value) && isTextUpTo(value.caption, BODY_LIMIT) && isFiles(value.files),
  ({ caption, files }) => ({ caption, files: files.map(fileEntry) }),
);

/** @param {string} text @returns {{ caption: string, files: FileEntry[] } | null} with names that can be shown */
export function readFiles(text) {
  const read = body.read(text);
  return read && { ...read, files: read.files.map((/** @type {FileEntry} */ one) => ({ ...one, name: plainName(one.name) })) };
}

/** @type {import("./content-types.js").ContentType} */
export const file = Object.freeze({
  name: "file",
  messageType: "text",
  compose: body.compose,
  isBody: body.isBody,
  reportsReceived: true,
  textOf: (/** @type {string} */ text) => {
    const read = readFiles(text);
    return [read?.caption, ...(read?.files ?? []).map(titleOf)].filter(Boolean).join("\n");
  },
  filesOf: (/** @type {string} */ text) =>
    (body.read(text)?.files ?? []).flatMap((/** @type {FileEntry} */ { id, preview }) => (preview ? [id, preview.id] : [id])),
  isShown: true,
  countsAsUnread: true,
  mayReply: true,
  replacing: "may",
});
