/** Times and counts as people read them. Pure: `now` comes in. */

const time = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const dayMonth = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayMonthYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

const DAY_MS = 86_400_000;

/** @param {Date} at */
export function dayNumber(at) {
  return Math.round(Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) / DAY_MS);
}

/** @param {Date} at */
export function clock(at) {
  return time.format(at);
}

/**
 * For a row of the chats: 14:02, Yesterday, Tue, 3 Mar, 3 Mar 2024.
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
