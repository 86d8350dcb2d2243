/** F6 goes round the parts of the page: chats, messages, writing. */

/** @typedef {{node: HTMLElement, focus: () => void}} Region */

/**
 * @param {Region[]} regions in the order of the page
 * @param {1 | -1} step
 */
export function focusRegion(regions, step) {
  const seen = regions.filter(({ node }) => node.getClientRects().length > 0);
  const at = seen.findIndex(({ node }) => node.contains(document.activeElement));
  const from = at < 0 && step < 0 ? 0 : at;
  seen[(from + step + seen.length) % seen.length]?.focus();
}
