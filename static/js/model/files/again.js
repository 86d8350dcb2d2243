/** Calls about files that are repeated while their failure may pass. */
import { backoffMs, pause } from "../../lib/timing.js";
import { ApiError, NetworkError, patienceMs } from "../../net/net-errors.js";

const TRIES = 12;
const TEMPORARY_STATUSES = [401, 408, 425, 429];

/**
 * @template Result
 * @param {AbortSignal} signal
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function again(signal, work) {
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!isTemporary(error) || attempt >= TRIES) {
        throw error;
      }
      await pause(Math.max(patienceMs(error), backoffMs(attempt)));
    }
  }
}

/** @param {unknown} error */
function isTemporary(error) {
  return error instanceof NetworkError || (error instanceof ApiError && (error.status >= 500 || TEMPORARY_STATUSES.includes(error.status)));
}
