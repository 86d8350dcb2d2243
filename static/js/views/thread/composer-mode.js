/** What the composer writes: a new message, a reply to one, or an edit of one. A strip above the text says which. */
import { button, element, fill, isolated } from "../../lib/dom.js";
import { shortened } from "../../lib/text.js";
import { readFiles } from "../../types/file-type.js";
import { unmarked } from "./formatting.js";

/** @typedef {import("../../model/screen/thread-items.js").ThreadItem} ThreadItem */
/** @typedef {{ kind: "reply" | "edit", item: ThreadItem }} Mode */

const TEXT_LIMIT = 160;

export class ComposerMode {
  /**
   * @param {import("./composer.js").Composer} composer
   * @param {() => string} name of the other person
   * @param {() => string} draft of the new message, which an edit puts aside
   */
  constructor(composer, name, draft) {
    this.composer = composer;
    this.name = name;
    this.draft = draft;
    /** @type {Mode | null} */
    this.mode = null;
    this.strip = element("div", { class: "composer-mode", id: "composer-mode", hidden: true });
    composer.form.prepend(this.strip);
  }

  get isEditing() {
    return this.mode?.kind === "edit";
  }

  /** Whether no text is an answer too: a caption that is taken away. */
  get mayBeEmpty() {
    return this.mode?.kind === "edit" && captionOf(this.mode.item) !== null;
  }

  /** @param {ThreadItem} item */
  reply(item) {
    this.end();
    this.begin({ kind: "reply", item }, "Reply to ", item.mine ? "yourself" : isolated(this.name()));
  }

  /** @param {ThreadItem} item */
  edit(item) {
    this.end();
    this.begin({ kind: "edit", item }, "Edit your message");
    this.composer.write(captionOf(item) ?? item.text);
    this.composer.focus();
  }

  /**
   * @param {Mode} mode
   * @param {...import("../../lib/dom.js").Child} words
   */
  begin(mode, ...words) {
    this.mode = mode;
    fill(
      this.strip,
      element("p", {}, element("strong", {}, ...words), " ", element("span", { class: "clip", dir: "auto" }, shortened(unmarked(mode.item.text), TEXT_LIMIT))),
      button("Cancel", () => this.end()),
    );
    this.strip.hidden = false;
    this.composer.focus();
  }

  /** @returns {Mode | null} what the text that is being sent is for */
  take() {
    const { mode } = this;
    this.end();
    return mode;
  }

  end() {
    const wasEditing = this.isEditing;
    this.mode = null;
    if (!this.strip.hidden) fill(this.strip);
    this.strip.hidden = true;
    if (wasEditing) this.composer.write(this.draft());
    if (wasEditing) this.composer.focus();
  }
}

/** @param {ThreadItem} item @returns {string | null} null: it has no files */
function captionOf({ content }) {
  return content?.type === "file" ? (readFiles(content.body)?.caption ?? "") : null;
}
