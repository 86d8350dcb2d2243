/** Copies a text at a button, and announces it. */
import { setText } from "../../lib/dom.js";
import { after } from "../../lib/timing.js";

const SAID_MS = 2000;

/**
 * @param {HTMLButtonElement} button
 * @param {string} text
 * @param {(words: string) => void} announce
 */
export async function copyBy(button, text, announce) {
  const words = (await copied(text)) ? "Copied" : "Copy it by hand";
  button.dataset.label ??= button.textContent ?? "";
  setText(button, words);
  announce(words);
  after(SAID_MS, () => setText(button, button.dataset.label ?? ""));
}

/** @param {string} text */
function copied(text) {
  return navigator.clipboard.writeText(text).then(() => true, () => false);
}
