/** What people are called, by the server's word or their own. */
import { isVisible } from "../../lib/text.js";

// What turns the direction of a text: with it "ecilA" reads as "Alice". The server refuses them; a person's own word comes past it.
const TURNING = /[\u202a-\u202e\u2066-\u2069]/gu;
// Whoever renames people without end must not fill the disk.
const RENAMINGS_LIMIT = 20;

/**
 * @param {object} given
 * @param {PersonRow} given.row
 * @param {string} given.displayName the first one is not a change
 * @param {boolean} [given.isOwnWord] the person has said it; otherwise it is the server's word, which does not count beside that
 */
export function call({ row, displayName, isOwnWord = false }) {
  const { displayName: before, renamings } = row;
  if (row.profile && !isOwnWord) {
    return;
  }
  row.displayName = displayName;
  if (before !== null && shownName(before, row.email) !== shownName(displayName, row.email)) {
    const atMs = Date.now();
    const change = { key: `name ${atMs} ${renamings.length}`, atMs, before, after: displayName };
    row.renamings = [...renamings, change].slice(-RENAMINGS_LIMIT);
  }
}

/**
 * @param {string} name
 * @param {string} email
 * @returns {string} without what turns its direction; the email where the name has nothing to see
 */
export function shownName(name, email) {
  return isVisible(name) ? name.replace(TURNING, "") : email;
}
