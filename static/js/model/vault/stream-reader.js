/**
 * Reads streams. Each state is verified and pinned before anything of it is used; what is refused is left out.
 *
 * Event: `changed` {streams}: these have a state that this page has neither seen nor written; or the problem is another one.
 */
import { DecryptionError, ProtocolError } from "../../crypto/crypto-errors.js";
import { openSegment, segmentHash } from "../../crypto/stream.js";
import { formerKey } from "../../crypto/vault.js";
import { toHex } from "../../lib/bytes.js";
import { Emitter } from "../../lib/emitter.js";
import { readIfFound, Refusal } from "../server/model-errors.js";
import { readSegment, readSegments, readStreams } from "../server/stream-responses.js";
import { headOf, pinStreams, placeOf, readStreamPins, signersOf, verdictOn } from "./stream-check.js";

/** @import { StreamKind } from "../../crypto/stream.js" */
/** @import { KnownStream } from "./stream-check.js" */
/** @import { Pinned } from "./vault-pin.js" */

/** @typedef {{ browser: string, kind: StreamKind }} Place */
/** @typedef {{ number: number, hash: string, content: any }} Segment hash: 64 hexadecimal digits */
/** @typedef {{ number: number, hash: string, blob: Bytes }} SealedSegment */

const ATTEMPTS_LIMIT = 3;

/** The vault that is stored here is too old to judge or open a stream. */
export class OldVault extends Error {}

export class StreamReader extends Emitter {
  #database;
  #api;
  #pins;
  #owner;
  /** @type {Map<string, KnownStream>} by place */
  #known = new Map();
  /** @type {Map<string, string>} why a stream is refused, by place */
  #problems = new Map();
  /** @type {Map<string, { place: string, problem: string }>} what is wrong with segments, by place and first number: the next look at the
   * streams does not see it, so it stands until they are read whole */
  #broken = new Map();
  /** @type {Map<string, Bytes>} the signature keys of browsers that are being signed out, by id */
  leaving = new Map();

  /**
   * @param {{ database: Database, api: import("../../net/stream-api.js").StreamApi, pins: import("./vault-pin.js").VaultPins,
   *   owner: { email: string, accountId: string } }} parts
   */
  constructor({ database, api, pins, owner }) {
    super();
    this.#database = database;
    this.#api = api;
    this.#pins = pins;
    this.#owner = owner;
  }

  /** Why one of the streams is refused: a stable code; null: none is. */
  get problem() {
    return [...this.#problems.values(), ...[...this.#broken.values()].map(({ problem }) => problem)][0] ?? null;
  }

  /** @returns {KnownStream[]} all that were taken at the last look */
  all() {
    return [...this.#known.values()];
  }

  /** @returns {Promise<Pinned | null>} null: the person has no vault, this browser is not in, or the vault is refused */
  async pinned() {
    const pinned = await this.#pins.read();
    return pinned && !pinned.pin.problem ? pinned : null;
  }

  /**
   * Asks the server for the streams.
   * @param {boolean} isFresh whether the vault was read just now
   * @returns {Promise<KnownStream[]>} those whose signer was signed out since
   * @throws {OldVault}
   */
  async look(isFresh) {
    const pinned = await this.pinned();
    if (!pinned) {
      return [];
    }
    const served = readStreams(await this.#api.streams());
    const [pins, signers] = [await readStreamPins(this.#database), await signersOf(pinned.content, this.#owner)];
    const keys = new Map([...this.leaving, ...signers.keys]);
    /** @type {Map<string, KnownStream>} */
    const known = new Map();
    const problems = new Map(Object.keys(pins).map((place) => [place, "stream_missing"]));
    for (const { signature, ...stream } of served) {
      const [place, head] = [placeOf(stream), await this.#head(stream)];
      const verdict = await verdictOn({ ...stream, head, signature }, pins[place], { ...signers, keys });
      if (verdict === "unknown" && !isFresh) {
        throw new OldVault();
      }
      problems.delete(place);
      if (verdict === "known") {
        known.set(place, { ...stream, head });
      } else if (verdict !== "left") {
        problems.set(place, verdict === "unknown" ? "stream_unsigned" : verdict);
      }
    }
    await this.#found(known, problems);
    return this.all().filter(({ by }) => !signers.keys.has(by));
  }

  /** @param {Omit<KnownStream, "head">} stream */
  async #head(stream) {
    const before = this.#known.get(placeOf(stream));
    const isSame = before?.revision === stream.revision && String(before.hashes) === String(stream.hashes);
    return isSame ? before.head : headOf(stream.hashes);
  }

  /**
   * @param {Map<string, KnownStream>} known
   * @param {Map<string, string>} problems
   */
  async #found(known, problems) {
    const [former, problem] = [this.#known, this.problem];
    const news = [...known].filter(([place, { revision }]) => former.get(place)?.revision !== revision).map(([, stream]) => stream);
    await pinStreams(this.#database, news);
    [this.#known, this.#problems] = [known, problems];
    [...this.#broken].forEach(([key, { place }]) => known.has(place) || this.#broken.delete(key));
    if (news.length > 0 || this.problem !== problem) {
      this.emit("changed", { streams: news });
    }
  }

  /** @param {KnownStream} stream which this browser has written */
  async wrote(stream) {
    this.#known.set(placeOf(stream), stream);
    await pinStreams(this.#database, [stream]);
  }

  /**
   * @param {Place} place
   * @returns {Promise<boolean>} whether the state of the last look is the one that is pinned
   */
  async isCurrent(place) {
    const pin = (await readStreamPins(this.#database))[placeOf(place)];
    return pin !== undefined && pin.revision === this.#known.get(placeOf(place))?.revision;
  }

  /**
   * @param {Place} place
   * @returns {KnownStream | null} null: there is none
   * @throws {Refusal} it is refused
   */
  stream(place) {
    const problem = this.#problems.get(placeOf(place));
    if (problem) {
      throw new Refusal(problem);
    }
    return this.#known.get(placeOf(place)) ?? null;
  }

  /**
   * @param {Place} place
   * @param {number} from the number of the first
   * @param {{ isFresh: boolean, isOne?: boolean }} how isFresh: the vault was read just now; isOne: no more than one is read
   * @returns {Promise<Segment[]>} none: the stream ends before, or there is none
   * @throws {Refusal | OldVault}
   */
  async segments(place, from, { isFresh, isOne = false }) {
    const pinned = await this.pinned();
    const stream = this.stream(place);
    if (!pinned || !stream || from > stream.hashes.length) {
      return [];
    }
    const segments = await this.sealedSegments(stream, from, isOne);
    const opened = await Promise.all(segments.map(async ({ number, hash, blob }) => {
      const { browser, kind } = place;
      try {
        return { number, hash, content: await this.#opened({ browser, kind, number, blob }, pinned, isFresh) };
      } catch (error) {
        const isDamaged = error instanceof ProtocolError || error instanceof DecryptionError;
        throw isDamaged ? this.#refused(place, from, "stream_damaged") : error;
      }
    }));
    if (this.#broken.delete(keyOf(place, from))) this.emit("changed", { streams: [] });
    return opened;
  }

  /**
   * @param {KnownStream} stream
   * @param {number} from
   * @param {boolean} isOne
   * @returns {Promise<SealedSegment[]>} at least one
   * @throws {Refusal} `stream_damaged`, `stream_missing`
   */
  async sealedSegments(stream, from, isOne) {
    for (let [attempt, now] = [1, stream]; ; attempt += 1) {
      const segments = await this.#servedSegments(stream, from, isOne);
      if (segments.length > 0 && segments.every(({ number, hash }) => now.hashes[number - 1] === hash)) {
        return segments;
      }
      if (attempt === ATTEMPTS_LIMIT) {
        throw this.#refused(stream, from, segments.length > 0 ? "stream_damaged" : "stream_missing");
      }
      // It may have been written since the last look.
      await this.look(true);
      now = this.stream(stream) ?? now;
    }
  }

  /**
   * @param {Place} place
   * @param {number} from
   * @param {boolean} isOne
   * @returns {Promise<SealedSegment[]>}
   */
  async #servedSegments({ browser, kind }, from, isOne) {
    const served = isOne
      ? await readIfFound(this.#api.segment(browser, kind, from), (answer) => [readSegment(answer, from)])
      : await readIfFound(this.#api.segments(browser, kind, from), (answer) => readSegments(answer, from));
    return Promise.all((served ?? []).map(async ({ number, blob }) => {
      const hash = toHex(await segmentHash({ ...this.#owner, browser, kind, number, blob }));
      return { number, hash, blob };
    }));
  }

  /**
   * @param {Place} place
   * @param {number} from
   * @param {string} problem of the segments from that number on
   */
  #refused(place, from, problem) {
    this.#broken.set(keyOf(place, from), { place: placeOf(place), problem });
    this.#problems.set(placeOf(place), problem);
    this.#known.delete(placeOf(place));
    this.emit("changed", { streams: [] });
    return new Refusal(problem);
  }

  /**
   * @param {Place & { number: number, blob: Bytes }} segment
   * @param {Pinned} pinned
   * @param {boolean} isFresh
   * @returns {Promise<any>}
   * @throws {OldVault | ProtocolError | DecryptionError}
   */
  async #opened(segment, { pin, vaultKey, content }, isFresh) {
    let isUnknown = false;
    const vaultKeyOf = (/** @type {number} */ generation) => {
      const key = generation === pin.generation ? vaultKey : formerKey(content, generation);
      isUnknown = key === null;
      return key;
    };
    try {
      return await openSegment({ ...this.#owner, ...segment, vaultKeyOf });
    } catch (error) {
      if (isUnknown && !isFresh) {
        throw new OldVault();
      }
      throw error;
    }
  }
}

/** @type {(place: Place, from: number) => string} */
const keyOf = (place, from) => `${placeOf(place)} ${from}`;
