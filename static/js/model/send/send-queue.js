/**
 * Sends the messages of the outbox. One tab sends at a time (Web Locks). Each peer's messages are sent one after the other;
 * different peers do not wait for each other.
 *
 * Events: `moved` {peer} (a row of the outbox has changed).
 */
import { KeyChangedError } from "../../crypto/crypto-errors.js";
import { Emitter, listen } from "../../lib/emitter.js";
import { backoffMs, Pause } from "../../lib/timing.js";
import { ApiError } from "../../net/net-errors.js";
import { isSilent } from "../history/message-rows.js";
import { Refusal } from "../server/model-errors.js";
import { StaleKey, retryDecision } from "../server/retry-policy.js";

const NOBODY_THERE = "user_not_found";

export class SendQueue extends Emitter {
  #parts;
  #isRunning = false;
  #isStopped = false;
  /** whether the browser has frozen this page */
  #isAsleep = false;
  /** aborts the wait for the lock */
  #queueing = new AbortController();
  /** @type {(() => void)[]} */
  #stopListening;
  #signal = new Pause();
  /** @type {Map<string, { pause: Pause, isOrdered: boolean }>} by peer: running lanes; isOrdered: the server has asked to wait */
  #lanes = new Map();

  /** @param {SendQueueParts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
    parts.accountKey.on("changed", () => this.wake());
    // A frozen page that holds the lock would keep the other tabs from sending.
    this.#stopListening = [
      listen("document", ["freeze"], () => this.#sleep()),
      listen("page", ["pagehide"], () => this.#sleep()),
      listen("document", ["resume"], () => this.#resume()),
      listen("page", ["pageshow"], () => this.#resume()),
    ];
  }

  #sleep() {
    this.#isAsleep = true;
    this.#queueing.abort();
    this.#signal.wake();
  }

  #resume() {
    this.#isAsleep = false;
    this.hurry();
  }

  /** A running attempt may continue without the lock, because the same bytes from two tabs are one message. */
  get #mayCarry() {
    return !this.#isStopped && !this.#isAsleep;
  }

  /** Called when there may be something to send. */
  wake() {
    this.#signal.wake();
    if (!this.#isRunning && this.#mayCarry) {
      this.#run().catch(() => {});
    }
  }

  /** Sends at once, because the network is back, unless the server has asked to wait. */
  hurry() {
    for (const { pause, isOrdered } of this.#lanes.values()) {
      if (!isOrdered) {
        pause.wake();
      }
    }
    this.wake();
  }

  stop() {
    this.#isStopped = true;
    this.#stopListening.forEach((stop) => stop());
    this.#lanes.forEach(({ pause }) => pause.wake());
    this.#signal.wake();
  }

  async #run() {
    const { locks, ownEmail } = this.#parts;
    this.#isRunning = true;
    this.#queueing = new AbortController();
    try {
      await locks.request(`vibechat outbox ${ownEmail}`, { signal: this.#queueing.signal }, () => this.#carry());
    } finally {
      this.#isRunning = false;
    }
    if (this.#signal.isWoken) {
      this.wake();
    }
  }

  async #carry() {
    while (this.#mayCarry) {
      this.#signal.rest();
      const isReady = this.#parts.accountKey.current !== null;
      const peers = isReady ? await this.#parts.outbox.peersWaiting() : [];
      peers.filter((peer) => !this.#lanes.has(peer)).forEach((peer) => this.#runLane(peer).catch(() => {}));
      if (this.#lanes.size === 0) {
        return;
      }
      await this.#signal.wait(Infinity);
    }
  }

  /** @param {string} peer */
  async #runLane(peer) {
    const lane = { pause: new Pause(), isOrdered: false };
    this.#lanes.set(peer, lane);
    try {
      await this.#carryTo(peer, lane);
    } finally {
      this.#lanes.delete(peer);
      this.#signal.wake();
    }
  }

  /**
   * @param {string} peer
   * @param {{ pause: Pause, isOrdered: boolean }} lane
   */
  async #carryTo(peer, lane) {
    let attempt = 0;
    while (this.#mayCarry && this.#parts.accountKey.current) {
      const row = await this.#parts.outbox.next(peer);
      if (!row) {
        return;
      }
      const failure = await this.#try(row, attempt);
      attempt = failure ? attempt + 1 : 0;
      if (failure) {
        lane.isOrdered = failure.retryAfterMs > 0;
        await lane.pause.wait(Math.max(failure.retryAfterMs, backoffMs(attempt - 1)));
      }
    }
  }

  /**
   * @param {OutboxRow} row
   * @param {number} attempt how often it has failed so far
   * @returns {Promise<{ retryAfterMs: number } | null>} null: the row is done, failed or held
   */
  async #try(row, attempt) {
    try {
      await this.#deliver(row);
      return null;
    } catch (error) {
      // If the result cannot be stored, it is tried again later.
      return await this.#settle(row, error, attempt).catch(() => ({ retryAfterMs: 0 }));
    } finally {
      this.emit("moved", { peer: row.peer });
    }
  }

  /** @param {OutboxRow} row */
  async #deliver(row) {
    const { outbox, transport } = this.#parts;
    const sealed = await outbox.seal(row);
    if (!sealed) {
      return;
    }
    try {
      await transport.send(sealed.envelope);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "stale_key") {
        throw error;
      }
      await this.#findNewKeys(sealed);
    }
  }

  /**
   * @param {SealedRow} row refused because one of its two keys is not the current one
   * @throws {KeyChangedError} it is the peer's key, and the person has to decide
   */
  async #findNewKeys({ peer, clientId, envelope }) {
    const { accountKey, peerKeys, outbox } = this.#parts;
    await accountKey.ensure();
    const { pinned, offered, served } = await peerKeys.lookUp(peer);
    const own = accountKey.current?.fingerprint ?? envelope.sender_fingerprint;
    if (accountKey.current && own === envelope.sender_fingerprint && (offered ?? pinned) === envelope.recipient_fingerprint) {
      // With nothing to decide about, another key that the server names was declined.
      throw offered === null && served !== pinned ? new Refusal("declined_key") : new StaleKey();
    }
    if (accountKey.current) {
      await outbox.markStale(clientId);
      await peerKeys.keyFor(peer);
    }
  }

  /**
   * @param {OutboxRow} row
   * @param {unknown} error
   * @param {number} attempt
   * @returns {Promise<{ retryAfterMs: number } | null>}
   */
  async #settle(row, error, attempt) {
    const { outbox } = this.#parts;
    if (error instanceof KeyChangedError) {
      await outbox.hold(row.peer);
      return null;
    }
    if (error instanceof ApiError && error.code === "message_deleted") {
      // The server alone cannot remove a message that is on the screen.
      await (isSilent(row) ? outbox.drop(row.clientId) : outbox.fail(row.clientId, error.code));
      return null;
    }
    const { isFinal, reason, retryAfterMs } = retryDecision(error, { attempt, ageMs: Date.now() - row.atMs });
    if (isFinal) {
      // Without its skip, a message that was taken back would seem to be missing: it is kept, and tried again later.
      await (row.isSkip && reason === NOBODY_THERE ? outbox.drop(row.clientId) : outbox.fail(row.clientId, reason));
      return null;
    }
    return { retryAfterMs };
  }
}
