/**
 * Writes what this browser has opened or sent into its own stream of the archive (docs/protocol.md §14.8). The last segment is
 * written anew until it is full. A row says that it is archived only once the server has its segment; a page that was closed in
 * between finds the message in the last segment and does not write it again.
 */
import { get, marked } from "../../storage/queries.js";
import { isPlaced, loadVersion } from "../../types/content-types.js";
import { contentOf as openedContent } from "../history/chain-check.js";
import { mark } from "../history/message-rows.js";
import { nonceOf } from "../keys/storage-cipher.js";
import { Refusal } from "../server/model-errors.js";
import { archivedMessage, contentOf, fitting, MESSAGES_LIMIT, nameOf, readContent } from "./archive-content.js";

/** @import { ArchivedMessage } from "./archive-content.js" */

/** @typedef {{ database: Database, cipher: StorageCipher, streams: import("./streams.js").Streams,
 *   state: import("./archive-state.js").ArchiveState }} WriterParts */
/** @typedef {{ row: MessageRow, message: ArchivedMessage | null }} Waiting message: null if it has no place in the archive */
/** @typedef {{ taken: ArchivedMessage[], note: () => Promise<void> }} Written note: stores that the segment is known */

const SEGMENTS_AT_ONCE = 20;

export class ArchiveWriter {
  #parts;

  /** @param {WriterParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** @returns {Promise<boolean>} whether more messages wait */
  async write() {
    for (let segment = 0; segment < SEGMENTS_AT_ONCE; segment += 1) {
      const waiting = await this.#waiting();
      if (waiting.length === 0) {
        return false;
      }
      const written = (await this.#fillLast(waiting)) ?? (await this.#append(waiting));
      if (written === null) {
        return false;
      }
      const names = new Set(written.taken.map(nameOf));
      await this.#markArchived(waiting.filter(({ message }) => message === null || names.has(nameOf(message))));
      // Only now: whatever says that the segment is full must not hide that its messages are not marked yet.
      await written.note();
    }
    return true;
  }

  /** @returns {Promise<Waiting[]>} the oldest messages that no archive has */
  async #waiting() {
    const { database, cipher } = this.#parts;
    const rows = await database.read(["messages"], (stores) => marked(stores("messages"), "unarchived", undefined, MESSAGES_LIMIT));
    return Promise.all(rows.map(async (row) => {
      const content = await openedContent(cipher, row);
      await loadVersion(content?.v);
      // A message that is hidden although its type is shown was cleared while it was on its way.
      const isOut = !content || (row.hidden && isPlaced(content) && content.body !== "");
      return { row, message: isOut ? null : archivedMessage(row, content) };
    }));
  }

  /**
   * @param {Waiting[]} waiting
   * @returns {Promise<Written | null>} null: the last segment is full, or there is none
   */
  async #fillLast(waiting) {
    const { cipher: { browser }, state, streams } = this.#parts;
    const number = streams.all().find((one) => one.browser === browser && one.kind === "archive")?.hashes.length ?? 0;
    if (number === 0 || (await state.known())({ browser, number })?.isFull) {
      return null;
    }
    /** @type {{ all: ArchivedMessage[], taken: ArchivedMessage[], isFull: boolean }} */
    let last = { all: [], taken: [], isFull: true };
    const written = await streams.rewrite({ browser, kind: "archive", number }, (before) => {
      last = filled(readOrNull(before), waiting.flatMap(({ message }) => message ?? []));
      return last.all.length > 0 ? contentOf(last.all) : undefined;
    });
    const note = async () => void (written && (await state.note({ browser, ...written }, last.all, last.isFull)));
    return last.taken.length > 0 ? { taken: last.taken, note } : null;
  }

  /**
   * @param {Waiting[]} waiting
   * @returns {Promise<Written | null>} null: the person has no vault
   */
  async #append(waiting) {
    const { cipher: { browser }, state, streams } = this.#parts;
    const messages = waiting.flatMap(({ message }) => message ?? []);
    const taken = fitting([], messages);
    if (taken.length === 0) {
      return { taken, note: async () => {} };
    }
    const written = await streams.append("archive", contentOf(taken));
    return written && { taken, note: () => state.note({ browser, ...written }, taken, taken.length < messages.length) };
  }

  /** @param {Waiting[]} waiting */
  async #markArchived(waiting) {
    await this.#parts.database.write(["messages"], async (stores) => {
      for (const { row } of waiting) {
        const found = await get(stores("messages"), row.id);
        if (found && nonceOf(found.sealed) === nonceOf(row.sealed)) {
          stores("messages").put(mark({ ...found, archived: true }));
        }
      }
    });
  }
}

/**
 * @param {ArchivedMessage[] | null} present the messages of a segment; null: it cannot be continued
 * @param {ArchivedMessage[]} waiting
 * @returns {{ all: ArchivedMessage[], taken: ArchivedMessage[], isFull: boolean }} all: that it is to hold, none if it stays
 *   as it is; taken: those of the waiting that it has then
 */
export function filled(present, waiting) {
  if (present === null) {
    return { all: [], taken: [], isFull: true };
  }
  const names = new Set(present.map(nameOf));
  const [there, missing] = [waiting.filter((message) => names.has(nameOf(message))), waiting.filter((message) => !names.has(nameOf(message)))];
  const more = fitting(present, missing);
  return { all: more.length > 0 ? [...present, ...more] : [], taken: [...there, ...more], isFull: more.length < missing.length };
}

/**
 * @param {any} content of a segment
 * @returns {ArchivedMessage[] | null} null: this page cannot read it
 */
function readOrNull(content) {
  try {
    return readContent(content);
  } catch (error) {
    if (error instanceof Refusal) {
      return null;
    }
    throw error;
  }
}
