/**
 * Which browsers have written with a person's key (docs/protocol.md §3.3 rule 8). One browser holds a key, so that a
 * second one has a copy of it.
 */

// Whoever has a copy can make up ids without end.
const BROWSERS_LIMIT = 20;

/**
 * @param {KnownKey} key
 * @param {string} browser
 * @returns {boolean} whether there is nothing new in it
 */
export function isNoted({ browsers = [] }, browser) {
  return browsers.length >= BROWSERS_LIMIT || browsers.some(({ id }) => id === browser);
}

/**
 * @param {KnownKey} key changed
 * @param {string} browser in which a message or receipt was written that has opened under it
 */
export function noteBrowser(key, browser) {
  if (!isNoted(key, browser)) {
    key.browsers = [...(key.browsers ?? []), { id: browser, atMs: Date.now() }];
  }
}

/**
 * @param {PersonRow | null} row
 * @returns {{ id: string, atMs: number }[]} all but the first that has used each key
 */
export function secondBrowsers(row) {
  return (row?.keys ?? []).flatMap(({ browsers = [] }) => browsers.slice(1));
}
