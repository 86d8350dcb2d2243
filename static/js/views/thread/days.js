/** Dates and times in words, and the length of a text. Callers pass `now`; the time zone is local-time.js's. */
import { clock } from "../parts/format.js";
import { LocalFormat, dayNumber } from "../parts/local-time.js";

const longDay = new LocalFormat({ weekday: "long", day: "numeric", month: "long" });
const longDayYear = new LocalFormat({
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
});
const whole = new LocalFormat({ dateStyle: "full", timeStyle: "short" });

/**
 * A key that is equal for all moments of one local calendar day.
 * @param {Date} at
 */
export function dayKey(at) {
  return String(dayNumber(at));
}

/** @param {Date} at */
export function wholeDate(at) {
  return whole.format(at);
}

/**
 * The time of writing, where it differs from the time shown: 13:02, with the day where that differs too.
 * @param {Date} written
 * @param {Date} at
 */
export function writtenTime(written, at) {
  return dayNumber(written) === dayNumber(at) ? clock(written) : whole.format(written);
}

/**
 * For a day line: Today, Yesterday, Tuesday 3 March.
 * @param {Date} at
 * @param {Date} now
 */
export function dayName(at, now) {
  const days = dayNumber(now) - dayNumber(at);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return (at.getFullYear() === now.getFullYear() ? longDay : longDayYear).format(at);
}

/**
 * Characters as the protocol counts them: Unicode code points.
 * @param {string} text
 */
export function characterCount(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
