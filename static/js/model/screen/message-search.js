/**
 * Finds messages of all chats by their text, in what this browser keeps. The first search begins to decrypt the texts, newest first and in
 * small parts, so that the page stays responsive. They stay in memory until `forget`, or until something of what was read has changed.
 * Later searches read only the newest messages.
 *
 * Event: `changed` (a message that was read was deleted, edited, cleared or has disappeared, or came late).
 */
import { Emitter } from "../../lib/emitter.js";
import { foldText } from "../../lib/fold-text.js";
import { foldedWords } from "../../lib/letters.js";
import { after, SerialQueue } from "../../lib/timing.js";
import { chatWith } from "../../storage/chat-ids.js";
import { get, lastMessages, messagesFrom } from "../../storage/queries.js";
import { loadVersion } from "../../types/content-types.js";
import { unshownChats } from "../history/standing.js";
import { messageRecord } from "../keys/storage-cipher.js";
import { ChangedTexts } from "./changed-texts.js";
import { ReadRows } from "./read-rows.js";

/** @typedef {{ id: number, peer: string, mine: boolean, atMs: number, text: string }} FoundMessage */
/** @typedef {FoundMessage & { folded: string, content: StoredContent }} KnownText */

const BATCH = 200;
const SCANNED_AT_ONCE = 10_000;
const CHECKED_AT_ONCE = 25;
const CHECK_AFTER_MS = 1000;

export class MessageSearch extends Emitter {
  #batch;
  #database;
  #cipher;
  #conversations;
  #turns = new SerialQueue();
  /** @type {KnownText[]} newest first: of all rows with #oldest ≤ id ≤ #newest */
  #texts = [];
  #oldest = Infinity;
  #newest = 0;
  #isWhole = false;
  /** @type {Promise<void> | null} */
  #reading = null;
  #changes = new ChangedTexts();
  #read = new ReadRows();
  /** @type {Set<ChatId>} that have changed since they were read */
  #touched = new Set();
  #stopListening = () => {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #checking;

  /**
   * @param {{ database: Database, cipher: StorageCipher, conversations: Pick<Emitter, "on">, batch?: number }} own batch: how many messages
   *   are decrypted at once
   */
  constructor({ database, cipher, conversations, batch = BATCH }) {
    super();
    this.#batch = batch;
    this.#database = database;
    this.#cipher = cipher;
    this.#conversations = conversations;
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
    this.#listen();
    const words = foldedWords(query);
    const isFound = (/** @type {KnownText} */ { folded }) => words.every((word) => folded.includes(word));
    const [unshown] = await Promise.all([unshownChats(this.#database), this.#turns.run(() => this.#readNewer())]);
    for (let below = Infinity; ;) {
      const from = below;
      const at = this.#texts.findIndex(({ id }) => id < from);
      if (at < 0 && this.#isWhole) {
        return;
      }
      const part = at < 0 ? [] : this.#texts.slice(at, at + SCANNED_AT_ONCE);
      below = part.at(-1)?.id ?? below;
      const found = part.filter(isFound);
      for (let next = 0; next < found.length; next += CHECKED_AT_ONCE) {
        yield await this.#shown(found.slice(next, next + CHECKED_AT_ONCE), unshown);
      }
      if (at < 0) {
        await this.#turns.run(() => this.#readOlder());
      }
      if (found.length === 0) {
        yield []; // whoever asked may have lost interest
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
    this.#read = new ReadRows();
    this.#touched.clear();
    this.#stopListening();
    this.#stopListening = () => {};
    clearTimeout(this.#checking);
    this.#checking = undefined;
  }

  #listen() {
    this.#stopListening();
    this.#stopListening = this.#conversations.on("chats", (detail) => this.#note(detail?.emails));
  }

  /** @param {string[]} [emails] of chats that have changed; none: of all */
  #note(emails) {
    const chats = emails?.map(chatWith) ?? this.#read.chats();
    chats.forEach((chat) => this.#touched.add(chat));
    this.#checking ??= after(CHECK_AFTER_MS, () => void this.#check().catch(() => this.forget()));
  }

  /** New messages are read by the next search; where anything else has changed, nothing of what was read stays. */
  async #check() {
    const [chats, read] = [[...this.#touched], this.#read];
    this.#touched.clear();
    this.#checking = undefined;
    const range = { oldest: this.#isWhole ? 0 : this.#oldest, newest: this.#newest };
    for (const chat of chats) {
      const isStale = await read.hasChanged(this.#database, chat, { ...range, limit: this.#batch });
      if (read !== this.#read) {
        return; // forgotten meanwhile
      }
      if (isStale) {
        this.forget();
        this.emit("changed");
        return;
      }
    }
  }

  async #readOn() {
    const mark = this.#changes; // `forget` makes new ones
    while (!this.#isWhole && this.#changes === mark) {
      await this.#turns.run(() => this.#readOlder());
    }
  }

  async #readNewer() {
    const [from, changes] = [this.#newest + 1, this.#changes];
    if (from > 1) {
      const rows = await this.#database.read(["messages"], (stores) => messagesFrom(stores("messages"), from));
      const contents = await this.#contentsOf(rows);
      if (changes === this.#changes) {
        const texts = this.#texted(rows, contents); // It may change those that are known.
        this.#texts.unshift(...texts);
        this.#newest = rows.at(-1)?.id ?? this.#newest;
      }
    }
  }

  async #readOlder() {
    const [below, changes] = [this.#oldest, this.#changes];
    if (this.#isWhole) {
      return;
    }
    const rows = await this.#database.read(["messages"], (stores) => lastMessages(stores("messages"), this.#batch, below));
    const contents = await this.#contentsOf(rows);
    if (changes !== this.#changes) {
      return; // forgotten meanwhile
    }
    const texts = this.#texted(rows, contents);
    this.#texts.push(...texts);
    this.#oldest = rows[0]?.id ?? below;
    this.#newest = Math.max(this.#newest, rows.at(-1)?.id ?? 0);
    this.#isWhole = rows.length < this.#batch;
  }

  /**
   * @param {MessageRow[]} rows
   * @returns {Promise<(StoredContent | null)[]>}
   */
  #contentsOf(rows) {
    return Promise.all(rows.map(async (row) => {
      const content = row.sealed ? await this.#cipher.open(messageRecord(row), row.sealed).catch(() => null) : null;
      await loadVersion(content?.v);
      return content;
    }));
  }

  /**
   * @param {MessageRow[]} rows oldest first
   * @param {(StoredContent | null)[]} contents
   * @returns {KnownText[]} newest first, without those that have no text here
   */
  #texted(rows, contents) {
    rows.forEach((row) => this.#read.note(row));
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
   * @param {Omit<FoundMessage, "text">} message
   * @param {StoredContent} content
   * @returns {KnownText[]} none: it has no text
   */
  #known({ id, peer, mine, atMs }, content) {
    const text = this.#changes.textOf(content, mine);
    return text ? [{ id, peer, mine, atMs, text, folded: foldText(text), content }] : [];
  }

  /**
   * @param {KnownText[]} found
   * @param {Set<ChatId>} unshown
   * @returns {Promise<FoundMessage[]>} without those that have changed since they were read, and those of requests that were not shown
   */
  async #shown(found, unshown) {
    const read = this.#read;
    const rows = await this.#database.read(["messages"], (stores) =>
      Promise.all(found.map(({ id }) => get(stores("messages"), id))));
    return found.filter((_, index) => rows[index] && read.isAsRead(rows[index]) && !unshown.has(rows[index].chat));
  }
}
