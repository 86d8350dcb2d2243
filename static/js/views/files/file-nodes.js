/** The files of a message in its bubble. */
import { button, element, fill, icon, isolated } from "../../lib/dom.js";
import { isPicture, playedAs, showBlob } from "../../lib/media.js";
import { fits } from "../../lib/picture-size.js";
import { readFiles } from "../../types/file-type.js";
import { checkedPicture, saveFile, smallPicture } from "./file-contents.js";
import { downloadSentence, durationWords, sizeWords } from "./file-words.js";
import { loadGallery, loadMediaPlayer, loadPlayer } from "./lazy.js";

/** @typedef {import("../../types/file-type.js").FileEntry} FileEntry */
/** @typedef {() => Promise<import("../../model/files/files.js").Files>} Load */
/** @typedef {{ entry: FileEntry, caption: string }} Picture */
/** @typedef {import("./gallery.js").Picture} ShownPicture */

/** A picture above this waits until somebody asks for it. */
const UNASKED_BYTES = 3_000_000;
const SHOWN_WIDTH = 320;
const SHOWN_HEIGHT = 360;

/**
 * @param {string} body of a `file`
 * @param {{ load: Load, linked: (text: string) => import("../../lib/dom.js").Child[], pictures: () => ShownPicture[] }} tools
 * @returns {import("../../lib/dom.js").Child[]}
 */
export function fileNodes(body, { load, linked, pictures }) {
  const { caption, files } = readFiles(body) ?? { caption: "", files: [] };
  const nodes = files.map((/** @type {FileEntry} */ entry) => fileNode(entry, load, pictures));
  return [element("span", { class: "files" }, ...nodes), ...(caption === "" ? [] : linked(caption))];
}

/** @param {string} body @returns {Picture[]} what the gallery shows of a message */
export function picturesOf(body) {
  const { caption = "", files = [] } = readFiles(body) ?? {};
  return files.filter(isShownPicture).map((/** @type {FileEntry} */ entry) => ({ entry, caption }));
}

/** @param {FileEntry} entry */
function isShownPicture({ type, width, height }) {
  return isPicture(type) && fits({ width, height });
}

/** @param {FileEntry} entry @param {Load} load @param {() => ShownPicture[]} pictures */
function fileNode(entry, load, pictures) {
  if (isShownPicture(entry)) return pictureNode(entry, load, pictures);
  const kind = playedAs(entry.type);
  if (kind === "audio" && entry.waveform !== "") return voiceNode(entry, load);
  return kind === null ? savedNode(entry, load) : playedNode(entry, kind, load);
}

/** @param {FileEntry} entry @param {Load} load @param {() => ShownPicture[]} pictures */
function pictureNode(entry, load, pictures) {
  const image = imageOf(entry, entry.name, smallPicture(entry.thumbnail));
  const note = element("span", { class: "file-note", role: "status" });
  const open = element("button", { type: "button", class: "file-open", "aria-label": `Open picture ${entry.name}` }, image);
  open.addEventListener("click", async () => (await loadGallery()).openGallery(pictures(), entry.id, load, open));
  const name = element("span", { class: "visually-hidden", "aria-hidden": "true" }, entry.name); // for who searches in the page
  const node = element("span", { class: "file picture" }, open, name, note);
  const shown = entry.preview ?? entry;
  if (shown.size <= UNASKED_BYTES) {
    whenSeen(node, async () => {
      try {
        const purpose = entry.preview ? "preview" : "file";
        showBlob(image, await checkedPicture(await (await load()).content(shown, purpose, entry.type)));
      } catch (error) {
        fill(note, downloadSentence(error));
      }
    });
  }
  return node;
}

/** @param {{ width: number, height: number }} size */
function within({ width, height }) {
  const factor = Math.min(1, SHOWN_WIDTH / width, SHOWN_HEIGHT / height);
  return { width: Math.max(48, Math.round(width * factor)), height: Math.max(48, Math.round(height * factor)) };
}

/** @param {Element} node @param {() => void} work once, when it is on the screen */
function whenSeen(node, work) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    work();
  }, { rootMargin: "300px" });
  observer.observe(node);
}

/** @param {FileEntry} entry @param {Load} load */
function savedNode(entry, load) {
  return lineNode(entry, load, []);
}

/**
 * @param {FileEntry} entry
 * @param {Load} load
 * @param {import("../../lib/dom.js").Child[]} more
 */
function lineNode(entry, load, more) {
  const note = element("span", { class: "file-note", role: "status" });
  const bar = element("progress", { max: 100, hidden: true, "aria-label": `Getting ${entry.name}` });
  const save = button("Save", () => void saveFile(entry, load, { note, bar }), { "aria-label": `Save ${entry.name}` });
  return element("span", { class: "file line" },
    element("span", { class: "file-icon", "aria-hidden": "true" }, icon("file")),
    element("span", { class: "file-told" }, element("span", { class: "file-name" }, isolated(entry.name)), element("span", { class: "file-size" }, sizeWords(entry.size))),
    save, bar, note, ...more);
}

/** @param {FileEntry} entry @param {"audio" | "video"} kind @param {Load} load */
function playedNode(entry, kind, load) {
  const place = element("span", { class: "file-media" });
  const length = entry.duration > 0 ? element("span", { class: "file-size" }, durationWords(entry.duration / 1000)) : null;
  const isVideo = kind === "video" && fits(entry);
  const play = button("Play", async () => (await loadMediaPlayer()).playIn(place, play, { entry, kind, load }), { "aria-label": `Play ${entry.name}` });
  if (!isVideo) return lineNode(entry, load, [play, length, place]);
  const small = smallPicture(entry.thumbnail);
  play.className = "file-open file-poster";
  fill(play, small ? imageOf(entry, "", small) : element("span", { class: "file-picture file-blank" }), icon("play"), length);
  return element("span", { class: "file video" }, play, place, lineNode(entry, load, []));
}

/**
 * @param {FileEntry} entry
 * @param {string} alt
 * @param {Blob | null} small
 */
function imageOf(entry, alt, small) {
  const image = element("img", { alt, ...within(entry), class: "file-picture", decoding: "async", draggable: false });
  if (small) showBlob(image, small);
  return image;
}

/** @param {FileEntry} entry @param {Load} load */
function voiceNode(entry, load) {
  const node = element("span", { class: "file voice" }, element("span", { class: "visually-hidden" }, isolated(entry.name)));
  void loadPlayer().then(({ playerOf }) => node.append(playerOf(entry, load)));
  return node;
}
