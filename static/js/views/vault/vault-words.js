/** What the page says about ways back in and browsers. Pure. */
import { rowTime } from "../parts/format.js";
import { LocalFormat } from "../parts/local-time.js";

/** @typedef {{id: string, kind: string, name: string, madeAt: Date, usedAt: Date | null, needsRenewal?: boolean, passkeyId?: string | null,
 *   credentialId?: string, logsInOnly?: boolean}} Way logsInOnly: a passkey that does not open the messages */
/** @typedef {{id: string, name: string, addedAt: Date | null, lastSeenAt: Date | null, isThis: boolean}} KnownBrowser */

const day = new LocalFormat({ dateStyle: "medium" });

/** @param {Way[]} ways those that a person keeps: a browser stands in the list of browsers */
export function keptWays(ways) {
  return ways.filter(({ kind }) => kind !== "browser");
}

/** @param {Way} way */
export function wayName({ kind, name }) {
  if (kind === "code") return "Recovery code";
  return name ? `Passkey (${name})` : "Passkey";
}

/**
 * @param {Way} way
 * @param {Date} now
 */
export function wayDates({ logsInOnly = false, ...way }, now) {
  return logsInOnly ? `Logs in only · ${datesOf(way, now)}` : datesOf(way, now);
}

/**
 * @param {Way} way
 * @param {Date} now
 */
function datesOf({ madeAt, usedAt, needsRenewal = false }, now) {
  if (needsRenewal) return "Make a new one: a browser that knew of it was lost.";
  const used = usedAt ? `Last used ${past(usedAt, now)}` : "Not used yet";
  return `Made ${past(madeAt, now)} · ${used}`;
}

/**
 * @param {KnownBrowser} browser
 * @param {Date} now
 */
export function browserDates({ addedAt, lastSeenAt, isThis }, now) {
  if (!addedAt) return "The only one so far";
  const added = `Added ${past(addedAt, now)}`;
  if (isThis) return added;
  return lastSeenAt ? `${added} · Last seen ${past(lastSeenAt, now)}` : added;
}

/**
 * @param {Date} at
 * @param {Date} now
 * @returns {string} a clock time of today, "yesterday", or a date
 */
function past(at, now) {
  const said = rowTime(at, now);
  if (said === "Yesterday") return "yesterday";
  return /^\D*$/u.test(said) || now.getTime() - at.getTime() > 86_400_000 ? day.format(at) : `today, ${said}`;
}

/**
 * @param {number} count of ways back in that the person keeps
 * @param {number} browsers
 */
export function waysWords(count, browsers) {
  if (count > 0) return "Each of them opens your messages in a new browser.";
  if (browsers > 1) return "None yet. Until then only your browsers open your messages.";
  return "None yet. If this browser is lost, your messages are too.";
}

/** @param {number} leftMs */
export function leftWords(leftMs) {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;
}
