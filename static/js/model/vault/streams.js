/**
 * The streams that the browsers of one person keep for each other beside the vault (docs/protocol.md §14.7). What is refused is
 * left out, said, and never overwritten.
 *
 * Event: `changed` {streams}: these have a state that this page has neither seen nor written; or `problem` is another one.
 */
import { sealSegment, signStream } from "../../crypto/stream.js";
import { fromHex, toBase64, toHex } from "../../lib/bytes.js";
import { Emitter } from "../../lib/emitter.js";
import { SerialQueue } from "../../lib/timing.js";
import { ApiError, isAway } from "../../net/net-errors.js";
import { StreamApi } from "../../net/stream-api.js";
import { headOf, signersOf } from "./stream-check.js";
import { OldVault, StreamReader } from "./stream-reader.js";

/** @import { StreamKind } from "../../crypto/stream.js" */
/** @import { KnownStream } from "./stream-check.js" */
/** @import { Place, SealedSegment, Segment } from "./stream-reader.js" */

/**
 * @typedef {object} StreamsParts
 * @property {VaultParts} parts of the account
 * @property {import("./vault-pin.js").VaultPins} pins
 * @property {() => Promise<void>} refresh reads the vault again; it takes turns with all work on the vault
 */
/** @typedef {{ number: number, hash: string }} Written */
/**
 * A write.
 * @typedef {object} Change
 * @property {Place} place
 * @property {number} [number] of the segment that is written anew; none: one is appended
 * @property {(before: any) => unknown} contentAfter
 */

const ATTEMPTS_LIMIT = 8;

export class Streams extends Emitter {
  #parts;
  #api;
  #pins;
  #reader;
  #refresh;
  #owner;
  #turns = new SerialQueue();

  /** @param {StreamsParts} given */
  constructor({ parts, pins, refresh }) {
    super();
    const { api, database, user } = parts;
    this.#parts = parts;
    this.#api = new StreamApi(api);
    this.#pins = pins;
    this.#refresh = refresh;
    this.#owner = { email: user.email, accountId: String(user.id) };
    this.#reader = new StreamReader({ database, api: this.#api, pins, owner: this.#owner });
    this.#reader.on("changed", (news) => this.emit("changed", news));
  }

  /** Why one of the streams is refused: a stable code; null: none is. */
  get problem() {
    return this.#reader.problem;
  }

  /** @returns {KnownStream[]} the verified state of each stream at the last look, without those that are refused */
  all() {
    return this.#reader.all();
  }

  /** Asks the server for the states of all streams, and verifies and pins them. */
  look() {
    return this.#withFreshVault((isFresh) => this.#look(isFresh));
  }

  /** @param {any} push `stream_changed` */
  async noticed({ browser, kind, revision }) {
    const isSeen = this.all().some((one) => one.browser === browser && one.kind === kind && one.revision === revision);
    if (!isSeen) {
      await this.look();
    }
  }

  /**
   * Reads segments of a stream, in the state of the last look or a later one.
   * @param {Place} place
   * @param {number} [from] the number of the first
   * @returns {Promise<Segment[]>} up to 8; none: the stream ends before, or there is none
   * @throws {import("../server/model-errors.js").Refusal} `stream_missing`, `stream_damaged`, or why the stream is refused
   */
  read({ browser, kind }, from = 1) {
    return this.#withFreshVault((isFresh) => this.#reader.segments({ browser, kind }, from, { isFresh }));
  }

  /**
   * Appends a segment to this browser's own stream. Where an answer is lost, the server is asked whether it has the segment. If it does
   * not answer that either, this throws, and the segment may be there.
   * @param {StreamKind} kind
   * @param {unknown} content
   * @returns {Promise<Written | null>} null: the person has no vault, or this browser is not in
   * @throws {import("../server/model-errors.js").Refusal | ApiError | import("../../net/net-errors.js").NetworkError} also
   *   `too_many_segments`, `storage_full`
   */
  append(kind, content) {
    return this.#write({ place: { browser: this.#parts.cipher.browser, kind }, contentAfter: () => content });
  }

  /**
   * Writes a segment anew, of any own browser's stream. After a conflict with another browser it is read and changed again.
   * @param {Place & { number: number }} segment one that is there, or the next one
   * @param {(before: any) => unknown} contentAfter undefined: there is nothing to write. `before` is undefined where the segment is new
   * @returns {Promise<Written | null>} null: nothing was written
   */
  rewrite({ browser, kind, number }, contentAfter) {
    return this.#write({ place: { browser, kind }, number, contentAfter });
  }

  /**
   * Called before a browser is signed out, by the holder of the vault's lock; afterwards `left` is.
   * @param {string} id
   */
  async leaves(id) {
    const pinned = await this.#reader.pinned();
    const key = pinned && (await signersOf(pinned.content, this.#owner)).keys.get(id);
    this.#reader.leaving = new Map(key ? [[id, key]] : []);
    await this.#turns.run(() => this.#reader.look(true));
  }

  /** Signs anew, by this browser, what the browser has signed that was signed out. */
  async left() {
    try {
      await this.#turns.run(() => this.#look(true));
    } finally {
      this.#reader.leaving = new Map();
    }
  }

  /**
   * @template Result
   * @param {(isFresh: boolean) => Promise<Result>} work
   * @returns {Promise<Result>}
   */
  async #withFreshVault(work) {
    try {
      return await this.#turns.run(() => work(false));
    } catch (error) {
      if (!(error instanceof OldVault)) {
        throw error;
      }
    }
    // Not in turn: whoever waits for the vault's lock must not keep waiting the one who holds it.
    await this.#refresh();
    return this.#turns.run(() => work(true));
  }

  /** @param {boolean} isFresh */
  async #look(isFresh) {
    for (const stream of await this.#reader.look(isFresh)) {
      await this.#alone(async () => {
        const [segment] = await this.#reader.sealedSegments(stream, stream.hashes.length, true);
        await this.#put(stream, stream, segment);
      });
    }
  }

  /**
   * @param {Change} change
   * @returns {Promise<Written | null>}
   */
  #write(change) {
    return this.#withFreshVault((isFresh) => this.#alone(() => this.#tryToWrite(change, isFresh)));
  }

  /**
   * One tab at a time writes.
   * @template Result
   * @param {() => Promise<Result>} work
   * @returns {Promise<Result>}
   */
  #alone(work) {
    const { locks, user } = this.#parts;
    const { signal } = new AbortController();
    return locks.request(`vibechat streams ${user.email}`, { signal }, work);
  }

  /**
   * @param {Change} change
   * @param {boolean} isFresh
   * @returns {Promise<Written | null>}
   */
  async #tryToWrite({ place, number: given, contentAfter }, isFresh) {
    for (let attempt = 1; attempt <= ATTEMPTS_LIMIT; attempt += 1) {
      if (attempt > 1 || !(await this.#reader.isCurrent(place))) {
        await this.#reader.look(isFresh);
      }
      const pinned = await this.#reader.pinned();
      const stream = this.#reader.stream(place);
      const number = given ?? (stream?.hashes.length ?? 0) + 1;
      const [before] = given ? await this.#reader.segments(place, number, { isFresh, isOne: true }) : [];
      const content = pinned ? await contentAfter(before?.content) : undefined;
      if (!pinned || content === undefined) {
        return null;
      }
      const sealing = { vaultKey: pinned.vaultKey, generation: pinned.pin.generation, month: new Date().toISOString().slice(0, 7) };
      const { blob, hash } = await sealSegment({ ...this.#owner, ...place, ...sealing, number, content });
      const written = { number, hash: toHex(hash) };
      if (await this.#put(place, stream, { ...written, blob })) {
        return written;
      }
    }
    throw new ApiError(409, { code: "stream_changed" });
  }

  /**
   * @param {Place} place
   * @param {KnownStream | null} stream before the write
   * @param {SealedSegment} segment
   * @returns {Promise<boolean>} false: another browser has written the stream since
   */
  async #put({ browser, kind }, stream, { number, hash, blob }) {
    const by = this.#parts.cipher.browser;
    const revision = (stream?.revision ?? 0) + 1;
    const hashes = [...(stream?.hashes ?? [])];
    hashes[number - 1] = hash;
    const { signature: own } = /** @type {import("./vault-pin.js").OwnPlace} */ (await this.#pins.place());
    const state = { ...this.#owner, browser, kind, revision, hashes: hashes.map(fromHex) };
    const signature = toBase64(await signStream({ ...state, privateKey: own.privateKey }));
    try {
      await this.#api.writeSegment(browser, kind, number, { blob: toBase64(blob), by, revision, signature });
    } catch (error) {
      if (error instanceof ApiError && error.code === "stream_changed") {
        return false;
      }
      if (isAway(error)) {
        return this.#hasArrived({ browser, kind }, { number, hash }, error);
      }
      throw error;
    }
    await this.#reader.wrote({ browser, kind, revision, by, hashes, head: await headOf(hashes) });
    return true;
  }

  /**
   * @param {Place} place
   * @param {Written} written
   * @param {unknown} error
   * @returns {Promise<true>} the server has it, though its answer was lost
   * @throws {unknown} the error: it does not
   */
  async #hasArrived(place, { number, hash }, error) {
    await this.#reader.look(true);
    if (this.#reader.stream(place)?.hashes[number - 1] !== hash) {
      throw error;
    }
    return true;
  }
}
