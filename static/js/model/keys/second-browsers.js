/**
 * The browsers that have written with a peer's key (docs/protocol.md §3.3 rule 8). A second browser that is in no list that
 * the peer's identity has signed has a copy of the key.
 */

// Whoever has a copy can invent browser ids without end.
const BROWSERS_LIMIT = 20;

/**
 * @param {KnownKey} key
 * @param {string} browser
 * @returns {boolean} whether the browser is noted already, or the list is full
 */
export function isNoted({ browsers = [] }, browser) {
  return browsers.length >= BROWSERS_LIMIT || browsers.some(({ id }) => id === browser);
}

/**
 * @param {KnownKey} key changed
 * @param {string} browser the browser of a message or receipt that the key has decrypted
 * @param {boolean} [hasList] whether there is a signed list; otherwise the first browser of a key is taken for its holder's
 */
export function noteBrowser(key, browser, hasList = false) {
  if (!isNoted(key, browser)) {
    key.browsers = [...(key.browsers ?? []), { id: browser, atMs: Date.now(), ...(hasList ? { unlisted: true } : {}) }];
  }
}

/**
 * @param {PersonRow | null} row
 * @returns {{ id: string, atMs: number }[]} those that are in no signed list, but for the first browser of each key
 */
export function secondBrowsers(row) {
  const second = (row?.keys ?? []).flatMap(({ browsers = [] }) => browsers.filter(({ unlisted }, index) => index > 0 || unlisted));
  return second.filter(({ id }) => !isListed(row, id));
}

/**
 * @param {PersonRow | null} row
 * @param {string} browser
 */
function isListed(row, browser) {
  return Boolean(row?.list?.ids.includes(browser));
}

/**
 * @param {PersonRow | null} row
 * @returns {(browser: string | undefined) => boolean} whether another browser used the same key before it. Where a list is
 *   full, so is every browser that no key was seen with first.
 */
export function inSecondBrowser(row) {
  const lists = (row?.keys ?? []).map(({ browsers = [] }) => browsers);
  const first = new Set(lists.flatMap(([one]) => (one && !one.unlisted ? [one.id] : [])));
  const second = new Set(secondBrowsers(row).map(({ id }) => id));
  const isFull = lists.some(({ length }) => length >= BROWSERS_LIMIT);
  return (browser) => browser !== undefined && (second.has(browser) || (isFull && !first.has(browser) && !isListed(row, browser)));
}
