/**
 * Tells the server which messages were delivered and read: in batches, and again until it has answered. It tells nothing
 * about messages of strangers, and not what was read if the person has turned that off.
 */
import { after, backoffMs } from "../../lib/timing.js";
import { ApiError, patienceMs } from "../../net/net-errors.js";
import { receiptRecipients } from "../history/receipt-recipients.js";

/** @typedef {{ id: number, kind: "delivered" | "read" }} Told */

const COLLECT_MS = 300;
// While many messages are decrypted, calls are collected for longer, up to this.
const LONGEST_COLLECT_MS = 2400;
const CALL_LIMIT = 500;
// By then the tab that has decrypted a message has told the server, unless it was closed.
const OTHER_TAB_MS = 5000;
const TEMPORARY_STATUSES = [401, 408, 425, 429];

export class Receipts {
  #parts;
  /** @type {Set<string>} what was told, until the server's event about it arrives */
  #told = new Set();
  #attempt = 0;
  #streak = 0;
  #lastCallMs = -Infinity;
  #notBeforeMs = 0;
  #isStopped = false;
  #isSending = false;
  /** whether something was noted during a call, which may not include it */
  #isNoted = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #laterTimer;

  /** @param {{ api: Api, messageStore: MessageStore, chains: Chains, people: People, preferences: Preferences }} parts */
  constructor(parts) {
    this.#parts = parts;
    parts.preferences.on("changed", () => this.note());
  }

  /** Called when there may be something to tell. */
  note() {
    this.#isNoted = true;
    this.#timer ??= this.#isStopped ? undefined : after(this.#delayMs(), () => void this.#send());
  }

  /** Called when a message has come, which another tab may decrypt. */
  noteLater() {
    this.#laterTimer ??= this.#isStopped ? undefined : after(OTHER_TAB_MS, () => this.#noteNow());
  }

  #noteNow() {
    this.#laterTimer = undefined;
    this.note();
  }

  /** Tells at once, because the network is back, unless the server has asked to wait. */
  hurry() {
    if (this.#attempt > 0 && !this.#isSending) {
      this.#attempt = 0;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.note();
    }
  }

  stop() {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#laterTimer);
  }

  #delayMs() {
    const delayMs = this.#attempt > 0 ? backoffMs(this.#attempt) : this.#collectMs();
    return Math.max(delayMs, this.#notBeforeMs - performance.now());
  }

  #collectMs() {
    const isBusy = performance.now() - this.#lastCallMs < LONGEST_COLLECT_MS / 2;
    this.#streak = isBusy ? this.#streak + 1 : 0;
    return Math.min(LONGEST_COLLECT_MS, COLLECT_MS * 2 ** this.#streak);
  }

  async #send() {
    this.#isSending = true;
    this.#isNoted = false;
    const isMore = await this.#tell().catch((error) => this.#failed(error));
    this.#attempt = isMore === null ? this.#attempt + 1 : 0;
    this.#isSending = false;
    this.#timer = undefined;
    if (isMore !== false || this.#isNoted) {
      this.note();
    }
  }

  /** @param {unknown} error */
  #failed(error) {
    this.#notBeforeMs = performance.now() + patienceMs(error);
    return null;
  }

  /** @returns {Promise<boolean>} whether there is more than fits into one call */
  async #tell() {
    const all = await this.#due();
    // What is due no more, the server's own word has settled.
    this.#told = new Set(all.map(nameOf).filter((name) => this.#told.has(name)));
    const due = all.filter((one) => !this.#told.has(nameOf(one)));
    const part = due.slice(0, CALL_LIMIT);
    if (part.length > 0) {
      const ids = (/** @type {string} */ kind) => part.filter((one) => one.kind === kind).map(({ id }) => id);
      this.#lastCallMs = performance.now();
      await this.#parts.api.receipts({ delivered: ids("delivered"), read: ids("read") }).catch(passOver);
      part.forEach((one) => this.#told.add(nameOf(one)));
    }
    return due.length > part.length;
  }

  /** @returns {Promise<Told[]>} */
  async #due() {
    const { messageStore, preferences } = this.#parts;
    const rows = await messageStore.due(await receiptRecipients(this.#parts));
    return rows.flatMap((row) => toldOf(row, preferences.readReceipts));
  }
}

/**
 * Skips receipts that the server refuses, until the page is reloaded, so that they do not block the others.
 * @param {unknown} error
 */
function passOver(error) {
  const isRefused = error instanceof ApiError && error.status >= 400 && error.status < 500;
  if (!isRefused || TEMPORARY_STATUSES.includes(error.status)) {
    throw error;
  }
}

/**
 * @param {MessageRow} row
 * @param {boolean} isReadTold
 * @returns {Told[]} at most one
 */
function toldOf({ id, seen, deliveredAtMs }, isReadTold) {
  if (seen && isReadTold) {
    return [{ id, kind: "read" }];
  }
  return deliveredAtMs ? [] : [{ id, kind: "delivered" }];
}

/** @param {Told} told */
function nameOf({ id, kind }) {
  return `${kind} ${id}`;
}
