/**
 * Keeps this browser in step with the mailbox. Each event of the mailbox has a sequence. Pushes are applied in that order,
 * once each. If one is missing, or there are no pushes, the server is asked for the events (`sync`).
 *
 * Events: `synced` {isReached, isAway, isDone} after each sync: whether the server answered, whether it was unreachable,
 * whether all events are here now; `applied` (a Change: events were stored, in whatever way they came); `behind`: there are
 * more events than fit into one response; `late`: a sync takes long.
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
// After this time, from its beginning and over all its calls, a sync counts as late.
const LATE_MS = 10_000;
// A screen may wait for a call that the server keeps open, so a sync waits only this long for the screens.
const CALM_MS = 5_000;
// An honest server needs fewer pages: this is a mailbox of 200,000 events in one sync.
const PAGES_LIMIT = 1000;

export class Sync extends Emitter {
  #parts;
  #sequence = 0;
  #entering = new SerialQueue();
  /** @type {Map<number, MailboxEvent>} by sequence: pushes that came before an earlier one that is missing */
  #early = new Map();
  #isBehind = false;
  #isComplete = false;
  #isLate = false;
  #isLive = false;
  #isStopped = false;
  #isAskedFor = false;
  #attempt = 0;
  /** the server is not asked before then: it has asked for that, or its response was malformed */
  #notBeforeMs = 0;
  /** @type {Promise<void> | null} */
  #syncing = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #holeTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #syncTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} set while a sync is not done */
  #lateTimer;

  /** @param {SyncParts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
  }

  get sequence() {
    return this.#sequence;
  }

  /** Whether messages between the old and the newest ones may be missing here. */
  get isBehind() {
    return this.#isBehind;
  }

  /** Whether a sync has been completed since the page was loaded. */
  get isComplete() {
    return this.#isComplete && !this.#isBehind;
  }

  /** Whether a sync takes long. */
  get isLate() {
    return this.#isLate;
  }

  /**
   * Whether messages that are not here count as missing: a sync is complete, or takes long. A server can make a sync last
   * without end.
   */
  get isSettled() {
    return this.isComplete || this.#isLate;
  }

  /** @param {number} sequence of the last event that was applied here */
  start(sequence) {
    this.#sequence = sequence;
  }

  stop() {
    this.#isStopped = true;
    clearTimeout(this.#holeTimer);
    clearTimeout(this.#syncTimer);
    clearTimeout(this.#lateTimer);
  }

  /** @param {boolean} isLive whether pushes come; without them, the mailbox is polled */
  setLive(isLive) {
    this.#isLive = isLive;
    this.#schedule();
  }

  /** @param {unknown} sequence of the mailbox on the server */
  async compare(sequence) {
    await this.#syncing;
    if (sequence !== this.#sequence) {
      await this.run();
    }
  }

  /** @param {any} frame an unchecked push */
  push(frame) {
    const event = this.#read(frame);
    if (event && event.sequence > this.#sequence && this.#early.size < WAITING_LIMIT) {
      this.#early.set(event.sequence, event);
      this.#enterEarly().catch(() => this.run());
    }
  }

  /**
   * @param {any} frame
   * @returns {MailboxEvent | null} null: it is malformed, so a sync follows
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
   * Applies the server's response to a message that was sent from here, at once. The sequence moves only if it is the next.
   * @param {MessageEvent} event
   */
  async accepted(event) {
    if (event.sequence !== this.#sequence + 1) {
      await this.#entering.run(() => this.#apply([event], null));
    }
    if (event.sequence > this.#sequence) {
      this.#early.set(event.sequence, event);
      await this.#enterEarly();
    }
  }

  /**
   * All events are stored here: pushes, responses and pages.
   * @param {MailboxEvent[]} events checked, in their order
   * @param {number | null} sequence of the last of them; null: the stored sequence does not change
   */
  async #apply(events, sequence) {
    this.emit("applied", await this.#parts.messageStore.enter(events, sequence, this.isComplete));
  }

  #enterEarly() {
    return this.#entering.run(async () => {
      const events = this.#takeInOrder();
      const sequence = this.#sequence + events.length;
      if (events.length > 0) {
        await this.#apply(events, sequence);
        this.#sequence = sequence;
      }
      this.#watchForHole(events.length > 0);
    });
  }

  /** @returns {MailboxEvent[]} the early events that follow the sequence without a hole */
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

  /** @returns {Promise<void>} resolves after a sync that began after this call, or at once if the server must not be asked */
  async run() {
    this.#isAskedFor = true;
    if (this.#mayAsk) {
      await this.#ask();
    }
  }

  /** @returns {Promise<boolean>} whether all events of the server are here, after a sync that begins now */
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
   * @returns {number} milliseconds in which the server is not asked, whatever it pushes
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
        // Screens first, because applying a whole page keeps the database busy.
        await Promise.race([this.#screensDone(), pause(CALM_MS)]);
      }
      await this.#entering.run(() => this.#enterPage(events, sequence));
      if (!more) {
        return;
      }
    }
    throw new BadAnswer("a mailbox without end");
  }

  async #screensDone() {
    await this.#parts.screenWork.done();
    await this.#parts.decryptQueue.calm();
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
    // Pushes that came during the call may have moved the sequence further.
    if (sequence > this.#sequence) {
      await this.#apply(events.filter((event) => event.sequence > this.#sequence), sequence);
      this.#sequence = sequence;
    }
    this.#enterEarly().catch(() => {});
  }

  async #startOver() {
    await this.#entering.run(async () => {
      await this.#parts.messageStore.restart();
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
    // Not `run`: a timer can fire slightly early, `run` would then refuse, and no timer would follow.
    this.#syncTimer = after(Math.max(delayMs, restMs), () => void this.#ask());
  }

  #backoffMs() {
    return backoffMs(this.#attempt, { baseMs: 2000 });
  }
}
