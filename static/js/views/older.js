/**
 * When a chat asks for older messages by itself. A round that failed or found nothing is not repeated because the chat
 * was drawn again, which it is after each round: something else has to happen first, and some time has to pass.
 */
import { backoffMs } from "../lib/backoff.js";

/** @typedef {Pick<import("../model/thread.js").Thread, "hasOlder" | "items" | "loadOlder">} Asked */

export class OlderAsking {
  /** @param {() => number} [now] */
  constructor(now = Date.now) {
    this.now = now;
    this.asking = false;
    this.held = false;
    this.attempt = 0;
    this.notBeforeMs = 0;
  }

  /** Nothing speaks against asking: another chat, or the network is back. */
  reset() {
    this.held = false;
    this.attempt = 0;
    this.notBeforeMs = 0;
  }

  /** The person has scrolled, or the chat has changed: worth another try, unless the last one was just now. */
  release() {
    if (this.now() >= this.notBeforeMs) this.held = false;
  }

  /**
   * @param {Asked} thread
   * @returns {Promise<boolean>} whether it was asked at all
   */
  async ask(thread) {
    if (this.asking || this.held) return false;
    this.asking = true;
    const found = await foundOlder(thread).catch(() => false);
    this.asking = false;
    if (found) this.reset();
    else this.hold();
    return true;
  }

  hold() {
    this.held = true;
    this.notBeforeMs = this.now() + backoffMs(this.attempt);
    this.attempt += 1;
  }
}

/** @param {Asked} thread */
async function foundOlder(thread) {
  const first = thread.items()[0]?.key;
  await thread.loadOlder();
  return !thread.hasOlder || thread.items()[0]?.key !== first;
}
