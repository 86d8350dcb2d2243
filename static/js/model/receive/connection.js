/**
 * The connection to the server: pushes over a socket, and polling while there is none.
 *
 * Events: `changed` {state}, `open` (a socket is open again), `reached` (the server answers again), `resync` (the server
 * asks for a sync).
 */
import { Emitter, listen } from "../../lib/emitter.js";
import { backoffMs, pause } from "../../lib/timing.js";
import { isAway } from "../../net/net-errors.js";
import { readConversations } from "../server/responses.js";

/**
 * - ok: events are pushed at once
 * - polling: there is no socket, so the server is asked every few seconds
 * - connecting: the server has not answered yet, or the sync fails
 * - unreached: the last call got no answer; it is repeated
 * - offline: this machine has no network
 * @typedef {"ok" | "polling" | "connecting" | "unreached" | "offline"} ConnectionState
 */

// One failed sync can be chance. After more, the state must not be "ok", because nothing new arrives.
const FAILURES_HIDDEN = 1;

export class Connection extends Emitter {
  #parts;
  #isReached = false;
  /** whether the last call got no answer */
  #isAway = false;
  /** whether the server has answered since the last socket was lost */
  #hasAnswered = false;
  #failures = 0;
  #isStopped = false;
  /** @type {ConnectionState} */
  #state = "connecting";
  /** whether the machine reports no network, and the server was not heard since */
  #isOffline = isOffline();
  #stopListening = () => {};

  /** @param {ConnectionParts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
    const { sync, realtime } = parts;
    realtime.on("event", (frame) => sync.push(frame));
    realtime.on("resync", () => {
      void sync.run();
      this.emit("resync");
    });
    realtime.on("connected", ({ sequence }) => this.#connected(sequence));
    realtime.on("alive", () => this.#heard());
    realtime.on("state", (state) => {
      sync.setLive(state === "open");
      this.#hasAnswered &&= state !== "offline";
      this.#update();
    });
    sync.on("late", () => this.#update());
    sync.on("synced", (outcome) => this.#synced(outcome));
  }

  get state() {
    return this.#state;
  }

  async start() {
    this.#stopListening = listen("page", ["online", "offline"], () => this.#look());
    const { messageStore, sync, realtime } = this.#parts;
    sync.start((await messageStore.sequence()) ?? (await this.#begin()));
    if (!this.#isStopped) {
      realtime.start();
      await sync.run();
    }
  }

  stop() {
    this.#isStopped = true;
    this.#stopListening();
    this.#parts.realtime.stop();
    this.#parts.sync.stop();
  }

  /**
   * In a new browser: stores the list of chats.
   * @returns {Promise<number>} the sequence of the mailbox at that time
   */
  async #begin() {
    for (let attempt = 0; !this.#isStopped; attempt += 1) {
      try {
        return await this.#takeList();
      } catch (error) {
        this.#synced({ isReached: false, isAway: isAway(error), isDone: false });
        await pause(backoffMs(attempt));
      }
    }
    return 0;
  }

  async #takeList() {
    const { api, messageStore, contacts, ownEmail } = this.#parts;
    const list = readConversations(await api.conversations(), ownEmail);
    await messageStore.begin(list);
    for (const { email, displayName } of list.conversations) {
      await contacts.learnName(email, displayName);
    }
    return list.sequence;
  }

  /** @param {unknown} sequence of the mailbox on the server */
  #connected(sequence) {
    this.#heard();
    void this.#parts.sync.compare(sequence);
    this.emit("open");
  }

  #look() {
    this.#isOffline = isOffline();
    this.#update();
  }

  /** The server was heard, so there is a network whatever the machine reports. */
  #heard() {
    this.#isOffline = false;
    this.#isAway = false;
    this.#update();
  }

  /** @param {{ isReached: boolean, isAway: boolean, isDone: boolean }} outcome */
  #synced({ isReached, isDone, ...outcome }) {
    const isNews = isReached && !this.#isReached;
    this.#isAway = outcome.isAway;
    this.#hasAnswered ||= isReached;
    this.#failures = isDone ? 0 : this.#failures + 1;
    this.#isReached = isReached;
    this.#isOffline &&= !isReached;
    this.#update();
    if (isNews) {
      this.emit("reached");
    }
  }

  #update() {
    const state = this.#presentState();
    if (state !== this.#state) {
      this.#state = state;
      this.emit("changed", { state });
    }
  }

  /** @returns {ConnectionState} */
  #presentState() {
    // Checked before the socket, which takes seconds to notice that the network is gone.
    if (this.#isOffline) {
      return "offline";
    }
    const isFailing = this.#failures > FAILURES_HIDDEN || this.#parts.sync.isLate;
    const isOpen = this.#parts.realtime.state === "open";
    if (isOpen && !isFailing) {
      return "ok";
    }
    if (this.#isAway && !isOpen) {
      return "unreached";
    }
    return !isFailing && this.#hasAnswered ? "polling" : "connecting";
  }
}

function isOffline() {
  return globalThis.navigator?.onLine === false;
}
