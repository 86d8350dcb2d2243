/** Decides whether a failed delivery is tried again. */
import { ApiError, NetworkError, patienceMs } from "../../net/net-errors.js";
import { Refusal } from "./model-errors.js";

/** The server refuses the keys as stale, but names the same ones as the current ones. */
export class StaleKey extends Error {}

/** @typedef {{ isFinal: boolean, reason: string, retryAfterMs: number }} RetryDecision */
/** @typedef {{ attempt: number, ageMs: number }} Attempts attempt: how often it has failed before; ageMs: since it was written */

const HOUR_MS = 3_600_000;
const OFFLINE_LIMIT_MS = 24 * HOUR_MS;
const REFUSED_LIMIT_MS = HOUR_MS;
const MANY_ATTEMPTS = 8;
const FEW_ATTEMPTS = 3;
// One of the two people has to act first. The page says so elsewhere.
const WAITS_FOR_PERSON = ["session_over", "no_own_key", "no_key", "unsigned_key"];
const TEMPORARY_STATUSES = [401, 408, 425, 429];
const TEMPORARY_CODES = ["rate_limited", "unavailable"];

/**
 * @param {unknown} error
 * @param {Attempts} attempts
 * @returns {RetryDecision}
 */
export function retryDecision(error, attempts) {
  return { isFinal: isFinal(error, attempts), reason: reasonOf(error), retryAfterMs: patienceMs(error) };
}

/**
 * @param {unknown} error
 * @param {Attempts} attempts
 * @returns {boolean}
 */
function isFinal(error, { attempt, ageMs }) {
  if (error instanceof NetworkError) {
    // A laptop that was closed for a day needs a while to get a network again.
    return ageMs > OFFLINE_LIMIT_MS && attempt >= MANY_ATTEMPTS;
  }
  if (isTemporary(error)) {
    return ageMs > REFUSED_LIMIT_MS && attempt >= FEW_ATTEMPTS;
  }
  if (error instanceof Refusal && WAITS_FOR_PERSON.includes(error.code)) {
    return false;
  }
  const isUnderstood = error instanceof ApiError || error instanceof Refusal;
  return isUnderstood || attempt >= MANY_ATTEMPTS;
}

/**
 * @param {unknown} error
 * @returns {boolean}
 */
function isTemporary(error) {
  if (error instanceof ApiError) {
    return error.status >= 500 || TEMPORARY_STATUSES.includes(error.status) || TEMPORARY_CODES.includes(error.code);
  }
  return error instanceof Refusal && TEMPORARY_CODES.includes(error.code);
}

/**
 * @param {unknown} error
 * @returns {string} a stable code
 */
function reasonOf(error) {
  if (error instanceof NetworkError || (error instanceof ApiError && isTemporary(error))) {
    return "unreachable";
  }
  if (error instanceof StaleKey) {
    return "stale_key";
  }
  return error instanceof ApiError || error instanceof Refusal ? error.code : "refused";
}
