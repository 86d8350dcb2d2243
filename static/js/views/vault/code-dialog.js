/** Shows a new recovery code, and asks for two of its groups before it is kept. */
import { fill, element, find, setText } from "../../lib/dom.js";
import { Dialog } from "../dialogs/dialog.js";
import { AskingForm } from "../forms/form.js";
import { copyBy } from "../parts/clipboard.js";
import { saveAs } from "../parts/download.js";
import { codeFile, isSameGroup } from "./code-words.js";

/** @typedef {{code: string, groups: string[], ask: [number, number]}} Draft */
/**
 * @typedef {object} CodeParts
 * @property {() => Promise<Draft>} draft
 * @property {(draft: Draft) => Promise<unknown>} keep
 * @property {() => void} onKept
 * @property {() => string} email
 * @property {ParentNode} home
 */

export class CodeDialog extends Dialog {
  /** @type {Draft | null} */
  #draft = null;

  /** @param {CodeParts} parts */
  constructor(parts) {
    super("recovery-code", parts.home);
    this.parts = parts;
    this.shown = find("#code-shown", HTMLFormElement, this.node);
    this.asked = find("#code-asked", HTMLFormElement, this.node);
    this.text = find("#code-text", HTMLElement, this.node);
    this.said = find("#code-said", HTMLElement, this.node);
    this.inputs = [...this.asked.querySelectorAll("input")];
    this.form = new AskingForm(this.asked, (values) => this.keep(values));
    this.shown.addEventListener("submit", (event) => {
      event.preventDefault();
      this.step(true);
    });
    this.press("back", () => this.step(false));
    this.press("copy", (button) => void copyBy(button, this.draft.code, (words) => setText(this.said, words)));
    this.press("download", () => this.download());
    this.press("print", () => window.print());
  }

  /**
   * @param {string} name
   * @param {(button: HTMLButtonElement) => void} action
   */
  press(name, action) {
    const button = find(`#code-${name}`, HTMLButtonElement, this.node);
    button.addEventListener("click", () => action(button));
  }

  get draft() {
    if (!this.#draft) throw new Error("no code is shown");
    return this.#draft;
  }

  /**
   * @param {string} [why] what to say before it
   * @throws what `draft` throws
   */
  async offer(why = "") {
    const draft = await this.parts.draft();
    this.#draft = draft;
    const reason = find("#code-why", HTMLElement, this.node);
    setText(reason, why);
    reason.hidden = why === "";
    fill(this.text, ...draft.groups.flatMap((group, index) => [index > 0 && "-", element("span", {}, group)]));
    setText(find("#code-email", HTMLElement, this.node), this.parts.email());
    setText(find("#code-host", HTMLElement, this.node), location.host);
    const [first, second] = draft.ask.map((index) => `Group ${index + 1}`);
    setText(find("#code-ask", HTMLElement, this.node), `Type ${lower(first)} and ${lower(second)}, to see that you have it.`);
    for (const [place, label] of [first, second].entries()) {
      setText(find(`[for=code-group-${place}]`, HTMLElement, this.node), label ?? "");
    }
    this.form.reset();
    this.step(false);
    this.open();
  }

  /** @param {boolean} isAsked whether the groups are asked for */
  step(isAsked) {
    this.form.giveUp();
    this.shown.hidden = isAsked;
    this.asked.hidden = !isAsked;
    if (isAsked) this.inputs[0]?.focus();
    else find("h2", HTMLElement, this.node).focus();
  }

  /** @param {Record<string, string>} values */
  async keep(values) {
    const { draft } = this;
    const wrong = draft.ask.filter((index, place) => !isSameGroup(values[`group-${place}`] ?? "", draft.groups[index] ?? ""));
    for (const index of wrong) {
      this.form.showAt(`group-${draft.ask.indexOf(index)}`, `This is not group ${index + 1}. Look again.`);
    }
    if (wrong.length > 0) return this.form.focusFirst();
    await this.hold(() => this.parts.keep(draft));
    this.setHeld(false);
    this.close();
    this.parts.onKept();
  }

  download() {
    const text = codeFile({ code: this.draft.code, email: this.parts.email(), host: location.host, at: new Date() });
    saveAs("vibechat-recovery-code.txt", new Blob([text], { type: "text/plain" }));
    setText(this.said, "The file is downloaded.");
  }

  /** @override */
  closed() {
    super.closed();
    if (this.isOpen) return;
    this.#draft = null;
    fill(this.text);
    this.form.reset();
  }
}

/** @param {string | undefined} label */
function lower(label = "") {
  return label.charAt(0).toLowerCase() + label.slice(1);
}
