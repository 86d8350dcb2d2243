/** Removes the contents of an open chat's messages that were deleted or whose time is over, from the screen and the storage. */
import { after } from "../../lib/timing.js";

/** @import { Read } from "./message-changes.js" */
/** @import { AnyItem } from "./thread-items.js" */

// A timer takes no more than 2^31 - 1.
const LONGEST_TIMER_MS = 2_000_000_000;

export class Endings {
  #erase;
  #refresh;
  /** @type {Set<string>} hashes of messages whose contents were removed */
  #erased = new Set();
  #nextMs = Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {{ erase: () => Promise<unknown>, refresh: () => Promise<unknown> }} actions */
  constructor({ erase, refresh }) {
    this.#erase = erase;
    this.#refresh = refresh;
  }

  /**
   * A message may have come after its deletion, or its time may be over.
   * @param {AnyItem[]} items
   * @param {Read[]} read
   */
  see(items, read) {
    const left = read.map(({ words }) => words).filter(({ body, hash }) => body !== "" && !this.#erased.has(hash));
    this.#wait(left);
    const deleted = items.flatMap((item) => (item.kind === "message" && item.isDeleted && item.content?.text ? [item.content.hash] : []));
    if (deleted.some((hash) => !this.#erased.has(hash))) {
      deleted.forEach((hash) => this.#erased.add(hash));
      this.#erase().catch(() => {});
    }
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** @param {Read["words"][]} left */
  #wait(left) {
    const nextMs = Math.min(Infinity, ...left.map(({ goneAtMs = Infinity }) => goneAtMs));
    if (nextMs !== this.#nextMs) {
      clearTimeout(this.#timer);
      this.#nextMs = nextMs;
      this.#timer = nextMs === Infinity ? undefined : after(Math.min(nextMs - Date.now(), LONGEST_TIMER_MS), () => void this.#expire(left));
    }
  }

  /** @param {Read["words"][]} left */
  async #expire(left) {
    left.filter(({ goneAtMs = Infinity }) => goneAtMs <= Date.now()).forEach(({ hash }) => this.#erased.add(hash));
    this.#nextMs = 0;
    await this.#erase().catch(() => {});
    await this.#refresh().catch(() => {});
  }
}
