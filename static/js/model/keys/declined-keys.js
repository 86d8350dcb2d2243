/**
 * Keys of a person that were offered and that the user of this browser has declined (docs/protocol.md §3.3 rule 2). They
 * are remembered by the way in which they came, so that the same question is not asked twice.
 */

// A server can make up keys without end.
const DECLINED_LIMIT = 100;

/** @type {(fingerprint: string) => string} */
const namedByMessage = (fingerprint) => `message ${fingerprint}`;
/** @type {(offer: string) => string} */
const namedByServer = (offer) => `server ${offer}`;

/**
 * @param {PersonRow} row changed
 * @param {{ fingerprint: string, offer: string }} offered what the server names as well is also declined where a message
 *   names it, or the messages that are held would ask at once again
 */
export function rememberDeclined(row, { fingerprint, offer }) {
  const ways = [namedByMessage(fingerprint), ...(row.served === fingerprint ? [namedByServer(offer)] : [])];
  row.declined = [...new Set([...(row.declined ?? []), ...ways])].slice(-DECLINED_LIMIT);
}

/**
 * @param {PersonRow | null} row
 * @param {string} fingerprint that a message names
 */
export function isDeclinedByMessage(row, fingerprint) {
  return Boolean(row?.declined?.includes(namedByMessage(fingerprint)) && row.offered !== fingerprint);
}

/**
 * @param {PersonRow} row
 * @param {string} offer the `offerId` of what the server names
 */
export function isDeclinedByServer(row, offer) {
  return Boolean(row.declined?.includes(namedByServer(offer)));
}

/**
 * What the server names may be asked about again.
 * @param {PersonRow} row changed
 */
export function forgetDeclinedByServer(row) {
  row.declined = row.declined?.filter((way) => !way.startsWith(namedByServer("")));
}

/**
 * @param {PersonRow} row changed
 * @param {string} fingerprint of a key that is accepted
 */
export function forgetDeclined(row, fingerprint) {
  row.declined = row.declined?.filter((way) => way.split(" ")[1] !== fingerprint);
}
