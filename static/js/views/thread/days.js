/** Days and moments in full, and how long a text is. `now` comes in; the time zone is that of local-time.js. */
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
 * The same text for all moments of one calendar day where the person is.
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
 * When something was written that stands at another time: 13:02, or with the day where that is another one.
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
