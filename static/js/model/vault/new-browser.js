/** What it takes to make a browser one of the person's: a place in the signed list, and a way into the vault. */
import { wayRecord } from "./vault-content.js";

/** @import { WayRecord } from "./vault-content.js" */

/** @typedef {{ content: any, since: number, list: import("../../crypto/browser-list.js").BrowserList }} Before since: the generation */
/** @typedef {{ id: string, signatureKeyBytes: Bytes, name: string, way: import("../../crypto/ways.js").Way }} NewBrowser */

const CONTENT_VERSIONS = [1, 2];

/**
 * @param {Before} before
 * @param {NewBrowser} browser
 * @param {CryptoKey} identityPrivateKey
 * @returns {import("./keeper.js").Draft}
 */
export function withBrowser({ content, since, list }, { id, signatureKeyBytes, name, way }, identityPrivateKey) {
  // Times rise in the order of joining, so that each browser knows which others came later.
  const addedAt = Math.max(Math.floor(Date.now() / 1000), ...list.browsers.map((one) => one.addedAt + 1));
  const added = { id, signatureKeyBytes, addedAt, contentVersions: CONTENT_VERSIONS };
  const ways = content.ways.filter((/** @type {WayRecord} */ one) => one.id !== way.id);
  const browsers = [...list.browsers.filter((one) => one.id !== id), added];
  return {
    content: {
      ...content,
      browsers: { ...content.browsers, [id]: { name, wrote: content.browsers[id]?.wrote ?? null, way: way.id } },
      ways: [...ways, wayRecord(way, { kind: "browser", name, since })],
    },
    list: { browsers, identityPrivateKey, after: list.version },
  };
}
