/** The content of the vault (docs/protocol.md §14.3), and how what this browser knows is merged into it. */
import { fromBase64, toBase64 } from "../../lib/bytes.js";
import { later } from "../../lib/later.js";
import { readOwnProfile } from "../session/own-profile.js";
import { mergedKeys } from "./own-secrets.js";
import { mergedRecord, readRecord, sorted } from "./person-record.js";

/** @import { KnownKeyRecord, OwnKeyRecord } from "./own-secrets.js" */
/** @import { OwnProfile } from "../session/own-profile.js" */
/** @import { PersonRecord } from "./person-record.js" */

/** @typedef {{ read_receipts: boolean, typing: boolean, at_ms: number }} Settings */
/** @typedef {{ keys: KnownKeyRecord[], people: Record<string, PersonRecord>, settings: Settings, profile?: OwnProfile }} Known what this browser knows */
/** @typedef {{ id: string, kind: string, public: string, psk: string, name: string, since: number,
 *   passkey?: string, made_at: number, used_at: number | null }} WayRecord since: the generation that it was made in; passkey: the
 *   server's id of it */

/** @returns {any} */
export function emptyContent() {
  return { v: 1, keys: [], people: {}, browsers: {}, settings: {}, former: [], ways: [], floors: {}, list: null };
}

/**
 * @param {any} content
 * @param {Known} known
 * @returns {Promise<any>} the content with all that this browser knows; members of newer versions stay
 */
export async function mergedContent(content, { keys, people, settings, profile }) {
  const merged = { ...content.people };
  for (const [email, record] of Object.entries(people)) {
    const other = email in merged ? await readRecord(merged[email]) : null;
    merged[email] = other ? mergedRecord(other, record) : record;
  }
  const own = later(readOwnProfile(content.profile), profile);
  const isLater = settings.at_ms > (content.settings?.at_ms ?? -1);
  return {
    ...content,
    keys: mergedKeys(content.keys, keys),
    people: sorted(merged),
    settings: isLater ? { ...content.settings, ...settings } : content.settings,
    ...(own ? { profile: own } : {}),
  };
}

/**
 * @param {{ id: string, publicBytes: Bytes, psk: Bytes }} way
 * @param {{ kind: string, name: string, since: number, passkey?: string }} what
 * @returns {WayRecord}
 */
export function wayRecord({ id, publicBytes, psk }, what) {
  return { id, ...what, public: toBase64(publicBytes), psk: toBase64(psk), made_at: Date.now(), used_at: null };
}

/**
 * @param {any} content
 * @returns {{ publicKey: string, identityKeyBytes: Bytes }} the account's key
 */
export function presentKey({ keys }) {
  const present = keys.find((/** @type {OwnKeyRecord} */ key) => key.present);
  return { publicKey: present.public, identityKeyBytes: fromBase64(present.identity_public) };
}
