/** Times and counts in words. Callers pass `now`; the time zone is local-time.js's. */
import { LocalFormat, dayNumber } from "./local-time.js";

const time = new LocalFormat({ hour: "numeric", minute: "2-digit" });
const weekday = new LocalFormat({ weekday: "short" });
const dayMonth = new LocalFormat({ day: "numeric", month: "short" });
const dayMonthYear = new LocalFormat({ day: "numeric", month: "short", year: "numeric" });

/** @param {Date} at */
export function clock(at) {
  return time.format(at);
}

/**
 * The time in a row of the list of chats: 14:02, Yesterday, Tue, 3 Mar, 3 Mar 2024.
 * @param {Date} at
 * @param {Date} now
 */
export function rowTime(at, now) {
  const days = dayNumber(now) - dayNumber(at);
  if (days <= 0) return clock(at);
  if (days === 1) return "Yesterday";
  if (days < 7) return weekday.format(at);
  return (at.getFullYear() === now.getFullYear() ? dayMonth : dayMonthYear).format(at);
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} many
 */
export function plural(count, one, many) {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}

/**
 * A badge has room for two digits.
 * @param {number} count
 */
export function badge(count) {
  return count === 0 ? "" : count > 99 ? "99+" : String(count);
}
