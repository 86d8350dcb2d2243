/** The endpoints of files. It is loaded on demand. */
import { retryAfterSeconds } from "../lib/timing.js";
import { Deadline, LIST } from "./bounds.js";
import { ApiError, NetworkError } from "./net-errors.js";

// For a part of 4 MiB over a slow line, or a file.
const PART_MS = 600_000;

export class FileApi {
  #api;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
  }

  /**
   * @param {string} email of the recipient
   * @param {number} size of the sealed file
   */
  create(email, size) {
    return this.#api.call("POST", "/files", { body: { recipient_email: email, size } });
  }

  /** @param {string} id */
  parts(id) {
    return this.#api.call("GET", `/files/${id}/parts`, { bounds: LIST });
  }

  /** @param {string} id */
  complete(id) {
    return this.#api.call("POST", `/files/${id}/complete`, { body: {} });
  }

  /** @param {string} id of an upload to give up */
  giveUp(id) {
    return this.#api.call("DELETE", `/files/${id}`);
  }

  /**
   * @param {string} id
   * @param {number} number from 0
   * @param {Bytes} part
   * @param {string} digest the part's SHA-256 in base64
   * @param {AbortSignal} signal
   * @throws {ApiError | NetworkError}
   */
  async putPart(id, number, part, digest, signal) {
    const headers = { "Content-Type": "application/octet-stream", "Content-Digest": `sha-256=:${digest}:` };
    const deadline = new Deadline(PART_MS, PART_MS);
    try {
      const either = AbortSignal.any([signal, deadline.signal]);
      await answered(this.#api.bytes(`/files/${id}/parts/${number}`, { method: "PUT", headers, body: part, signal: either }));
    } finally {
      deadline.end();
    }
  }

  /**
   * @param {string} id
   * @param {AbortSignal} signal
   * @param {{ start: number, end: number }} [range] none: all of them
   * @returns {AsyncGenerator<Bytes, void>} the sealed bytes, in pieces of any length
   * @throws {ApiError | NetworkError}
   */
  async *content(id, signal, range) {
    const deadline = new Deadline(PART_MS);
    /** @type {Record<string, string>} */
    const headers = range ? { Range: `bytes=${range.start}-${range.end - 1}` } : {};
    try {
      const either = AbortSignal.any([signal, deadline.signal]);
      const response = await answered(this.#api.bytes(`/files/${id}`, { method: "GET", headers, signal: either }));
      const reader = /** @type {ReadableStream<Bytes>} */ (response.body).getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        deadline.heard();
        yield piece.value;
      }
    } catch (error) {
      throw error instanceof ApiError ? error : new NetworkError(error);
    } finally {
      deadline.end();
    }
  }
}

/**
 * @param {Promise<Response>} asked
 * @returns {Promise<Response>}
 * @throws {ApiError | NetworkError}
 */
async function answered(asked) {
  const response = await asked.catch((error) => {
    throw new NetworkError(error);
  });
  if (!response.ok) {
    const body = await response.json().catch(() => null);
    throw new ApiError(response.status, body, retryAfterSeconds(response.headers.get("Retry-After")));
  }
  return response;
}
