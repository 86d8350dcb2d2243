/** A form that calls the server: one call at a time; errors are shown at their field and announced. */
import { append, element, find, setAttributes, setText } from "../../lib/dom.js";
import { asFailure, fieldSentences, sentence } from "../parts/strings.js";

/** @typedef {import("../parts/strings.js").Failure} Failure */
/** @typedef {(values: Record<string, string>) => Promise<unknown>} Action */

export class AskingForm {
  /**
   * @param {HTMLFormElement} form
   * @param {Action} action
   * @param {Record<string, string>} [required] what to say where a field of that name is empty
   * @param {{ repeats?: boolean }} [options] repeats: what is sent while an answer is awaited is sent after it
   */
  constructor(form, action, required = {}, { repeats = false } = {}) {
    this.form = form;
    this.action = action;
    this.required = required;
    this.repeats = repeats;
    this.busy = false;
    this.isAskedAgain = false;
    /* An answer is ignored if the dialog was closed and opened since the call. */
    this.opening = 0;
    this.error = find(".form-error", HTMLElement, form);
    /** @type {HTMLElement | null} the button that was pressed */
    this.submitter = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submitter = event.submitter;
      void this.run();
    });
  }

  async run() {
    if (this.busy) {
      this.isAskedAgain = this.repeats;
      return;
    }
    this.clear();
    const values = this.values();
    const missing = Object.keys(this.required).filter((name) => !values[name]);
    for (const name of missing) this.showAt(name, this.required[name] ?? "");
    if (missing.length > 0) return this.focusFirst();
    const { opening } = this;
    this.setBusy(true);
    await this.action(values).catch((error) => opening === this.opening && this.show(asFailure(error)));
    if (opening !== this.opening) return;
    this.setBusy(false);
    const { isAskedAgain } = this;
    this.isAskedAgain = false;
    if (isAskedAgain) await this.run();
  }

  /** Ignores the answer of a call that is still running. */
  giveUp() {
    this.opening += 1;
    this.isAskedAgain = false;
    this.setBusy(false);
  }

  /** @returns {Record<string, string>} */
  values() {
    return Object.fromEntries([...new FormData(this.form, this.submitter)].map(([name, value]) => [name, String(value)]));
  }

  /** @param {boolean} busy */
  setBusy(busy) {
    this.busy = busy;
    if (this.repeats) {
      return;
    }
    for (const submit of this.form.querySelectorAll("[type=submit]")) {
      setAttributes(submit, { "aria-disabled": busy ? "true" : null });
    }
  }

  /** @param {Failure} failure */
  show(failure) {
    const shown = fieldSentences(failure).filter(([name, words]) => this.showAt(name, words));
    if (shown.length > 0) return this.focusFirst();
    this.error.hidden = false;
    setText(this.error, sentence(failure));
  }

  /**
   * @param {string} name
   * @param {string} words
   */
  showAt(name, words) {
    const input = this.form.elements.namedItem(name);
    if (!(input instanceof HTMLInputElement)) return false;
    const id = `${input.id}-error`;
    append(input.closest(".field") ?? this.form, element("p", { class: "field-error", id }, words));
    const described = (input.getAttribute("aria-describedby") ?? "").split(" ");
    setAttributes(input, { "aria-invalid": "true", "aria-describedby": [id, ...described].join(" ").trim() });
    return true;
  }

  focusFirst() {
    const first = this.form.querySelector("[aria-invalid]");
    if (first instanceof HTMLElement) first.focus();
  }

  clear() {
    this.error.hidden = true;
    setText(this.error, "");
    for (const node of this.form.querySelectorAll(".field-error")) node.remove();
    for (const input of this.form.querySelectorAll("[aria-invalid]")) {
      const described = (input.getAttribute("aria-describedby") ?? "")
        .split(" ")
        .filter((id) => id !== `${input.id}-error`);
      setAttributes(input, { "aria-invalid": null, "aria-describedby": described.join(" ") || null });
    }
  }

  reset() {
    this.giveUp();
    this.clear();
    this.form.reset();
  }
}
