/**
 * What the vault keeps of a person: the pins of docs/protocol.md §3.3 and what was compared. Records of two browsers are
 * merged field by field, with the same result in either order.
 */
import { fingerprint as fingerprintOf } from "../../crypto/fingerprint.js";
import { fromBase64, toBase64 } from "../../lib/bytes.js";
import { keepArrivals } from "../history/retired-keys.js";
import { offerId } from "../keys/pinning.js";

/**
 * @typedef {object} KeyRecord
 * @property {string} public base64 of 91 bytes
 * @property {string | null} identity 64 hexadecimal digits
 * @property {number} version
 * @property {number[]} suites
 * @property {number} first_seen_ms
 * @property {boolean} opened
 * @property {{ id: string, at_ms: number, unlisted?: boolean }[]} browsers
 */
/** @typedef {{ identity: string, at_ms: number, may_write?: boolean }} Comparison */
/**
 * @typedef {object} PersonRecord
 * @property {string} pinned the fingerprint of the present key
 * @property {Record<string, KeyRecord>} keys by fingerprint: those that were accepted
 * @property {Comparison | null} checked
 * @property {Comparison | null} differed
 * @property {string[]} declined
 * @property {number} decided_at_ms when an offered key was last accepted or declined; 0: never
 * @property {{ identity: string, version: number, hash: string, ids: string[] } | null} list
 */

const BROWSERS_LIMIT = 20;
const IDS_LIMIT = 200;

/**
 * @param {PersonRow} row
 * @returns {PersonRecord | null} null: no key of theirs is accepted yet
 */
export function recordOf({ pinned, keys, checked, differed, declined = [], decidedAtMs = 0, list }) {
  if (pinned === null) {
    return null;
  }
  const accepted = keys.filter((key) => key.accepted);
  return {
    pinned,
    keys: sorted(Object.fromEntries(accepted.map((key) => [key.fingerprint, keyRecord(key)]))),
    checked: checked && { identity: checked.identity, at_ms: checked.atMs },
    differed: differed ? { identity: differed.identity, at_ms: differed.atMs, may_write: Boolean(differed.mayWrite) } : null,
    declined: [...declined],
    decided_at_ms: decidedAtMs,
    list: list ? { ...list, ids: [...list.ids] } : null,
  };
}

/**
 * @param {KnownKey} key
 * @returns {KeyRecord}
 */
function keyRecord({ publicKeyBytes, identity, version, suites, firstSeenMs, opened = false, browsers = [] }) {
  const known = browsers.map(({ id, atMs, unlisted }) => ({ id, at_ms: atMs, ...(unlisted ? { unlisted } : {}) }));
  return { public: toBase64(publicKeyBytes), identity, version, suites: [...suites], first_seen_ms: firstSeenMs, opened, browsers: known };
}

/**
 * @param {PersonRecord} left
 * @param {PersonRecord} right
 * @returns {PersonRecord}
 */
export function mergedRecord(left, right) {
  const [winner, other] = comesFirst(left, right) ? [left, right] : [right, left];
  const names = [...new Set([...Object.keys(winner.keys), ...Object.keys(other.keys)])].sort();
  const keys = Object.fromEntries(names.map((name) => [name, mergedKey(winner.keys[name], other.keys[name])]));
  const identity = keys[winner.pinned]?.identity ?? null;
  const later = comparedAtMs(left) === comparedAtMs(right) ? winner : [left, right].sort((one, two) => comparedAtMs(two) - comparedAtMs(one))[0];
  const stands = (/** @type {Comparison | null} */ compared) => (compared?.identity === identity ? compared : null);
  return {
    ...other,
    ...winner,
    keys,
    checked: stands(later.checked),
    differed: later.differed,
    declined: winner.declined.filter((way) => !(way.split(" ")[1] in keys)),
    list: mergedList(winner.list, other.list),
  };
}

/**
 * The decision of the person counts; where there is none, the first key that was seen.
 * @param {PersonRecord} left
 * @param {PersonRecord} right
 */
function comesFirst(left, right) {
  if (left.decided_at_ms !== right.decided_at_ms) {
    return left.decided_at_ms > right.decided_at_ms;
  }
  const [leftMs, rightMs] = [left, right].map(({ keys, pinned }) => keys[pinned]?.first_seen_ms ?? Infinity);
  return leftMs === rightMs ? JSON.stringify(left) <= JSON.stringify(right) : leftMs < rightMs;
}

/** @param {PersonRecord} record */
function comparedAtMs({ checked, differed }) {
  return Math.max(checked?.at_ms ?? 0, differed?.at_ms ?? 0);
}

/**
 * @param {KeyRecord | undefined} winner
 * @param {KeyRecord | undefined} other
 * @returns {KeyRecord}
 */
function mergedKey(winner, other) {
  if (!winner || !other) {
    return /** @type {KeyRecord} */ (winner ?? other);
  }
  const isLater = other.identity !== null && (winner.identity === null || (other.identity === winner.identity && other.version > winner.version));
  const { identity, version, suites } = isLater ? other : winner;
  const browsers = new Map([...other.browsers, ...winner.browsers].map((browser) => [browser.id, browser]));
  const inTime = [...browsers.values()].sort((one, two) => one.at_ms - two.at_ms || (one.id < two.id ? -1 : 1));
  return {
    ...winner,
    identity,
    version,
    suites,
    first_seen_ms: Math.min(winner.first_seen_ms, other.first_seen_ms),
    opened: winner.opened || other.opened,
    browsers: inTime.slice(0, BROWSERS_LIMIT),
  };
}

/**
 * @param {PersonRecord["list"]} winner
 * @param {PersonRecord["list"]} other
 * @returns {PersonRecord["list"]} the later one, with all ids that either has seen
 */
function mergedList(winner, other) {
  if (!winner || !other) {
    return winner ?? other;
  }
  // The ids of the newest list stand first. Of one version, each browser takes the same one of the two, so that all agree.
  const isOther = other.version === winner.version ? String(other.ids) > String(winner.ids) : other.version > winner.version;
  const [later, earlier] = isOther ? [other, winner] : [winner, other];
  return { ...later, ids: [...new Set([...later.ids, ...earlier.ids])].slice(0, IDS_LIMIT) };
}

/**
 * Takes a merged record over into a person's row.
 * @param {PersonRow} row changed
 * @param {PersonRecord} record
 * @param {Stores} stores of the same transaction, with `messages`
 * @returns {Promise<void>}
 */
export async function adoptRecord(row, record, stores) {
  const former = row.pinned;
  const offered = row.keys.filter((key) => !key.accepted && !(key.fingerprint in record.keys));
  const accepted = Object.entries(record.keys).map(([fingerprint, key]) => knownKey(fingerprint, key));
  Object.assign(row, {
    keys: [...accepted, ...offered],
    pinned: record.pinned,
    checked: record.checked && { identity: record.checked.identity, atMs: record.checked.at_ms },
    differed: record.differed ? differedOf(record.differed) : undefined,
    declined: record.declined,
    decidedAtMs: record.decided_at_ms,
    list: record.list ?? undefined,
    forgotten: false,
  });
  endDecidedOffer(row, record);
  if (former !== null && former !== record.pinned) {
    await keepArrivals(stores, row.email, former);
  }
  if (former !== record.pinned) {
    row.servedAtMs = 0; // The server is asked again, and another key is offered.
  }
}

/**
 * What another browser has decided about is not asked here again.
 * @param {PersonRow} row changed
 * @param {PersonRecord} record
 */
function endDecidedOffer(row, { pinned, declined }) {
  const pinnedKey = row.keys.find((key) => key.fingerprint === pinned);
  const isAccepted = row.offered === pinned && pinnedKey?.identity === row.offeredStatement?.identity;
  const isDeclined = row.offered !== null && declined.some((way) => way === `server ${offerId(row)}` || way === `message ${row.offered}`);
  if (isAccepted || isDeclined) {
    Object.assign(row, { offered: null, offeredStatement: null, keys: row.keys.filter((key) => key.accepted) });
    row.changes.forEach((change) => (change.undecided = false));
  }
}

/** @param {Comparison} compared */
function differedOf({ identity, at_ms: atMs, may_write: mayWrite }) {
  return { identity, atMs, ...(mayWrite ? { mayWrite } : {}) };
}

/**
 * @param {string} fingerprint
 * @param {KeyRecord} key
 * @returns {KnownKey}
 */
function knownKey(fingerprint, { public: publicKey, identity, version, suites, first_seen_ms: firstSeenMs, opened, browsers }) {
  const known = browsers.map(({ at_ms: atMs, ...browser }) => ({ ...browser, atMs }));
  const publicKeyBytes = fromBase64(publicKey);
  return { fingerprint, publicKeyBytes, identity, version, suites, firstSeenMs, accepted: true, opened, browsers: known };
}

/**
 * @param {any} record of the vault, which an own browser has written
 * @returns {Promise<PersonRecord | null>} null: it names no key, or another than it holds
 */
export async function readRecord(record) {
  const { pinned, keys } = { pinned: "", keys: {}, ...record };
  for (const [fingerprint, key] of Object.entries(keys)) {
    if ((await fingerprintOf(fromBase64(key.public))) !== fingerprint) {
      return null;
    }
  }
  return pinned in keys ? { checked: null, differed: null, declined: [], decided_at_ms: 0, list: null, ...record } : null;
}

/**
 * @template Value
 * @param {Record<string, Value>} entries
 * @returns {Record<string, Value>} the same in the order of the names
 */
export function sorted(entries) {
  return Object.fromEntries(Object.keys(entries).sort().map((name) => [name, entries[name]]));
}
