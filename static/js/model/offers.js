/**
 * What becomes of a key that is told of somebody (docs/protocol.md §3.3): the first is pinned, what only carries on is
 * taken silently, and all else is offered. These change a person's row within its transaction.
 */
import { isSameKey } from "../crypto/public-key.js";
import { Refusal } from "./errors.js";

/** @typedef {import("../storage/rows.js").Statement} Statement */
/** @typedef {{ fingerprint: string, publicKeyBytes: Bytes } & Statement} ToldKey */

// A server that never stops offering others must not fill the disk.
const CHANGES_LIMIT = 20;

/**
 * @param {PersonRow | null} row
 * @param {string | null} fingerprint
 * @returns {KnownKey | null}
 */
export function find(row, fingerprint) {
  return row?.keys.find((key) => key.fingerprint === fingerprint) ?? null;
}

/**
 * @param {PersonRow} row without a pinned key
 * @param {ToldKey} key
 */
export function pin(row, key) {
  row.keys.push({ ...told(key), firstSeenMs: Date.now(), accepted: true });
  row.pinned = key.fingerprint;
}

/**
 * @param {PersonRow} row
 * @param {ToldKey} key that the server names as the present one
 */
export function heed(row, key) {
  const pinned = find(row, row.pinned);
  forgetOffer(row);
  row.served = key.fingerprint;
  if (!pinned) {
    pin(row, key);
  } else if (carriesOn(pinned, key)) {
    Object.assign(pinned, told(key));
    row.changes.forEach((change) => (change.undecided = false));
  } else {
    offer(row, key);
  }
}

/**
 * What the server named once and names no more need not be decided about; what a message names still does.
 * @param {PersonRow} row
 * @param {ToldKey} key that the server names as the present one
 */
export function reconsider(row, key) {
  if (row.offered === row.served) {
    heed(row, key);
  } else {
    row.served = key.fingerprint;
  }
}

/**
 * @param {KnownKey} pinned
 * @param {ToldKey} key
 * @returns {boolean} the same key, signed for the first time, or by the same identity with a number that rises, and for
 *   no fewer suites
 */
function carriesOn(pinned, key) {
  if (key.fingerprint !== pinned.fingerprint) {
    return false;
  }
  const hasAll = pinned.suites.every((suite) => key.suites.includes(suite));
  const isLater = key.version > pinned.version && hasAll;
  const isSame = key.version === pinned.version && String(key.suites) === String(pinned.suites);
  return pinned.identity === null || (key.identity === pinned.identity && (isLater || isSame));
}

/**
 * @param {PersonRow} row
 * @param {ToldKey} key
 */
export function offer(row, key) {
  if (!find(row, key.fingerprint)) {
    row.keys.push({ ...told(key), firstSeenMs: Date.now(), accepted: false });
  }
  row.offered = key.fingerprint;
  row.offeredStatement = statementIn(key);
  const what = offerOf(row);
  if (!row.changes.some((change) => change.undecided && change.offer === what)) {
    const atMs = Date.now();
    const change = { key: `${atMs} ${what}`, atMs, wasChecked: losesCheck(row), offer: what, undecided: true };
    row.changes = [...row.changes, change].slice(-CHANGES_LIMIT);
  }
}

/**
 * @param {PersonRow | null} row
 * @returns {string} what exactly is offered
 */
export function offerOf(row) {
  const { identity, version } = row?.offeredStatement ?? {};
  return `${row?.offered} ${identity} ${version}`;
}

/**
 * @param {PersonRow} row
 * @returns {boolean} the numbers that were compared would be others with what is offered
 */
export function losesCheck({ checked, offeredStatement }) {
  return checked !== null && offeredStatement !== null && checked.identity !== offeredStatement.identity;
}

/**
 * It may open messages from now on. To seal for, it is taken only where the server names it as the present one.
 * @param {PersonRow} row
 * @param {{ fingerprint: string, offer: string, announced: Record<string, number> }} decided
 * @param {PersonRow[]} others
 * @throws {Refusal} `key_changed`: another one is offered by now; `key_not_theirs`
 */
export function accept(row, { fingerprint, offer: what, announced }, others) {
  const key = find(row, fingerprint);
  if (!key || row.offered !== fingerprint || offerOf(row) !== what) {
    throw new Refusal("key_changed");
  }
  row.checked = losesCheck(row) ? null : row.checked;
  Object.assign(key, row.offeredStatement, { accepted: true });
  refuseOthersKey(key, others);
  if (row.served === fingerprint) {
    replacePinned(row, key, announced);
  }
  row.changes.forEach((change) => (change.undecided = false));
  forgetOffer(row);
}

/**
 * @param {PersonRow} row
 * @param {KnownKey} key
 * @param {Record<string, number>} announced
 */
function replacePinned(row, key, announced) {
  const former = find(row, row.pinned);
  if (former && former !== key) {
    former.retired = { atMs: Date.now(), announced };
  }
  delete key.retired;
  row.pinned = key.fingerprint;
}

/**
 * What was only offered must not be accepted later with something else.
 * @param {PersonRow} row
 */
function forgetOffer(row) {
  row.offered = null;
  row.offeredStatement = null;
  row.keys = row.keys.filter((key) => key.accepted);
}

/**
 * Whoever uploads another's public key as their own cannot read anything, but the other's words would stand here under
 * their name.
 * @param {ToldKey} key
 * @param {{ keys: KnownKey[] }[]} others
 * @throws {Refusal} `key_not_theirs`: it or its identity has been accepted here for somebody else, now or formerly
 */
export function refuseOthersKey({ publicKeyBytes, identity }, others) {
  const taken = others.flatMap(({ keys }) => keys.filter((key) => key.accepted));
  const isTaken = taken.some((key) => isSameKey(key.publicKeyBytes, publicKeyBytes));
  if (isTaken || (identity !== null && taken.some((key) => key.identity === identity))) {
    throw new Refusal("key_not_theirs");
  }
}

/** @param {Statement} key */
function statementIn({ identity, version, suites }) {
  return { identity, version, suites };
}

/** @param {ToldKey} key */
function told({ fingerprint, publicKeyBytes, ...statement }) {
  return { fingerprint, publicKeyBytes, ...statementIn(statement) };
}
