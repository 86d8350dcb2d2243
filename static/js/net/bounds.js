/**
 * Bounds on one response. Without them a server could keep a call open without end, or block the page with a response that
 * takes seconds to parse: 60 KB of gzip can hold 60 MB of JSON.
 */
import { after } from "../lib/timing.js";

/**
 * @typedef {object} Bounds
 * @property {number} characters
 * @property {number} values of JSON: many small values take longer to parse than a few long ones
 * @property {number} ms for the whole response
 */

/** @type {Bounds} an answer about one thing; the longest is a message of 64 KiB */
export const ONE = { characters: 2 ** 18, values: 10_000, ms: 30_000 };
/** @type {Bounds} a list; the longest honest one is a page of 200 messages, or 700 chats that end with the longest message */
export const LIST = { characters: 2 ** 25, values: 400_000, ms: 120_000 };

/** @type {Bounds} a vault: its blob has 1 MiB at most, in base64 */
export const VAULT = { characters: 2 ** 21, values: 10_000, ms: 120_000 };

/** @type {Bounds} the answer to a log-out: a log-in waits for it */
export const FAREWELL = { ...ONE, ms: 10_000 };

const SILENCE_MS = 20_000;

/** Aborts a call when nothing arrives for a while, or when the whole response takes too long. */
export class Deadline {
  #controller = new AbortController();
  #whole;
  #silence;

  /** @param {number} wholeMs @param {number} [silenceMs] until the first data */
  constructor(wholeMs, silenceMs = SILENCE_MS) {
    const abort = () => this.#controller.abort();
    this.#whole = after(wholeMs, abort);
    this.#silence = after(silenceMs, abort);
  }

  get signal() {
    return this.#controller.signal;
  }

  /** Data has arrived. */
  heard() {
    clearTimeout(this.#silence);
    this.#silence = after(SILENCE_MS, () => this.#controller.abort());
  }

  end() {
    clearTimeout(this.#whole);
    clearTimeout(this.#silence);
  }
}

/**
 * @param {Response} response
 * @param {Bounds} bounds
 * @param {Deadline} deadline
 * @returns {Promise<string>}
 * @throws {RangeError} it is larger than the bounds
 */
export async function textWithin(response, { characters, values }, deadline) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let [text, valueCount] = ["", 0];
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    deadline.heard();
    text += part.value;
    // Each value of an array or object, except the first, follows a comma.
    valueCount += part.value.match(/[,[{]/g)?.length ?? 0;
    if (text.length > characters || valueCount > values) {
      // Not awaited: a stream need not settle when it is cancelled.
      reader?.cancel().catch(() => {});
      throw new RangeError("the answer is larger than any honest one");
    }
  }
  return text;
}
