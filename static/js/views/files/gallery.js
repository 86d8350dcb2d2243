/** The pictures of a chat, one at a time over the page. */
import { button, clipped, element, fill, isolated, setText } from "../../lib/dom.js";
import { showBlob } from "../../lib/media.js";
import { clock, rowTime } from "../parts/format.js";
import { onKey } from "../parts/key-presses.js";
import { checkedPicture, saveFile, smallPicture } from "./file-contents.js";
import { downloadSentence } from "./file-words.js";

/** @typedef {import("./file-nodes.js").Picture & { by: string, at: Date }} Picture of whose message, and when */

/**
 * @param {Picture[]} pictures
 * @param {string} id of the one to begin with
 * @param {import("./file-nodes.js").Load} load
 * @param {HTMLElement} opener
 */
export function openGallery(pictures, id, load, opener) {
  new Gallery(pictures, load, opener).show(Math.max(0, pictures.findIndex(({ entry }) => entry.id === id)));
}

class Gallery {
  /**
   * @param {Picture[]} pictures
   * @param {import("./file-nodes.js").Load} load
   * @param {HTMLElement} opener
   */
  constructor(pictures, load, opener) {
    this.pictures = pictures;
    this.load = load;
    this.at = 0;
    this.stage = element("div", { class: "gallery-stage" });
    this.title = element("p", { class: "gallery-title", id: "gallery-title" });
    this.from = element("p", { class: "gallery-from", id: "gallery-from" });
    this.note = element("p", { class: "gallery-note", role: "status" });
    this.before = button("‹", () => this.show(this.at - 1), { class: "gallery-step", "aria-label": "Previous picture" });
    this.next = button("›", () => this.show(this.at + 1), { class: "gallery-step", "aria-label": "Next picture" });
    this.dialog = element("dialog", { class: "gallery", "aria-labelledby": "gallery-title", "aria-describedby": "gallery-from" },
      element("div", { class: "gallery-head" }, element("div", { class: "gallery-told", "aria-live": "polite" }, this.title, this.from),
        button("Save", () => void saveFile(this.picture.entry, load, { note: this.note }), { class: "gallery-tool" }),
        button("Close", () => this.dialog.close(), { class: "gallery-tool" })),
      element("div", { class: "gallery-row" }, this.before, this.stage, this.next), this.note);
    onKey(this.dialog, (event) => this.key(event));
    this.dialog.addEventListener("close", () => {
      this.dialog.remove();
      opener.focus();
    });
    document.body.append(this.dialog);
    this.dialog.showModal();
  }

  get picture() {
    return this.pictures[this.at];
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const end = { Home: 0, End: this.pictures.length - 1 }[event.key];
    if (step === undefined && end === undefined) return;
    event.preventDefault();
    this.show(end ?? this.at + (step ?? 0));
  }

  /** @param {number} at */
  show(at) {
    if (at < 0 || at >= this.pictures.length) return;
    this.at = at;
    const { entry, caption, by } = this.picture;
    fill(this.title, clipped(caption || entry.name), element("span", { class: "gallery-count" }, ` (${at + 1} of ${this.pictures.length})`));
    fill(this.from, isolated(by), `, ${timeWords(this.picture.at)}`);
    this.before.hidden = at === 0;
    this.next.hidden = at === this.pictures.length - 1;
    if (document.activeElement === this.before && this.before.hidden) this.next.focus();
    if (document.activeElement === this.next && this.next.hidden) this.before.focus();
    setText(this.note, "");
    const image = element("img", { alt: caption || entry.name, class: "gallery-picture", width: entry.width, height: entry.height });
    const small = smallPicture(entry.thumbnail);
    if (small) showBlob(image, small);
    this.stage.replaceChildren(image);
    void this.draw(at, image);
  }

  /** @param {number} at @param {HTMLImageElement} image */
  async draw(at, image) {
    const { entry } = this.pictures[at];
    try {
      showBlob(image, await checkedPicture(await (await this.load()).content(entry, "file", entry.type)));
    } catch (error) {
      if (at === this.at) setText(this.note, downloadSentence(error));
    }
  }
}

/** @param {Date} at */
function timeWords(at) {
  const [day, time] = [rowTime(at, new Date()), clock(at)];
  return day === time ? time : `${day}, ${time}`;
}
