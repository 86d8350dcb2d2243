/** The messages that hold what is typed into the search field, beneath the chats that it finds. */
import { append, element, fill, find, isolated, setText } from "../../lib/dom.js";
import { foldText } from "../../lib/fold-text.js";
import { foldedWords } from "../../lib/letters.js";
import { after } from "../../lib/timing.js";
import { plural, rowTime } from "../parts/format.js";
import { asFailure, sentence } from "../parts/strings.js";
import { addressOf } from "../parts/router.js";
import { unmarked } from "../thread/formatting.js";

/** @typedef {import("../../model/screen/message-search.js").FoundMessage} FoundMessage */
/** @typedef {import("../../model/screen/message-search.js").MessageSearch} MessageSearch */

const SHORTEST = 2;
const TYPING_PAUSE_MS = 120;
const MOST_SHOWN = 100;
// What of a message is shown around the first found word, in characters.
const BEFORE = 24;
const LONGEST = 160;

export class FoundMessages {
  #parts;
  #section = find("#found", HTMLElement);
  #rows = find("#found-rows", HTMLElement);
  #note = find("#found-note", HTMLElement);
  /** @type {Promise<MessageSearch> | null} */
  #search = null;
  /** counts the queries, so that an earlier one ends when the next begins */
  #query = 0;

  /**
   * @param {object} parts
   * @param {HTMLInputElement} parts.field
   * @param {() => Promise<MessageSearch>} parts.begin
   * @param {(email: string) => string} parts.nameOf
   * @param {(message: FoundMessage) => Promise<boolean>} parts.open false: it cannot be shown
   */
  constructor(parts) {
    this.#parts = parts;
    parts.field.addEventListener("input", () => this.#typed());
    this.#typed();
  }

  #typed() {
    const query = (this.#query += 1);
    const typed = this.#parts.field.value.trim();
    this.#section.hidden = [...typed].length < SHORTEST;
    if (this.#section.hidden) {
      fill(this.#rows);
      void this.#search?.then((search) => search.forget(), () => {});
      this.#search = null;
    } else after(TYPING_PAUSE_MS, () => query === this.#query && void this.#run(typed, query));
  }

  async #begin() {
    const search = await this.#parts.begin();
    search.on("changed", () => this.#typed());
    return search;
  }

  /**
   * @param {string} typed
   * @param {number} query
   */
  async #run(typed, query) {
    try {
      this.#search ??= this.#begin();
      await this.#show(await this.#search, typed, query);
    } catch (error) {
      this.#search = null;
      if (query === this.#query) setText(this.#note, sentence(asFailure(error)));
    }
  }

  /**
   * @param {MessageSearch} search
   * @param {string} typed
   * @param {number} query
   */
  async #show(search, typed, query) {
    const [words, now] = [foldedWords(typed), new Date()];
    let shown = 0;
    setText(this.#note, "Searching…");
    for await (const part of search.find(typed)) {
      if (query !== this.#query) return;
      const rows = part.slice(0, MOST_SHOWN - shown).map((message) => this.#row(message, words, now));
      if (shown === 0) fill(this.#rows, ...rows);
      else append(this.#rows, ...rows);
      shown += rows.length;
      if (shown === MOST_SHOWN) break;
    }
    if (query !== this.#query) return;
    if (shown === 0) fill(this.#rows);
    setText(this.#note, noteFor(shown, search.since));
    void search.readAll().catch(() => {});
  }

  /** @param {FoundMessage} message */
  async #open(message) {
    const isShown = await this.#parts.open(message).catch(() => true);
    if (!isShown) setText(this.#note, "This message is too far back. Scroll up to it in its chat.");
  }

  /**
   * @param {FoundMessage} message
   * @param {string[]} words
   * @param {Date} now
   */
  #row(message, words, now) {
    const { peer, mine, atMs, text } = message;
    const [before, word, rest] = around(unmarked(text), words[0] ?? "");
    const link = element(
      "a",
      { class: "found-message", href: addressOf(peer) },
      element("span", { class: "found-head" },
        element("bdi", { class: "clip" }, this.#parts.nameOf(peer)), element("span", {}, rowTime(new Date(atMs), now))),
      element("span", { class: "found-text", dir: "auto" }, mine && "You: ", isolated(before), element("mark", {}, word), isolated(rest)),
    );
    link.addEventListener("click", (event) => {
      if (!(event.ctrlKey || event.metaKey || event.shiftKey)) void this.#open(message);
    });
    return element("li", {}, link);
  }
}

/**
 * @param {number} shown
 * @param {Date | null} since
 */
function noteFor(shown, since) {
  if (shown === MOST_SHOWN) return `The newest ${MOST_SHOWN}. Type more to find others.`;
  const words = shown === 0 ? "No message found." : `${plural(shown, "message", "messages")} found.`;
  return since === null ? words : `${words} Searched: what this browser keeps since ${since.toLocaleDateString()}.`;
}

/**
 * @param {string} text
 * @param {string} word folded
 * @returns {[string, string, string]} the text before the word, the word as it is written, and the text after it, all shortened
 */
export function around(text, word) {
  const characters = [...text.replace(/\s+/gu, " ")];
  const { start, end } = placeOf(characters, word);
  const from = Math.max(0, start - BEFORE);
  const before = (from > 0 ? "…" : "") + characters.slice(from, start).join("");
  const rest = characters.slice(end, from + LONGEST).join("") + (characters.length > from + LONGEST ? "…" : "");
  return [before, characters.slice(start, end).join(""), rest];
}

/**
 * Folding changes the length of a text, so the characters are folded one by one.
 * @param {string[]} characters
 * @param {string} word
 */
function placeOf(characters, word) {
  /** @type {number[]} which character each folded one comes from */
  const origins = [];
  let folded = "";
  characters.forEach((character, index) => {
    const small = foldText(character);
    folded += small;
    for (let unit = 0; unit < small.length; unit += 1) origins.push(index);
  });
  const at = folded.indexOf(word);
  if (at < 0 || word === "") return { start: 0, end: 0 };
  return { start: origins[at] ?? 0, end: (origins[at + word.length - 1] ?? 0) + 1 };
}
