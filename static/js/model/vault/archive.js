/**
 * The archive (docs/protocol.md §14.8): takes in what other browsers of the person have kept, takes out what was cleared, and
 * writes what this browser has opened or sent.
 */
import { ApiError } from "../../net/net-errors.js";
import { peerOf } from "../../storage/chat-ids.js";
import { all, chatOrNew } from "../../storage/queries.js";
import { Refusal } from "../server/model-errors.js";
import { contentOf, readContent } from "./archive-content.js";
import { erasedIn, withoutBody } from "./archive-erasing.js";
import { clearedIn, importMessages } from "./archive-import.js";
import { ArchiveState } from "./archive-state.js";
import { ArchiveWriter } from "./archive-writer.js";

/** @import { ArchivedMessage } from "./archive-content.js" */
/** @import { KnownSegment } from "./archive-state.js" */
/** @import { Segment } from "./stream-reader.js" */

/**
 * @typedef {object} ArchiveParts
 * @property {VaultParts} parts of the account
 * @property {import("./vault-pin.js").VaultPins} pins
 * @property {import("./streams.js").Streams} streams
 * @property {(problem: string | null) => void} tell a stable code: what the person is to know of the archive
 */
/** @typedef {{ browser: string, from: number, to: number }} Stretch of consecutive segments that are not known here */

const SEGMENTS_IN_A_CALL = 8;
/** The server takes no more. */
const FULL = ["storage_full", "too_many_segments", "too_many_streams"];

export class Archive {
  #parts;
  #pins;
  #streams;
  #state;
  #writer;
  #tell;
  #hasLooked = false;
  /** @type {string | null} */
  #unreadable = null;

  /** @param {ArchiveParts} given */
  constructor({ parts, pins, streams, tell }) {
    const { database, cipher } = parts;
    this.#parts = parts;
    this.#pins = pins;
    this.#streams = streams;
    this.#tell = tell;
    this.#state = new ArchiveState(database);
    this.#writer = new ArchiveWriter({ database, cipher, streams, state: this.#state });
  }

  /**
   * One tab at a time.
   * @param {{ takesIn?: boolean }} [how] takesIn: also what other browsers have written since
   * @returns {Promise<boolean>} whether more messages wait to be written
   */
  run({ takesIn = false } = {}) {
    const { locks, user } = this.#parts;
    const { signal } = new AbortController();
    return locks.request(`vibechat archive ${user.email}`, { signal }, () => this.#run(takesIn));
  }

  /** @param {boolean} takesIn */
  async #run(takesIn) {
    const pinned = await this.#pins.read();
    if (!pinned || pinned.pin.problem) {
      return false;
    }
    await this.#state.open(pinned);
    const due = (await this.#chats()).filter(({ archiveDue }) => archiveDue);
    if (takesIn || due.length > 0 || !this.#hasLooked) {
      await this.#streams.look();
      this.#hasLooked = true;
    }
    const isWhole = (takesIn || due.length > 0) && (await this.#takeIn());
    if (isWhole) {
      await this.#takeOut();
    }
    return this.#write();
  }

  #chats() {
    return this.#parts.database.read(["chats"], (stores) => all(stores("chats")));
  }

  async #write() {
    try {
      const isMore = await this.#writer.write();
      this.#tell(this.#unreadable);
      return isMore;
    } catch (error) {
      if (!(error instanceof ApiError) || !FULL.includes(error.code)) {
        throw error;
      }
      this.#tell("archive_full");
      return false;
    }
  }

  // --- what other browsers have kept ---

  /** @returns {Promise<boolean>} whether all segments are here now; the newest come first */
  async #takeIn() {
    let isWhole = true;
    for (const stretch of stretchesOf(this.#streams.all(), await this.#state.known())) {
      await this.#parts.calm();
      isWhole = (await this.#takeInStretch(stretch)) && isWhole;
    }
    return isWhole && this.#streams.problem === null;
  }

  /** @param {Stretch} stretch */
  async #takeInStretch({ browser, from, to }) {
    /** @type {Segment[]} */
    let segments;
    try {
      segments = await this.#streams.read({ browser, kind: "archive" }, from);
    } catch (error) {
      if (error instanceof Refusal) {
        return false; // The client of streams says so.
      }
      throw error;
    }
    let isWhole = segments.length > to - from;
    for (const segment of segments.filter(({ number }) => number <= to).reverse()) {
      isWhole = (await this.#takeInSegment(browser, segment)) && isWhole;
    }
    return isWhole;
  }

  /**
   * @param {string} browser
   * @param {Segment} segment
   * @returns {Promise<boolean>} false: this page cannot read it, and a newer one can
   */
  async #takeInSegment(browser, { number, hash, content }) {
    /** @type {ArchivedMessage[]} */
    let messages = [];
    try {
      messages = readContent(content);
    } catch (error) {
      this.#unreadable = /** @type {Refusal} */ (error).code;
      if (this.#unreadable === "archive_newer") {
        return false;
      }
    }
    const { chats, chains, due } = await importMessages(this.#parts, messages);
    for (const { chat, browser: writer } of chains.values()) {
      await this.#parts.chains.advance(chat, writer);
    }
    await this.#setDue([...due]);
    await this.#state.note({ browser, number, hash }, messages);
    chats.forEach((chat) => this.#parts.onHistory(peerOf(chat)));
    return true;
  }

  /** @param {ChatId[]} ids of chats of which the archive holds what was cleared here */
  async #setDue(ids) {
    await (ids.length > 0 && this.#parts.database.write(["chats"], async (stores) => {
      for (const id of ids) {
        stores("chats").put({ ...(await chatOrNew(stores("chats"), id)), archiveDue: Date.now() });
      }
    }));
  }

  // --- what was cleared ---

  /** Takes the cleared messages out of all segments. */
  async #takeOut() {
    const due = (await this.#chats()).filter(({ archiveDue }) => archiveDue);
    if (due.length === 0) {
      return;
    }
    const known = await this.#state.known();
    for (const { browser, kind, hashes } of this.#streams.all()) {
      const numbers = kind === "archive" ? hashes.map((_, index) => index + 1) : [];
      for (const number of numbers.filter((one) => due.some(({ id }) => known({ browser, number: one })?.chats.includes(id)))) {
        await this.#takeOutOf({ browser, number });
      }
    }
    await this.#parts.database.write(["chats"], async (stores) => {
      for (const { id, archiveDue } of due) {
        const chat = await chatOrNew(stores("chats"), id);
        // More may have been cleared meanwhile.
        stores("chats").put({ ...chat, archiveDue: chat.archiveDue === archiveDue ? undefined : chat.archiveDue });
      }
    });
  }

  /** @param {{ browser: string, number: number }} segment */
  async #takeOutOf(segment) {
    /** @type {ArchivedMessage[]} */
    let rest = [];
    const written = await this.#streams.rewrite({ ...segment, kind: "archive" }, async (before) => {
      const messages = readContent(before);
      const isGone = await clearedIn(this.#parts, messages);
      const isErased = await erasedIn(this.#parts, messages);
      rest = messages.filter((message) => !isGone(message)).map((message) => (isErased(message) ? withoutBody(message) : message));
      return rest.length === messages.length && !messages.some(isErased) ? undefined : contentOf(rest);
    });
    if (written) {
      await this.#state.note({ ...written, browser: segment.browser }, rest);
    }
  }
}

/**
 * @param {{ browser: string, kind: string, hashes: readonly string[] }[]} streams
 * @param {(segment: { browser: string, number: number }) => KnownSegment | undefined} known
 * @returns {Stretch[]} what is to be read: of each stream its newest segment first, alone, since it is what a person looks for
 */
export function stretchesOf(streams, known) {
  const ofEach = streams.filter(({ kind }) => kind === "archive").map(({ browser, hashes }) => {
    const missing = hashes.map((_, index) => index + 1).filter((number) => known({ browser, number })?.hash !== hashes[number - 1]);
    return stretches(browser, missing.reverse());
  });
  const longest = Math.max(0, ...ofEach.map(({ length }) => length));
  return Array.from({ length: longest }, (_, index) => ofEach.flatMap((one) => one[index] ?? [])).flat();
}

/**
 * @param {string} browser
 * @param {number[]} numbers descending
 * @returns {Stretch[]}
 */
function stretches(browser, numbers) {
  /** @type {Stretch[]} */
  const found = [];
  for (const number of numbers) {
    const last = found.at(-1);
    const canGrow = last && found.length > 1 && last.from === number + 1 && last.to - last.from + 1 < SEGMENTS_IN_A_CALL;
    if (canGrow) {
      last.from = number;
    } else {
      found.push({ browser, from: number, to: number });
    }
  }
  return found;
}
