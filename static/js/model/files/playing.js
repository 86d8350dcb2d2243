/**
 * Sounds and videos that play while they are loaded (docs/protocol.md §19). The browser's player asks the service worker for a
 * range of the content, and the worker asks this page, which alone has the key. The page gets the parts of the file that hold the
 * range, and opens it. Each part is checked by its hash, and the hashes by the one in the message, before anything is played.
 */
import { CryptoManager } from "../../crypto/crypto.js";
import { ProtocolError } from "../../crypto/crypto-errors.js";
import { FileOpener, HEADER_LENGTH, PART_LENGTH, hashOfParts, partCount, rangesOfParts, sealedLength } from "../../crypto/file-encryption.js";
import { concat, equal, fromBase64, fromHex, toHex } from "../../lib/bytes.js";
import { PLAYING, playedAs } from "../../lib/media.js";
import { check, entries, object } from "../server/validators.js";
import { again } from "./again.js";

/** @typedef {import("../../types/file-type.js").FileEntry} FileEntry */
/** @typedef {import("../../net/file-api.js").FileApi} FileApi */
/** @typedef {Pick<ServiceWorkerContainer, "addEventListener" | "controller">} Workers */
/** @typedef {import("../../lib/media.js").PlayedRange} PlayedRange */

/** A player gets at most what is left up to a multiple of this, and asks again. */
const ANSWER_LENGTH = 1024 * 1024;
const KEPT_PARTS = 4;
const HASH_LENGTH = 32;
const [PARTIAL, NOT_FOUND, NO_SUCH_RANGE] = [206, 404, 416];

export class Playing {
  #workers;
  #parts;
  /** @type {Map<string, PlayedFile>} by the name in their address */
  #played = new Map();

  /** @param {{ files: FileApi, workers: Workers | undefined }} parts */
  constructor({ files, workers }) {
    this.#workers = workers;
    this.#parts = new Parts(files);
    workers?.addEventListener("message", ({ data, ports: [port] }) => port && data?.play && void this.#answer(data.play, port));
  }

  /**
   * @param {FileEntry} entry
   * @returns {PlayedFile | null} null: without a worker, and of one part, it is got as a whole
   */
  of(entry) {
    if (!this.#workers?.controller || playedAs(entry.type) === null || sealedLength(entry.size) <= PART_LENGTH) {
      return null;
    }
    const played = new PlayedFile(this.#parts, entry);
    this.#played.set(played.name, played);
    return played;
  }

  /**
   * @param {{ name: string, start: number, end: number | null }} wanted
   * @param {MessagePort} port
   */
  async #answer({ name, start, end }, port) {
    const answer = (await this.#played.get(name)?.range(start, end)) ?? { status: NOT_FOUND };
    port.postMessage(answer, answer.bytes ? [answer.bytes.buffer] : []);
  }
}

export class PlayedFile {
  /** Why nothing more of it is played. @type {unknown} */
  error = null;
  name = CryptoManager.randomId();
  #entry;
  #parts;
  /** @type {Promise<FileOpener> | null} */
  #opener = null;

  /** @param {Parts} parts @param {FileEntry} entry */
  constructor(parts, entry) {
    this.#parts = parts;
    this.#entry = entry;
  }

  get address() {
    return PLAYING + this.name;
  }

  /**
   * @param {number} start in the content
   * @param {number | null} end null: that of the content
   * @returns {Promise<PlayedRange>} the bytes from `start` to `end`, or fewer
   */
  async range(start, end) {
    const { size, type } = this.#entry;
    const stop = Math.min(end ?? size, size, (Math.floor(start / ANSWER_LENGTH) + 1) * ANSWER_LENGTH);
    if (!(start < stop)) {
      return { status: NO_SUCH_RANGE, size };
    }
    try {
      return { status: PARTIAL, start, size, type, bytes: await this.#opened(start, stop) };
    } catch (error) {
      this.error = error;
      return { status: NOT_FOUND };
    }
  }

  /** @param {number} start @param {number} end @returns {Promise<Bytes>} in a buffer of their own */
  async #opened(start, end) {
    this.#opener ??= this.#open();
    this.#opener.catch(() => (this.#opener = null));
    const opener = await this.#opener;
    const sealed = opener.sealedRange(start, end);
    return (await opener.open(start, end, await this.#parts.range(this.#entry, sealed.start, sealed.end))).slice();
  }

  async #open() {
    const { key, size } = this.#entry;
    const header = await this.#parts.range(this.#entry, 0, HEADER_LENGTH);
    return FileOpener.of({ key: fromHex(key), purpose: "file", size, header });
  }
}

/** The sealed parts of files, checked. The last used ones stay in memory. */
class Parts {
  #files;
  /** @type {Map<string, Promise<Bytes[]>>} by file */
  #hashes = new Map();
  /** @type {Map<string, Promise<Bytes>>} by file and number; the last used last */
  #kept = new Map();

  /** @param {FileApi} files */
  constructor(files) {
    this.#files = files;
  }

  /**
   * @param {FileEntry} file
   * @param {number} start in the sealed file
   * @param {number} end
   * @returns {Promise<Bytes>}
   * @throws {ProtocolError} `file_hash`, `file_size`: the server's bytes are not those of the message
   */
  async range(file, start, end) {
    const parts = [];
    for (const range of rangesOfParts(start, end)) {
      parts.push((await this.#part(file, range.number)).subarray(range.start, range.end));
    }
    return concat(...parts);
  }

  /** @param {FileEntry} file @param {number} number @returns {Promise<Bytes>} */
  #part(file, number) {
    const name = `${file.id} ${file.hash} ${number}`;
    const part = this.#kept.get(name) ?? this.#load(file, number);
    this.#kept.delete(name);
    this.#kept.set(name, part);
    part.catch(() => this.#kept.delete(name));
    for (const [oldest] of [...this.#kept].slice(0, -KEPT_PARTS)) {
      this.#kept.delete(oldest);
    }
    return part;
  }

  /** @param {FileEntry} file @param {number} number */
  async #load(file, number) {
    const hashes = await this.#hashesOf(file);
    const start = number * PART_LENGTH;
    const end = Math.min(start + PART_LENGTH, sealedLength(file.size));
    const { signal } = new AbortController();
    const part = await again(signal, () => readExactly(this.#files.content(file.id, signal, { start, end }), end - start));
    if (!equal(await CryptoManager.sha256(part), hashes[number])) {
      throw new ProtocolError("file_hash");
    }
    return part;
  }

  /** @param {FileEntry} file @returns {Promise<Bytes[]>} */
  #hashesOf(file) {
    const name = `${file.id} ${file.hash}`;
    const hashes = this.#hashes.get(name) ?? this.#loadHashes(file);
    this.#hashes.set(name, hashes);
    hashes.catch(() => this.#hashes.delete(name));
    return hashes;
  }

  /** @param {FileEntry} file */
  async #loadHashes({ id, size, hash }) {
    const answer = await again(new AbortController().signal, () => this.#files.parts(id));
    const hashes = entries(object(answer).parts).map((part) => readHash(object(part).sha256));
    if (hashes.length !== partCount(sealedLength(size))) {
      throw new ProtocolError("file_size");
    }
    if (toHex(await hashOfParts(hashes)) !== hash) {
      throw new ProtocolError("file_hash");
    }
    return hashes;
  }
}

/** @param {any} value */
function readHash(value) {
  return fromBase64(check(value, () => typeof value === "string" && fromBase64(value).length === HASH_LENGTH, "sha256"));
}

/**
 * @param {AsyncIterable<Bytes>} pieces
 * @param {number} length
 * @returns {Promise<Bytes>}
 * @throws {ProtocolError} `file_size`
 */
async function readExactly(pieces, length) {
  const bytes = new Uint8Array(length);
  let filled = 0;
  for await (const piece of pieces) {
    if (piece.length > length - filled) {
      throw new ProtocolError("file_size");
    }
    bytes.set(piece, filled);
    filled += piece.length;
  }
  if (filled < length) {
    throw new ProtocolError("file_size");
  }
  return bytes;
}
