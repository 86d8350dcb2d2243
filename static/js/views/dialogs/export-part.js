/** "Download everything that is mine" in Settings. */
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
  #said = find("#export-said", HTMLElement);
  #failed = find("#export-failed", HTMLElement);
  #progress = find("#export-progress", HTMLProgressElement);

  /** @param {() => Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    for (const format of /** @type {(keyof typeof FORMATS)[]} */ (Object.keys(FORMATS))) {
      find(`#export-${format}`, HTMLButtonElement).addEventListener("click", () => void this.#run(format));
    }
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
      setAttributes(find(`#export-${format}`, HTMLElement), { "aria-disabled": isBusy ? "true" : null });
    }
  }
}
