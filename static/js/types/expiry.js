/** When contents of version 2 have to be gone (docs/protocol.md §5.9). */

/**
 * @param {{ sent_at: number, expires?: number | null }} content
 * @param {number} firstHereMs when it was first here: the sender's clock may be ahead
 * @returns {number} when it has to be gone; Infinity: it stays
 */
export function goneAtMs({ sent_at: sentAtMs, expires }, firstHereMs) {
  return expires ? Math.min(sentAtMs, firstHereMs) + 1000 * expires : Infinity;
}
