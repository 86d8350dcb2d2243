/** What the views show of the vault. */
import { readBrowsers } from "../../crypto/browser-list.js";
import { fromBase64 } from "../../lib/bytes.js";
import { presentKey } from "./vault-content.js";
import { stateOf } from "./vault-state.js";

/** @import { ShownBrowser, ShownWay, View } from "./account-vault.js" */
/** @import { WayRecord } from "./vault-content.js" */

/** @typedef {{ email: string, browser: string, lastSeen: Map<string, number>, dismissed: string[] }} Around browser: this one */

const DAY_MS = 86_400_000;

/**
 * @param {import("./vault-pin.js").Pinned} pinned
 * @param {Around} around
 * @returns {Promise<Partial<View>>}
 */
export async function viewOf({ pin, content }, around) {
  const browsers = await shownBrowsers(content, around);
  const ownAt = browsers.find(({ isThis }) => isThis)?.addedAt ?? 0;
  const isNews = (/** @type {ShownBrowser} */ { id, addedAt }) =>
    addedAt > ownAt && Date.now() - addedAt.getTime() < DAY_MS && !around.dismissed.includes(id);
  return {
    ...stateOf(pin),
    ways: content.ways.map((/** @type {WayRecord} */ way) => shownWay(content, way, around)),
    browsers,
    news: browsers.filter(isNews),
  };
}

/**
 * @param {any} content
 * @param {Around} around
 * @returns {Promise<ShownBrowser[]>}
 */
async function shownBrowsers(content, { email, browser, lastSeen }) {
  const { identityKeyBytes } = presentKey(content);
  const list = await readBrowsers({ identityKeyBytes, email, bytes: fromBase64(content.list) });
  return list.browsers.map(({ id, addedAt }) => ({
    id,
    name: String(content.browsers[id]?.name ?? ""),
    addedAt: new Date(addedAt * 1000),
    lastSeenAt: lastSeen.has(id) ? new Date(/** @type {number} */ (lastSeen.get(id))) : null,
    isThis: id === browser,
  }));
}

/**
 * @param {any} content
 * @param {WayRecord} way
 * @param {Around} around
 * @returns {ShownWay}
 */
function shownWay(content, { id, kind, name, since, passkey, made_at: madeAtMs, used_at: usedAtMs }, { browser }) {
  const isThis = content.browsers[browser]?.way === id;
  const [madeAt, usedAt] = [new Date(madeAtMs), usedAtMs === null ? null : new Date(usedAtMs)];
  // The thief of a browser knew what is needed to seal a false vault to it, together with the server.
  const needsRenewal = kind !== "browser" && since < (content.theft ?? 0);
  return { id, kind, name, passkeyId: passkey ?? null, madeAt, usedAt, isThis, needsRenewal };
}
