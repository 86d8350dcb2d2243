/**
 * What becomes of a key that is told of somebody (docs/protocol.md §3.3): the first is pinned, what only carries on is
 * taken silently, and all else is offered. A key that nobody has signed is never pinned and never accepted. These
 * functions change a person's row within its transaction.
 */
import { isSameKey } from "../../crypto/public-key.js";
import { Refusal } from "../server/model-errors.js";
import { noteBrowser } from "./second-browsers.js";

/** @typedef {import("../../storage/rows.js").Statement} Statement */
/** @typedef {{ fingerprint: string, publicKeyBytes: Bytes } & Statement} VerifiedKey */

// A server that never stops offering others must not fill the disk.
const CHANGES_LIMIT = 20;
// A statement that the server has put back, or that lacks a suite, shows within this time.
const ASK_AGAIN_MS = 24 * 3_600_000;

/**
 * @param {PersonRow | null} row
 * @param {string | null} fingerprint
 * @returns {KnownKey | null}
 */
export function findKey(row, fingerprint) {
  return row?.keys.find((key) => key.fingerprint === fingerprint) ?? null;
}

/**
 * @param {PersonRow} row without a pinned key
 * @param {VerifiedKey} key
 */
function pin(row, key) {
  row.keys.push({ ...identifyingPart(key), firstSeenMs: Date.now(), accepted: true });
  row.pinned = key.fingerprint;
  row.isKeyless = false;
}

/**
 * @param {PersonRow} row
 * @param {VerifiedKey} key that the server names as the present one
 */
function noteServed(row, key) {
  row.served = key.fingerprint;
  row.servedAtMs = Date.now();
  row.isKeyless = false;
}

/**
 * What the server named once and names no more need not be decided about; what a message names still does, unless it is
 * unsigned, as an older version of the page offered it: that could not be accepted.
 * @param {PersonRow} row
 * @param {VerifiedKey} key that the server names as the present one
 */
export function applyServedKey(row, key) {
  const isSigned = typeof row.offeredStatement?.identity === "string";
  const isNamedByMessage = isSigned && row.offered !== row.served;
  noteServed(row, key);
  if (!isNamedByMessage) {
    clearOffer(row);
    pinOrOffer(row, key);
  }
}

/**
 * @param {PersonRow} row
 * @param {VerifiedKey} key that the server names as the present one
 */
function pinOrOffer(row, key) {
  const pinned = findKey(row, row.pinned);
  if (!pinned) {
    // The row keeps what the server named, and with it that this person's next visit is waited for.
    if (key.identity !== null) {
      pin(row, key);
    }
  } else if (isContinuation(pinned, key)) {
    Object.assign(pinned, identifyingPart(key));
    row.changes.forEach((change) => (change.undecided = false));
  } else {
    offer(row, key);
  }
}

/**
 * @param {KnownKey} pinned
 * @param {VerifiedKey} key
 * @returns {boolean} the same key, signed for the first time, or by the same identity with a number that rises, and for
 *   no fewer suites
 */
function isContinuation(pinned, key) {
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
 * @param {VerifiedKey} key that a message names
 * @param {string | null} browser in which a message of theirs was written that has opened under it
 */
export function applyNamedKey(row, key, browser) {
  if (row.pinned === null) {
    pin(row, key);
  }
  const found = findKey(row, key.fingerprint);
  if (!found?.accepted) {
    offer(row, key);
  } else if (browser !== null) {
    found.opened = true;
    noteBrowser(found, browser);
  }
}

/**
 * @param {PersonRow} row
 * @param {VerifiedKey} key
 */
function offer(row, key) {
  if (!findKey(row, key.fingerprint)) {
    row.keys.push({ ...identifyingPart(key), firstSeenMs: Date.now(), accepted: false });
  }
  row.offered = key.fingerprint;
  row.offeredStatement = statementIn(key);
  const what = offerId(row);
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
export function offerId(row) {
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
 * It is the one present key from now on, whether the server or a message named it: it is what the two people compare,
 * and the former one is retired. To seal for, it is taken only once the server names it too.
 * @param {PersonRow} row
 * @param {{ fingerprint: string, offer: string }} decided
 * @param {PersonRow[]} others
 * @throws {Refusal} `key_changed`: another one is offered by now; `unsigned_key`; `key_not_theirs`
 */
export function acceptOffered(row, { fingerprint, offer: what }, others) {
  const key = findKey(row, fingerprint);
  if (!key || row.offered !== fingerprint || offerId(row) !== what) {
    throw new Refusal("key_changed");
  }
  if (row.offeredStatement?.identity === null) {
    throw new Refusal("unsigned_key");
  }
  row.checked = losesCheck(row) ? null : row.checked;
  Object.assign(key, row.offeredStatement, { accepted: true });
  refuseOthersKey(key, others);
  row.pinned = fingerprint;
  row.changes.forEach((change) => (change.undecided = false));
  clearOffer(row);
}

/**
 * What was only offered must not be accepted later with something else.
 * @param {PersonRow} row
 */
function clearOffer(row) {
  row.offered = null;
  row.offeredStatement = null;
  row.keys = row.keys.filter((key) => key.accepted);
}

/**
 * Whoever uploads another's public key as their own cannot read anything, but the other's words would stand here under
 * their name. A key counts as somebody's only once a message of theirs has opened under it, since anybody can upload any
 * key. An identity counts at once: it has signed the person's email.
 * @param {VerifiedKey} key
 * @param {{ keys: KnownKey[] }[]} others
 * @throws {Refusal} `key_not_theirs`: it or its identity belongs to somebody else, now or formerly
 */
export function refuseOthersKey({ publicKeyBytes, identity }, others) {
  const taken = others.flatMap(({ keys }) => keys.filter((key) => key.accepted));
  const isTaken = taken.some((key) => key.opened && isSameKey(key.publicKeyBytes, publicKeyBytes));
  if (isTaken || (identity !== null && taken.some((key) => key.identity === identity))) {
    throw new Refusal("key_not_theirs");
  }
}

/**
 * @param {PersonRow} row
 * @returns {boolean} whether the server need not be asked before something is sealed for this person
 */
export function isUpToDate(row) {
  const pinned = findKey(row, row.pinned);
  const isUsable = pinned !== null && pinned.identity !== null && !row.isKeyless;
  return row.offered !== null || (isUsable && row.served === row.pinned && isRecent(row));
}

/**
 * @param {PersonRow | null} row
 * @returns {"no_key" | "key_missing" | "unsigned_key" | null} what keeps messages to the person waiting: their browser has
 *   no key yet, the server does not give out the key that it gave out before, or their browser has not signed it
 */
export function waitReason(row) {
  if (row === null || row.offered !== null) {
    return null;
  }
  if (row.isKeyless) {
    return row.pinned === null && row.served === null ? "no_key" : "key_missing";
  }
  const isUnsigned = row.served !== null && (findKey(row, row.pinned)?.identity ?? null) === null;
  return isUnsigned ? "unsigned_key" : null;
}

/**
 * @param {PersonRow} row
 * @returns {boolean} false as well where the clock was put back
 */
export function isRecent({ servedAtMs = 0 }) {
  return Math.abs(Date.now() - servedAtMs) < ASK_AGAIN_MS;
}

/** @param {Statement} key */
function statementIn({ identity, version, suites }) {
  return { identity, version, suites };
}

/** @param {VerifiedKey} key */
function identifyingPart({ fingerprint, publicKeyBytes, ...statement }) {
  return { fingerprint, publicKeyBytes, ...statementIn(statement) };
}
