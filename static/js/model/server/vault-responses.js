/** Reads the server's answers about the vault and the lists of browsers. Nothing in them is verified yet. */
import { fromHex } from "../../lib/bytes.js";
import { base64, base64OrNone, check, email, entries, list, object, positive, time, timeOrNone } from "./validators.js";

/**
 * A version of the vault as the server keeps it.
 * @typedef {object} ServedVault
 * @property {number} version
 * @property {number} generation
 * @property {Bytes} blob
 * @property {string} hash 64 hexadecimal digits
 * @property {Bytes} previous 32 bytes
 * @property {string} browser the id of the browser that wrote it
 * @property {Bytes} signature
 * @property {{ id: string, kind: string, box: Bytes }[]} ways
 */
/** @typedef {{ bytes: Bytes | null, lastSeen: Map<string, number> }} ServedBrowsers bytes: the signed list; lastSeen: by id */

const BROWSER = /^[0-9a-f]{32}$/;
const HASH = /^[0-9a-f]{64}$/;
const BASE64URL = /^[\w-]+$/;
const WAYS_LIMIT = 64;

/**
 * @param {any} value
 * @returns {ServedVault}
 */
export function readVault(value) {
  const vault = object(value);
  const ways = check(entries(vault.ways), (all) => all.length <= WAYS_LIMIT, "ways");
  return {
    version: positive(vault.version),
    generation: positive(vault.generation),
    blob: base64(vault.blob),
    hash: matching(vault.hash, HASH),
    previous: fromHex(matching(vault.previous, HASH)),
    browser: matching(vault.browser, BROWSER),
    signature: base64(vault.signature),
    ways: ways.map(readWay),
  };
}

/**
 * @param {any} value
 * @returns {{ id: string, kind: string, box: Bytes }}
 */
function readWay(value) {
  const { id, kind, box } = object(value);
  return { id: matching(id, BROWSER), kind: check(kind, () => typeof kind === "string", "kind"), box: base64(box) };
}

/**
 * @param {any} value `{is_proven}`
 * @returns {boolean}
 */
export function isProven(value) {
  return object(value).is_proven === true;
}

/**
 * @param {any} value `{browsers, version, results}`
 * @returns {ServedBrowsers}
 */
export function readOwnBrowsers(value) {
  const { browsers, results } = object(value);
  const seen = list(results).map((one) => {
    const { id, last_seen_at: lastSeenAt } = object(one);
    return /** @type {[string, number]} */ ([matching(id, BROWSER), timeOrNone(lastSeenAt)]);
  });
  return { bytes: base64OrNone(browsers), lastSeen: new Map(seen) };
}

/**
 * @param {any} value `{email, browsers, version}`
 * @param {string} owner whose list was asked for
 * @returns {Bytes}
 */
export function readBrowsersOf(value, owner) {
  const { email: named, browsers } = object(value);
  check(email(named), () => named === owner, "list of another person");
  return base64(browsers);
}

/**
 * @param {any} value the state of an invitation
 * @param {string} step
 * @returns {Bytes | null} the message of that step; null: it was not left yet
 */
export function readStep(value, step) {
  return base64OrNone(object(value)[step]);
}

/**
 * @param {any} value the state of an invitation
 * @returns {Date}
 */
export function readExpiry(value) {
  return new Date(time(object(value).expires_at));
}

/**
 * @param {any} value the list of the account's passkeys
 * @returns {{ id: string, credentialId: string, name: string, madeAt: Date, usedAt: Date | null }[]}
 */
export function readPasskeys(value) {
  return list(object(value).results).map(object).map((one) => ({
    id: String(one.id),
    credentialId: matching(one.credential_id, BASE64URL),
    name: String(one.name),
    madeAt: new Date(time(one.created_at)),
    usedAt: one.last_used_at === null ? null : new Date(time(one.last_used_at)),
  }));
}

/**
 * @param {any} value
 * @param {RegExp} form
 * @returns {string}
 */
function matching(value, form) {
  return check(value, () => typeof value === "string" && form.test(value), "text");
}
