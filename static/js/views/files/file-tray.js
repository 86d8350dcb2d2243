/** The files that go with the next message: the buttons of the composer, paste and drop, and a line for each file. */
import { button, element, fill, find, icon, isolated } from "../../lib/dom.js";
import { showBlob } from "../../lib/media.js";
import { after } from "../../lib/timing.js";
import { smallPicture } from "./file-contents.js";
import { loadPreparation, loadRecorder } from "./lazy.js";
import { sizeWords, uploadSentence } from "./file-words.js";

/** @typedef {import("../../model/files/files.js").Files} Files */
/** @typedef {import("../../model/files/files.js").Upload} Upload */

/** A press of the button that lasts longer records until it is let go. */
const HELD_MS = 400;
const THUMBNAIL_LIMIT = 4096;
const THUMBNAILS_LIMIT = 24 * 1024;

export class FileTray {
  /**
   * @param {object} parts
   * @param {(isWanted?: boolean) => Promise<any>} parts.files isWanted: false: null where nothing was being uploaded
   * @param {() => string} parts.email of the open chat; "": none
   * @param {HTMLElement} parts.section of the chat, on which files are dropped
   * @param {import("../thread/composer.js").Composer} parts.composer
   * @param {(...words: import("../../lib/dom.js").Child[]) => void} parts.tell
   * @param {() => void} parts.onSend
   */
  constructor({ files, email, section, composer, tell, onSend }) {
    this.load = files;
    this.email = email;
    this.composer = composer;
    this.tell = tell;
    this.onSend = onSend;
    /** @type {Files | null} */
    this.files = null;
    /** @type {{ email: string, words: string } | null} */
    this.trouble = null;
    this.isOriginal = false;
    /** how many choices of files are being prepared */
    this.waiting = 0;
    /** @type {Map<string, HTMLElement>} lines by upload */
    this.lines = new Map();
    this.input = element("input", { type: "file", multiple: true, "aria-label": "Files", class: "visually-hidden", tabindex: -1 });
    this.input.addEventListener("change", () => this.chosen());
    this.list = element("ul", { class: "tray-files", "aria-label": "To be sent", role: "list" });
    this.note = element("p", { class: "tray-note", role: "status" });
    this.original = element("input", { type: "checkbox", id: "tray-original" });
    this.original.addEventListener("change", () => (this.isOriginal = this.original.checked));
    this.originalLabel = element("label", { class: "tray-original", hidden: true }, this.original, " Next pictures unchanged, with place and camera data");
    this.node = element("div", { class: "tray", hidden: true }, this.list, this.originalLabel, this.note);
    const box = find(".composer-box", HTMLElement, composer.form);
    box.before(this.node, this.attachButton(), this.input);
    box.after(this.voiceButton());
    composer.form.addEventListener("paste", (event) => this.pasted(event));
    this.listenToDrops(section);
    void files(false).then((model) => void (model && this.model())).catch(() => {});
  }

  attachButton() {
    const node = element("button", { type: "button", class: "icon-button composer-tool", "aria-label": "Attach", title: "Attach" }, icon("attach"));
    node.addEventListener("click", () => this.input.click());
    return node;
  }

  voiceButton() {
    const words = "Record a voice message";
    const node = element("button", { type: "button", class: "icon-button composer-tool", "aria-label": words, title: words }, icon("voice"));
    let isHeld = false;
    node.addEventListener("pointerdown", () => {
      isHeld = false;
      const timer = after(HELD_MS, () => {
        isHeld = true;
        const recording = this.record(node);
        document.addEventListener("pointerup", async () => (await recording)?.end(true), { once: true });
      });
      document.addEventListener("pointerup", () => clearTimeout(timer), { once: true });
    });
    node.addEventListener("click", () => isHeld || void this.record(node));
    return node;
  }

  /**
   * @param {HTMLButtonElement} opener
   * @returns {Promise<import("./recorder.js").Recorder | null>} null: there is nothing to record by
   */
  async record(opener) {
    const email = this.email();
    const { Recorder } = await loadRecorder();
    const files = await this.model();
    if (!files.canGet(email)) {
      this.say(email, uploadSentence({ code: "no_version_2" }));
      return null;
    }
    const recorder = new Recorder({
      form: this.composer.form,
      opener,
      tell: this.tell,
      onDone: (prepared) => this.attempt(email, () => {
        files.add(email, prepared);
        this.onSend();
        void files.send(email, "", null).catch((error) => this.say(email, uploadSentence(error)));
      }),
      onRefused: (words) => this.say(email, words),
    });
    await recorder.start();
    return recorder;
  }

  /** @param {HTMLElement} section */
  listenToDrops(section) {
    const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
    section.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      section.classList.add("dropping");
    });
    for (const name of ["dragleave", "drop"]) section.addEventListener(name, () => section.classList.remove("dropping"));
    section.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      void this.take([...(event.dataTransfer?.files ?? [])]);
    });
    /* Beside the chat the browser would leave the page and open the file. */
    for (const name of /** @type {const} */ (["dragover", "drop"])) {
      document.addEventListener(name, (event) => {
        if (event.defaultPrevented || !hasFiles(event)) return;
        event.preventDefault();
        if (event.dataTransfer) event.dataTransfer.dropEffect = "none";
      });
    }
  }

  /** Office programs put a picture of a copied text beside it. @param {ClipboardEvent} event */
  pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0 || event.clipboardData?.types.includes("text/rtf")) return;
    event.preventDefault();
    void this.take(files);
  }

  chosen() {
    const files = [...(this.input.files ?? [])];
    this.input.value = "";
    void this.take(files);
    this.composer.focus();
  }

  /** @returns {Promise<Files>} */
  async model() {
    if (this.files) return this.files;
    /** @type {Files} */
    const files = await this.load();
    if (this.files === null) files.on("changed", ({ email }) => email === this.email() && this.draw());
    this.files = files;
    this.draw();
    return files;
  }

  /** @param {File[]} chosen */
  async take(chosen) {
    const email = this.email();
    this.trouble = null;
    this.waiting += 1;
    this.draw();
    try {
      const [files, { prepare }] = await Promise.all([this.model(), loadPreparation()]);
      if (!files.canGet(email)) return this.say(email, uploadSentence({ code: "no_version_2" }));
      const used = files.tray(email).uploads.reduce((sum, { entry }) => sum + (entry?.thumbnail?.length ?? 0), 0);
      const thumbnailBytes = Math.floor(Math.min(THUMBNAIL_LIMIT, (THUMBNAILS_LIMIT - used) / Math.max(chosen.length, 1)));
      let room = files.room(email) - chosen.length;
      for (const file of chosen) {
        const prepared = await prepare(file, { thumbnailBytes, mayPreview: room > 0, isOriginal: this.isOriginal });
        room -= prepared.preview ? 1 : 0;
        if (!this.attempt(email, () => files.add(email, prepared))) break;
      }
    } catch (error) {
      this.say(email, uploadSentence(error));
    } finally {
      this.waiting -= 1;
      this.draw();
    }
  }

  /** @param {string} email @param {() => void} work @returns {boolean} */
  attempt(email, work) {
    try {
      work();
      return true;
    } catch (error) {
      this.say(email, uploadSentence(error));
      return false;
    }
  }

  /** @param {string} email @param {string} words */
  say(email, words) {
    this.trouble = { email, words };
    this.draw();
  }

  /** Whether there is something to send without a text. */
  get isFilled() {
    return Boolean(this.waiting) || this.uploads().some(({ state }) => state !== "failed");
  }

  uploads() {
    return this.files?.tray(this.email()).uploads ?? [];
  }

  /**
   * @param {string} caption
   * @param {string | null} reply
   */
  async send(caption, reply) {
    const email = this.email();
    this.onSend();
    const files = await this.model();
    while (this.waiting) await new Promise((resolve) => requestAnimationFrame(resolve));
    return files.send(email, caption, reply);
  }

  /** Shows the files of the open chat. */
  draw() {
    const uploads = this.uploads();
    const isSending = this.files?.tray(this.email()).caption !== null && uploads.length > 0;
    const known = new Set(uploads.map(({ id }) => id));
    for (const [id, node] of this.lines) {
      if (known.has(id)) continue;
      this.lines.delete(id);
      node.remove();
    }
    for (const upload of uploads) this.drawLine(upload);
    this.originalLabel.hidden = uploads.length === 0 || isSending;
    const words = this.trouble?.email === this.email() ? this.trouble.words : "";
    fill(this.note, words || (isSending ? "Is sent when it is uploaded." : ""));
    this.node.hidden = uploads.length === 0 && words === "" && !this.waiting;
    this.composer.drawState();
  }

  /** @param {Upload} upload */
  drawLine(upload) {
    const line = this.lines.get(upload.id) ?? this.newLine(upload);
    const bar = find("progress", HTMLProgressElement, line);
    bar.value = Math.round(100 * upload.fraction);
    bar.hidden = upload.state !== "working";
    fill(find(".tray-state", HTMLElement, line), upload.state === "failed" ? uploadSentence(upload.error) : sizeWords(upload.size));
    line.classList.toggle("failed", upload.state === "failed");
  }

  /** @param {Upload} upload */
  newLine(upload) {
    const words = `Cancel ${upload.name}`;
    const cancel = button("×", () => {
      if (cancel.matches(":focus-visible")) this.composer.focus(); // The line goes.
      void this.files?.cancel(upload);
    }, { class: "icon-button tray-cancel", "aria-label": words, title: "Cancel" });
    const small = smallPicture(upload.thumbnail);
    const image = element("img", { alt: "", class: "tray-picture", draggable: false });
    if (small) showBlob(image, small);
    const bar = element("progress", { max: 100, "aria-label": `Uploading ${upload.name}` });
    const line = element("li", { class: "tray-file" },
      small ? image : element("span", { class: "tray-picture file-icon", "aria-hidden": "true" }, icon("file")),
      element("span", { class: "file-told" }, element("span", { class: "tray-name" }, isolated(upload.name)), element("span", { class: "tray-state" }), bar),
      cancel);
    this.lines.set(upload.id, line);
    this.list.append(line);
    return line;
  }
}
