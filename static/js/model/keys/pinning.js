/**
 * The rules for a peer's keys (docs/protocol.md §3.3). The first key is pinned. The same key with a newer statement of the
 * same identity is taken over silently. Any other key is offered to the person. An unsigned key is never pinned or accepted.
 * These functions change a person's row within its transaction.
 */
import { isSameKey } from "../../crypto/public-key.js";
import { Refusal } from "../server/model-errors.js";
import { forgetDeclined, isDeclinedByMessage, isDeclinedByServer, rememberDeclined } from "./declined-keys.js";
import { noteBrowser } from "./second-browsers.js";

/** @typedef {import("../../storage/rows.js").Statement} Statement */
/** @typedef {{ fingerprint: string, publicKeyBytes: Bytes } & Statement} VerifiedKey */

// A server that offers new keys without end must not fill the disk.
const CHANGES_LIMIT = 20;
// An older statement, or one that lacks a suite, is noticed within this time.
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
 * @param {PersonRow} row has no pinned key
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
 * Applies the key that the server names. An offered key that only the server had named is dropped, because the server names
 * another one now. A key that a message names stays offered, unless it is unsigned (older versions of the page offered such).
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
    // An unsigned key is not pinned. `row.served` says that messages wait until the peer's browser has signed it.
    if (key.identity !== null) {
      pin(row, key);
    }
  } else if (isContinuation(pinned, key)) {
    Object.assign(pinned, identifyingPart(key));
    row.changes.forEach((change) => (change.undecided = false));
  } else if (!isDeclinedByServer(row, idOf(key))) {
    offer(row, key);
  }
}

/**
 * @param {KnownKey} pinned
 * @param {VerifiedKey} key
 * @returns {boolean} whether it is the same key, signed for the first time, or signed by the same identity with a higher
 *   version and no fewer suites
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
 * @param {string | null} browser the browser of a message that it has decrypted; null: none yet
 * @throws {Refusal} `declined_key`
 */
export function applyNamedKey(row, key, browser) {
  if (row.pinned === null) {
    pin(row, key);
  }
  const found = findKey(row, key.fingerprint);
  if (!found?.accepted) {
    if (isDeclinedByMessage(row, key.fingerprint)) {
      throw new Refusal("declined_key");
    }
    offer(row, key);
  } else if (browser !== null) {
    found.opened = true;
    noteBrowser(found, browser, Boolean(row.list));
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
 * @returns {string} the id of the offer: fingerprint, identity and version
 */
export function offerId(row) {
  return idOf({ fingerprint: row?.offered ?? null, ...row?.offeredStatement });
}

/** @param {{ fingerprint: string | null } & Partial<Statement>} key */
function idOf({ fingerprint, identity, version }) {
  return `${fingerprint} ${identity} ${version}`;
}

/**
 * @param {PersonRow} row
 * @returns {boolean} whether the safety number was compared and would change with the offered key
 */
export function losesCheck({ checked, offeredStatement }) {
  return checked !== null && offeredStatement !== null && checked.identity !== offeredStatement.identity;
}

/**
 * Accepts the offered key as the peer's current key, whether the server or a message named it. The safety number is computed
 * from it, and the former key is retired. Messages are sealed with it only once the server names it too.
 * @param {PersonRow} row
 * @param {{ fingerprint: string, offer: string }} decided
 * @param {PersonRow[]} others
 * @throws {Refusal} `key_changed`: another one is offered by now; `unsigned_key`; `key_not_theirs`
 */
export function acceptOffered(row, { fingerprint, offer: what }, others) {
  const key = findKey(row, fingerprint);
  if (!key || !isOffered(row, { fingerprint, offer: what })) {
    throw new Refusal("key_changed");
  }
  if (row.offeredStatement?.identity === null) {
    throw new Refusal("unsigned_key");
  }
  row.checked = losesCheck(row) ? null : row.checked;
  Object.assign(key, row.offeredStatement, { accepted: true });
  refuseOthersKey(key, others);
  row.pinned = fingerprint;
  row.decidedAtMs = Date.now();
  row.changes.forEach((change) => (change.undecided = false));
  forgetDeclined(row, fingerprint);
  clearOffer(row);
}

/**
 * Keeps the accepted key, and drops the offer.
 * @param {PersonRow} row
 * @param {{ fingerprint: string, offer: string }} decided
 * @throws {Refusal} `key_changed`: another key is offered by now
 */
export function declineOffered(row, decided) {
  if (!isOffered(row, decided)) {
    throw new Refusal("key_changed");
  }
  for (const change of row.changes.filter(({ undecided }) => undecided)) {
    const isDeclined = change.offer === decided.offer;
    // The numbers that were compared are still those of the accepted key.
    Object.assign(change, { undecided: false, isDeclined, wasChecked: change.wasChecked && !isDeclined });
  }
  rememberDeclined(row, decided);
  row.decidedAtMs = Date.now();
  clearOffer(row);
}

/**
 * @param {PersonRow} row
 * @param {{ fingerprint: string, offer: string }} decided
 */
function isOffered(row, { fingerprint, offer: what }) {
  return row.offered === fingerprint && offerId(row) === what;
}

/**
 * Drops the offer and its key, so that the key is not accepted later with another offer.
 * @param {PersonRow} row
 */
function clearOffer(row) {
  row.offered = null;
  row.offeredStatement = null;
  row.keys = row.keys.filter((key) => key.accepted);
}

/**
 * Refuses a key or identity of another contact. Somebody who uploads another's public key cannot read anything, but the
 * other's messages would show under their name. A key counts as a contact's only once it has decrypted a message of theirs,
 * because anybody can upload any key. An identity counts at once, because it has signed the contact's email.
 * @param {VerifiedKey} key
 * @param {{ keys: KnownKey[] }[]} others
 * @throws {Refusal} `key_not_theirs`: the key or its identity is, or was, another contact's
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
 * @returns {boolean} whether messages can be sealed without asking the server
 */
export function isUpToDate(row) {
  const pinned = findKey(row, row.pinned);
  const isUsable = pinned !== null && pinned.identity !== null && !row.isKeyless;
  return row.offered !== null || (isUsable && row.served === row.pinned && isRecent(row));
}

/**
 * @param {PersonRow | null} row
 * @returns {"no_key" | "key_missing" | "unsigned_key" | null} why messages to the peer wait: no_key: they have none yet;
 *   key_missing: the server no longer names one; unsigned_key: their browser has not signed it yet
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
 * @returns {boolean} false as well if the clock was set back
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
