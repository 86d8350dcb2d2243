/** The endpoints of the streams that the browsers of one person keep for each other. It is loaded on demand. */
import { LIST } from "./bounds.js";

/** @import { StreamKind } from "../crypto/stream.js" */

/** @type {import("./bounds.js").Bounds} eight segments of 256 KiB, in base64 */
const SEGMENTS = { characters: 2 ** 22, values: 10_000, ms: 120_000 };

export class StreamApi {
  #api;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
  }

  streams() {
    return this.#api.call("GET", "/streams", { bounds: LIST });
  }

  /**
   * @param {string} browser
   * @param {StreamKind} kind
   * @param {number} from the number of the first
   */
  segments(browser, kind, from) {
    return this.#api.call("GET", `/streams/${browser}/${kind}?from=${from}`, { bounds: SEGMENTS });
  }

  /**
   * @param {string} browser
   * @param {StreamKind} kind
   * @param {number} number
   */
  segment(browser, kind, number) {
    return this.#api.call("GET", `/streams/${browser}/${kind}/${number}`, { bounds: SEGMENTS });
  }

  /**
   * @param {string} browser
   * @param {StreamKind} kind
   * @param {number} number
   * @param {{ blob: string, by: string, revision: number, signature: string }} body
   */
  writeSegment(browser, kind, number, body) {
    return this.#api.call("PUT", `/streams/${browser}/${kind}/${number}`, { body, bounds: LIST });
  }
}
