/** The buttons, the progress and the words of a download: of "Download everything that is mine", and of one chat. */
import { find, setAttributes, setText } from "../../lib/dom.js";
import { saveAs } from "../parts/download.js";
import { asFailure, sentence } from "../parts/strings.js";
import { htmlPieces, jsonPieces } from "./export-files.js";

/** @typedef {import("./export-files.js").Parts} Parts */

const FORMATS = {
  html: { pieces: htmlPieces, type: "text/html" },
  json: { pieces: jsonPieces, type: "application/json" },
};

export class ExportPart {
  #parts;
  #isBusy = false;
  #root;
  #said;
  #failed;
  #progress;

  /**
   * @param {() => Parts} parts
   * @param {ParentNode} root
   */
  constructor(parts, root) {
    this.#parts = parts;
    this.#root = root;
    this.#said = find("[data-export-said]", HTMLElement, root);
    this.#failed = find("[data-export-failed]", HTMLElement, root);
    this.#progress = find("progress", HTMLProgressElement, root);
    for (const format of /** @type {(keyof typeof FORMATS)[]} */ (Object.keys(FORMATS))) {
      this.#button(format).addEventListener("click", () => void this.#run(format));
    }
  }

  /** @param {string} format */
  #button(format) {
    return find(`[data-export=${format}]`, HTMLButtonElement, this.#root);
  }

  /** @param {keyof typeof FORMATS} format */
  async #run(format) {
    if (this.#isBusy) return;
    this.#setBusy(true);
    setText(this.#failed, "");
    setText(this.#said, "Reading your messages…");
    try {
      await this.#save(format);
      setText(this.#said, "The file is in your downloads. Keep it where nobody else reads it.");
    } catch (error) {
      setText(this.#said, "");
      setText(this.#failed, sentence(asFailure(error)));
    }
    this.#setBusy(false);
  }

  /**
   * Each piece becomes a Blob at once, which a browser may keep on the disk.
   * @param {keyof typeof FORMATS} format
   */
  async #save(format) {
    const now = new Date();
    const { pieces, type } = FORMATS[format];
    const blobs = [];
    for await (const piece of pieces(this.#counted(), now)) blobs.push(new Blob([piece]));
    saveAs(`vibechat-${now.toISOString().slice(0, 10)}.${format}`, new Blob(blobs, { type }));
  }

  async *#counted() {
    this.#progress.value = 0;
    for await (const part of this.#parts()) {
      if (part.kind === "account") this.#progress.max = Math.max(1, part.messages);
      if (part.kind === "messages") this.#progress.value += part.read;
      yield part;
    }
  }

  /** @param {boolean} isBusy */
  #setBusy(isBusy) {
    this.#isBusy = isBusy;
    this.#progress.hidden = !isBusy;
    for (const format of Object.keys(FORMATS)) {
      setAttributes(this.#button(format), { "aria-disabled": isBusy ? "true" : null });
    }
  }
}
