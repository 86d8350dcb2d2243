/**
 * The order of what happens. Each change of one's mailbox has a number: pushes are entered in that order, once; where
 * one is missing, or nothing is pushed at all, `sync` is asked.
 *
 * Events: `synced` {isReached, isAway, isDone}: whether the server answered, whether it was not there, whether what it has
 * stands here now; `behind`: there is more than fits into one answer; `late`: what the server has is not here after a
 * while.
 */
import { Emitter } from "../../lib/emitter.js";
import { after, backoffMs, pause, SerialQueue } from "../../lib/timing.js";
import { ApiError, isAway, patienceMs } from "../../net/net-errors.js";
import { BadAnswer } from "../server/model-errors.js";
import { readEvent, readSync } from "../server/responses.js";

/** @import { MessageEvent } from "../server/responses.js" */

const HOLE_PATIENCE_MS = 300;
const POLL_MS = 4000;
const WAITING_LIMIT = 1000;
// From when a sync begins until it is done, however many calls that takes.
const LATE_MS = 10_000;
// A screen may wait for a call that the server keeps open.
const CALM_MS = 5_000;
// More than a mailbox of 200,000 changes in one go is no honest answer.
const PAGES_LIMIT = 1000;

export class Sync extends Emitter {
  #parts;
  #sequence = 0;
  #entering = new SerialQueue();
  /** @type {Map<number, MailboxEvent>} pushes that came before one that is still missing */
  #early = new Map();
  #isBehind = false;
  #isComplete = false;
  #isLate = false;
  #isLive = false;
  #isStopped = false;
  #isAskedFor = false;
  #attempt = 0;
  /** before then the server is not asked: by its own wish, or for it has answered nonsense */
  #notBeforeMs = 0;
  /** @type {Promise<void> | null} */
  #syncing = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #holeTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #syncTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} while what the server has is not here */
  #lateTimer;

  /** @param {SyncParts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
  }

  get sequence() {
    return this.#sequence;
  }

  /** While this is so, what stands here may lack what lies between the old and the newest. */
  get isBehind() {
    return this.#isBehind;
  }

  /** Whether all that the server had, once since this page was loaded, stands here. */
  get isComplete() {
    return this.#isComplete && !this.#isBehind;
  }

  /** Whether a sync that has begun a while ago is not done yet. */
  get isLate() {
    return this.#isLate;
  }

  /**
   * Whether what is not here is to be called missing: all that the server had is here, or it has had time enough to give
   * it. A server can make a sync last for ever.
   */
  get isSettled() {
    return this.isComplete || this.#isLate;
  }

  /** @param {number} sequence up to where the mailbox stands here */
  start(sequence) {
    this.#sequence = sequence;
  }

  stop() {
    this.#isStopped = true;
    clearTimeout(this.#holeTimer);
    clearTimeout(this.#syncTimer);
    clearTimeout(this.#lateTimer);
  }

  /** @param {boolean} isLive whether pushes come; while they do not, the mailbox is polled */
  setLive(isLive) {
    this.#isLive = isLive;
    this.#schedule();
  }

  /** @param {unknown} sequence of the mailbox, as the server counts it now */
  async compare(sequence) {
    await this.#syncing;
    if (sequence !== this.#sequence) {
      await this.run();
    }
  }

  /** @param {any} frame a push, as it came */
  push(frame) {
    const event = this.#read(frame);
    if (event && event.sequence > this.#sequence && this.#early.size < WAITING_LIMIT) {
      this.#early.set(event.sequence, event);
      this.#enterEarly().catch(() => this.run());
    }
  }

  /**
   * @param {any} frame
   * @returns {MailboxEvent | null} null: nonsense, so what really happened is asked for
   */
  #read(frame) {
    try {
      return readEvent(frame, this.#parts.ownEmail);
    } catch {
      void this.run();
      return null;
    }
  }

  /**
   * The answer to a message that was sent from here. It is entered at once; the sequence moves only if it is next.
   * @param {MessageEvent} event
   */
  async accepted(event) {
    if (event.sequence !== this.#sequence + 1) {
      await this.#entering.run(() => this.#parts.enter([event], null));
    }
    if (event.sequence > this.#sequence) {
      this.#early.set(event.sequence, event);
      await this.#enterEarly();
    }
  }

  #enterEarly() {
    return this.#entering.run(async () => {
      const events = this.#takeInOrder();
      const sequence = this.#sequence + events.length;
      if (events.length > 0) {
        await this.#parts.enter(events, sequence);
        this.#sequence = sequence;
      }
      this.#watchForHole(events.length > 0);
    });
  }

  /** @returns {MailboxEvent[]} what follows on the sequence without a hole */
  #takeInOrder() {
    const events = [];
    for (let next = this.#sequence + 1; this.#early.has(next); next += 1) {
      events.push(/** @type {MailboxEvent} */ (this.#early.get(next)));
    }
    [...this.#early.keys()].filter((sequence) => sequence <= this.#sequence + events.length)
      .forEach((sequence) => this.#early.delete(sequence));
    return events;
  }

  /** @param {boolean} isMoving whether the last hole has just been filled */
  #watchForHole(isMoving) {
    if (isMoving || this.#early.size === 0) {
      clearTimeout(this.#holeTimer);
      this.#holeTimer = undefined;
    }
    if (this.#early.size > 0 && !this.#isStopped) {
      this.#holeTimer ??= after(HOLE_PATIENCE_MS, () => this.#askAboutHole());
    }
  }

  #askAboutHole() {
    this.#holeTimer = undefined;
    void this.run();
  }

  /** @returns {Promise<void>} when the server has been asked after this call, unless it must not be; it never throws */
  async run() {
    this.#isAskedFor = true;
    if (this.#mayAsk) {
      await this.#ask();
    }
  }

  /** @returns {Promise<boolean>} whether all that the server has, asked again now, stands here */
  async catchUp() {
    await this.run();
    return this.isComplete && this.#attempt === 0;
  }

  get #mayAsk() {
    return !this.#isStopped && performance.now() >= this.#notBeforeMs;
  }

  #ask() {
    this.#syncing ??= this.#syncWhileAskedFor().finally(() => {
      this.#syncing = null;
      this.#schedule();
    });
    return this.#syncing;
  }

  async #syncWhileAskedFor() {
    clearTimeout(this.#syncTimer);
    do {
      this.#isAskedFor = false;
      await this.#syncOnce();
    } while (this.#isAskedFor && this.#mayAsk);
  }

  async #syncOnce() {
    this.#lateTimer ??= after(LATE_MS, () => this.#late());
    try {
      await this.#syncPages();
      clearTimeout(this.#lateTimer);
      this.#lateTimer = undefined;
      this.#isLate = false;
      this.#attempt = 0;
      this.#isComplete = true;
      this.emit("synced", { isReached: true, isAway: false, isDone: true });
    } catch (error) {
      this.#attempt += 1;
      this.#notBeforeMs = performance.now() + this.#restMs(error);
      this.emit("synced", { isReached: error instanceof ApiError, isAway: isAway(error), isDone: false });
      if (error instanceof ApiError && error.code === "sequence_ahead" && this.#sequence > 0) {
        await this.#startOver().catch(() => {});
      }
    }
  }

  #late() {
    this.#isLate = true;
    this.emit("late");
  }

  /**
   * @param {unknown} error
   * @returns {number} milliseconds for which the server is not asked, whatever it pushes
   */
  #restMs(error) {
    if (error instanceof ApiError) {
      return patienceMs(error);
    }
    return isAway(error) ? 0 : this.#backoffMs();
  }

  async #syncPages() {
    for (let page = 0; page < PAGES_LIMIT; page += 1) {
      const known = this.#sequence;
      const { events, sequence, more } = readSync(await this.#parts.api.sync(known), known, this.#parts.ownEmail);
      this.#setBehind(more);
      if (more) {
        // What somebody waits for first: the entering of a whole page keeps the database busy.
        await Promise.race([this.#parts.calm(), pause(CALM_MS)]);
      }
      await this.#entering.run(() => this.#enterPage(events, sequence));
      if (!more) {
        return;
      }
    }
    throw new BadAnswer("a mailbox without end");
  }

  /** @param {boolean} isBehind */
  #setBehind(isBehind) {
    const isNews = isBehind && !this.#isBehind;
    this.#isBehind = isBehind;
    if (isNews) {
      this.emit("behind");
    }
  }

  /**
   * @param {MailboxEvent[]} events
   * @param {number} sequence
   */
  async #enterPage(events, sequence) {
    // Pushes that came while the answer was on its way may have gone further already.
    if (sequence > this.#sequence) {
      await this.#parts.enter(events.filter((event) => event.sequence > this.#sequence), sequence);
      this.#sequence = sequence;
    }
    this.#enterEarly().catch(() => {});
  }

  async #startOver() {
    await this.#entering.run(async () => {
      await this.#parts.restart();
      this.#early.clear();
      this.#sequence = 0;
    });
    this.#isAskedFor = true;
  }

  #schedule() {
    clearTimeout(this.#syncTimer);
    if (this.#isStopped || this.#syncing || (this.#isLive && this.#attempt === 0)) {
      return;
    }
    const delayMs = this.#attempt > 0 ? this.#backoffMs() : POLL_MS * (1 + Math.random() / 4);
    const restMs = Math.ceil(this.#notBeforeMs - performance.now());
    // Not by `run`: a timer may come a moment early, and nothing would come after it.
    this.#syncTimer = after(Math.max(delayMs, restMs), () => void this.#ask());
  }

  #backoffMs() {
    return backoffMs(this.#attempt, { baseMs: 2000 });
  }
}
