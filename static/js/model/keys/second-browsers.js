/**
 * The browsers that have written with a peer's key (docs/protocol.md §3.3 rule 8). A key belongs to one browser, so a second
 * browser has a copy of it.
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
 */
export function noteBrowser(key, browser) {
  if (!isNoted(key, browser)) {
    key.browsers = [...(key.browsers ?? []), { id: browser, atMs: Date.now() }];
  }
}

/**
 * @param {PersonRow | null} row
 * @returns {{ id: string, atMs: number }[]} all but the first browser of each key
 */
export function secondBrowsers(row) {
  return (row?.keys ?? []).flatMap(({ browsers = [] }) => browsers.slice(1));
}

/**
 * @param {PersonRow | null} row
 * @returns {(browser: string | undefined) => boolean} whether another browser used the same key before it. Where a list is
 *   full, so is every browser that no key was seen with first.
 */
export function inSecondBrowser(row) {
  const lists = (row?.keys ?? []).map(({ browsers = [] }) => browsers.map(({ id }) => id));
  const first = new Set(lists.map(([id]) => id));
  const second = new Set(lists.flatMap(([, ...ids]) => ids));
  const isFull = lists.some(({ length }) => length >= BROWSERS_LIMIT);
  return (browser) => browser !== undefined && (second.has(browser) || (isFull && !first.has(browser)));
}
