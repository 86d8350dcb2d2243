/** The composer. It grows with the text, and shows a counter when the text gets long. */
import { find, setText } from "../../lib/dom.js";
import { joined, without } from "../../lib/draft-merge.js";
import { isVisible } from "../../lib/text.js";
import { plural } from "../parts/format.js";
import { onKey } from "../parts/key-presses.js";
import { asFailure, sentence } from "../parts/strings.js";
import { characterCount } from "./days.js";

export const LONGEST_MESSAGE = 4000;
const COUNT_FROM = 3500;
/* A screen reader would read a counter that changes with every key. */
const SAY_EVERY = 100;

export class Composer {
  /**
   * @param {object} actions
   * @param {(send: () => void) => boolean} actions.asksFirst whether the person is asked before anything is sent; if they
   *   agree, `send` is called
   * @param {(text: string) => Promise<unknown>} actions.onSend
   * @param {(text: string) => void} actions.onDraft
   * @param {(isFocused: boolean) => void} actions.onFocus
   * @param {() => void} actions.onUp the key "up" without a text
   * @param {() => boolean} actions.hasMore whether there is something to send without a text
   */
  constructor({ asksFirst, onSend, onDraft, onFocus, onUp, hasMore }) {
    this.hasMore = hasMore;
    this.asksFirst = asksFirst;
    this.onSend = onSend;
    this.onDraft = onDraft;
    this.onUp = onUp;
    /** @type {string | null} what another tab has added to the draft, until the composition ends */
    this.others = null;
    this.form = find("#composer", HTMLFormElement);
    this.text = find("#composer-text", HTMLTextAreaElement);
    this.counter = find("#composer-counter", HTMLElement);
    this.said = find("#composer-said", HTMLElement);
    this.sendButton = find(".send", HTMLButtonElement, this.form);
    this.text.addEventListener("input", () => this.changed());
    this.onFocus = onFocus;
    this.text.addEventListener("focus", () => onFocus(true));
    this.text.addEventListener("blur", () => onFocus(false));
    this.isComposing = false;
    this.text.addEventListener("compositionstart", () => (this.isComposing = true));
    this.text.addEventListener("compositionend", () => this.composed());
    onKey(this.text, (event) => this.key(event));
    this.form.addEventListener("submit", (event) => this.submit(event));
    this.sendButton.addEventListener("mousedown", (event) => event.preventDefault());
    let width = 0;
    const observer = new ResizeObserver(() => {
      if (this.form.clientWidth === width) return;
      width = this.form.clientWidth;
      this.grow();
    });
    observer.observe(this.form);
  }

  /** @param {string} draft */
  open(draft) {
    this.others = null;
    this.write(draft);
    this.onFocus(document.activeElement === this.text);
  }

  /** @param {string} draft as it is now, with what was typed in another tab; the caret stays where somebody is typing */
  offerDraft(draft) {
    const { value, selectionStart, selectionEnd } = this.text;
    if (value === draft) return;
    if (this.isComposing) {
      this.others = without(draft, value);
      return;
    }
    this.write(draft);
    if (value === "" || document.activeElement !== this.text || !document.hasFocus()) return;
    const shift = draft.endsWith(`\n${value}`) ? draft.length - value.length : 0;
    this.text.setSelectionRange(selectionStart + shift, selectionEnd + shift);
  }

  /** Replacing the text ends a composition, so the draft of another tab is added after it. */
  composed() {
    this.isComposing = false;
    const whole = this.draft();
    if (this.others === null) return;
    this.others = null;
    this.offerDraft(whole);
    this.onDraft(whole);
  }

  /** During a composition the draft is more than the text that is shown: this tab may be closed before its end. */
  draft() {
    return this.others === null ? this.text.value : joined(this.text.value, this.others);
  }

  /** @param {string} emoji in the place of what is marked, or at the caret */
  insert(emoji) {
    const { selectionStart, selectionEnd } = this.text;
    this.text.setRangeText(emoji, selectionStart, selectionEnd, "end");
    this.focus();
    this.changed();
  }

  focus() {
    this.text.focus({ preventScroll: true });
  }

  /** @param {string} text */
  write(text) {
    this.text.value = text;
    this.drawState();
  }

  changed() {
    this.drawState();
    this.onDraft(this.draft());
  }

  drawState() {
    const left = LONGEST_MESSAGE - characterCount(this.text.value);
    this.sendButton.setAttribute("aria-disabled", String(left < 0 || (messageOf(this.text.value) === "" && !this.hasMore())));
    this.counter.classList.toggle("over", left < 0);
    setText(this.counter, counterText(left));
    if (left >= LONGEST_MESSAGE - COUNT_FROM || left % SAY_EVERY === 0 || left === -1) {
      setText(this.said, counterText(left));
    }
    this.grow();
  }

  /** The form keeps its height while the text is measured: otherwise the browser scrolls the log above it. */
  grow() {
    this.form.style.minHeight = `${this.form.offsetHeight}px`;
    this.text.style.height = "auto";
    if (this.text.value !== "") this.text.style.height = `${this.text.scrollHeight}px`;
    this.form.style.minHeight = "";
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "ArrowUp" && this.text.value === "") {
      event.preventDefault();
      this.onUp();
      return;
    }
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  /** @param {SubmitEvent} event */
  submit(event) {
    event.preventDefault();
    const text = messageOf(this.text.value);
    if ((text === "" && !this.hasMore()) || characterCount(text) > LONGEST_MESSAGE) return;
    if (this.asksFirst(() => this.form.requestSubmit())) return;
    this.write("");
    this.onSend(text).catch((error) => this.giveBack(text, sentence(asFailure(error))));
    this.focus();
  }

  /**
   * @param {string} text that could not even be kept here
   * @param {string} why
   */
  giveBack(text, why) {
    this.write(this.text.value === "" ? text : `${text}\n${this.text.value}`);
    this.counter.classList.add("over");
    for (const node of [this.counter, this.said]) setText(node, why);
    this.onDraft(this.text.value);
  }
}

/**
 * Removes empty lines around the message.
 * @param {string} typed
 * @returns {string} "" where a reader would see nothing of it
 */
function messageOf(typed) {
  if (!isVisible(typed)) return "";
  return typed.replace(/^(?:[^\S\n]*\n)+/u, "").trimEnd();
}

/** @param {number} left */
function counterText(left) {
  if (left > LONGEST_MESSAGE - COUNT_FROM) return "";
  return left < 0
    ? `${plural(-left, "character", "characters")} too many`
    : `${plural(left, "character", "characters")} left`;
}
