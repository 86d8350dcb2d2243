/**
 * Finds messages of all chats by their text, in what this browser keeps. The first search begins to decrypt the texts, newest first and in
 * small parts, so that the page stays responsive. They stay in memory until `forget`, so that later searches read nothing.
 */
import { fold, foldedWords } from "../../lib/letters.js";
import { SerialQueue } from "../../lib/timing.js";
import { get, lastMessages, messagesFrom } from "../../storage/queries.js";
import { loadVersion } from "../../types/content-types.js";
import { unshownChats } from "../history/standing.js";
import { messageRecord } from "../keys/storage-cipher.js";
import { ChangedTexts } from "./changed-texts.js";

/** @typedef {{ id: number, peer: string, mine: boolean, atMs: number, text: string }} FoundMessage */
/** @typedef {FoundMessage & { folded: string, content: StoredContent }} KnownText */

const BATCH = 500;
const SCANNED_AT_ONCE = 10_000;
const CHECKED_AT_ONCE = 100;

export class MessageSearch {
  #batch;
  #database;
  #cipher;
  #turns = new SerialQueue();
  /** @type {KnownText[]} newest first: of all rows with #oldest ≤ id ≤ #newest */
  #texts = [];
  #oldest = Infinity;
  #newest = 0;
  #isWhole = false;
  /** @type {Promise<void> | null} */
  #reading = null;
  #changes = new ChangedTexts();

  /** @param {{ database: Database, cipher: StorageCipher, batch?: number }} own batch: how many messages are decrypted at once */
  constructor({ database, cipher, batch = BATCH }) {
    this.#batch = batch;
    this.#database = database;
    this.#cipher = cipher;
  }

  /** When the oldest text that was searched was written; null: there was none. */
  get since() {
    const oldest = this.#texts.at(-1);
    return oldest ? new Date(oldest.atMs) : null;
  }

  /**
   * @param {string} query each of its words is looked for, also within words
   * @returns {AsyncGenerator<FoundMessage[], void, void>} newest first; a part may be empty
   */
  async *find(query) {
    const words = foldedWords(query);
    const isFound = (/** @type {KnownText} */ { folded }) => words.every((word) => folded.includes(word));
    await this.#turns.run(() => this.#readNewer());
    for (let at = 0; at < this.#texts.length || !this.#isWhole;) {
      if (at >= this.#texts.length) {
        await this.#turns.run(() => this.#readOlder());
      }
      const part = this.#texts.slice(at, at + SCANNED_AT_ONCE);
      at += part.length;
      const found = part.filter(isFound);
      if (found.length === 0) {
        yield []; // whoever asked may have lost interest
      }
      for (let next = 0; next < found.length; next += CHECKED_AT_ONCE) {
        yield await this.#shown(found.slice(next, next + CHECKED_AT_ONCE));
      }
    }
  }

  /** Reads on to the oldest message, so that the next search has all texts. */
  async readAll() {
    this.#reading ??= this.#readOn();
    await this.#reading;
  }

  /** The texts leave the memory. */
  forget() {
    [this.#texts, this.#oldest, this.#newest, this.#isWhole] = [[], Infinity, 0, false];
    this.#reading = null;
    this.#changes = new ChangedTexts();
  }

  async #readOn() {
    const mark = this.#changes; // `forget` makes new ones
    while (!this.#isWhole && this.#changes === mark) {
      await this.#turns.run(() => this.#readOlder());
    }
  }

  async #readNewer() {
    const from = this.#newest + 1;
    if (from > 1) {
      const rows = await this.#database.read(["messages"], (stores) => messagesFrom(stores("messages"), from));
      const texts = await this.#texted(rows);
      this.#texts.unshift(...texts);
      this.#newest = rows.at(-1)?.id ?? this.#newest;
    }
  }

  async #readOlder() {
    const [below, changes] = [this.#oldest, this.#changes];
    if (this.#isWhole) {
      return;
    }
    const rows = await this.#database.read(["messages"], (stores) => lastMessages(stores("messages"), this.#batch, below));
    const texts = await this.#texted(rows);
    if (changes !== this.#changes) {
      return; // forgotten meanwhile
    }
    this.#texts.push(...texts);
    this.#oldest = rows[0]?.id ?? below;
    this.#newest = Math.max(this.#newest, rows.at(-1)?.id ?? 0);
    this.#isWhole = rows.length < this.#batch;
  }

  /**
   * @param {MessageRow[]} rows oldest first
   * @returns {Promise<KnownText[]>} newest first, without those that have no text here
   */
  async #texted(rows) {
    const contents = await Promise.all(rows.map((row) => this.#contentOf(row)));
    const changed = new Set(contents.flatMap((content, index) => (content && this.#changes.note(content, Boolean(rows[index]?.mine))) ?? []));
    if (changed.size > 0) {
      this.#texts = this.#texts.flatMap((known) => (changed.has(known.content.hash) ? this.#known(known, known.content) : known));
    }
    return rows.flatMap((row, index) => {
      const content = contents[index];
      const { id, peer, mine, createdAtMs: atMs } = row;
      return content && !row.hidden ? this.#known({ id, peer, mine, atMs }, content) : [];
    }).reverse();
  }

  /**
   * @param {MessageRow} row
   * @returns {Promise<StoredContent | null>}
   */
  async #contentOf(row) {
    const content = row.sealed ? await this.#cipher.open(messageRecord(row), row.sealed).catch(() => null) : null;
    await loadVersion(content?.v);
    return content;
  }

  /**
   * @param {Omit<FoundMessage, "text">} message
   * @param {StoredContent} content
   * @returns {KnownText[]} none: it has no text
   */
  #known({ id, peer, mine, atMs }, content) {
    const text = this.#changes.textOf(content, mine);
    return text ? [{ id, peer, mine, atMs, text, folded: fold(text), content }] : [];
  }

  /**
   * @param {KnownText[]} found
   * @returns {Promise<FoundMessage[]>} without those that were cleared since they were read, and those of requests that were not shown
   */
  async #shown(found) {
    const rows = await this.#database.read(["messages"], (stores) =>
      Promise.all(found.map(({ id }) => get(stores("messages"), id))));
    const unshown = await unshownChats(this.#database);
    return found.filter((_, index) => rows[index] && !rows[index].hidden && !unshown.has(rows[index].chat));
  }
}
