/**
 * The list of a person's browsers, signed by the identity (docs/protocol.md §16).
 */
import { concat, fromHex, lengthPrefixed, toHex, uint32, utf8Encode } from "../lib/bytes.js";
import { ProtocolError } from "./crypto-errors.js";
import { CryptoManager } from "./crypto.js";
import { isEd25519Key } from "./ed25519.js";

/**
 * @typedef {object} ListedBrowser
 * @property {string} id 32 lower-case hexadecimal digits
 * @property {Bytes} signatureKeyBytes 32 bytes: Ed25519
 * @property {number} addedAt whole seconds since 1970-01-01T00:00:00Z
 * @property {number[]} contentVersions the versions of message contents that it reads: 1 to 8, ascending, each 1 to 255
 */
/** @typedef {{ version: number, browsers: ListedBrowser[] }} BrowserList */

export const BROWSERS_LIMIT = 20;

const LABEL = utf8Encode("VibeChat browsers");
const HEAD_LENGTH = 5;
const ID_LENGTH = 16;
const KEY_LENGTH = 32;
const SIGNATURE_LENGTH = 64;
const VERSIONS_LIMIT = 8;

/**
 * @param {BrowserList & { identityPrivateKey: CryptoKey, email: string }} request the version is higher than any that was
 *   signed before for this account; 1 to 20 browsers, in any order; `email` is one's own, normalised
 * @returns {Promise<Bytes>} the API's `browsers`: list and signature
 * @throws {ProtocolError} `browsers`: no reader would accept it
 */
export async function signBrowsers({ identityPrivateKey, email, version, browsers }) {
  const sorted = browsers.toSorted((left, right) => (left.id < right.id ? -1 : 1));
  check(isList({ version, browsers: sorted }));
  const entries = sorted.map(({ id, signatureKeyBytes, addedAt, contentVersions }) => {
    const versions = Uint8Array.of(contentVersions.length, ...contentVersions);
    return concat(fromHex(id), signatureKeyBytes, uint32(addedAt), versions);
  });
  const body = concat(uint32(version), Uint8Array.of(sorted.length), ...entries);
  return concat(body, await CryptoManager.ed25519Sign(identityPrivateKey, signedBytes(email, body)));
}

/**
 * @param {{ identityKeyBytes: Bytes, email: string, bytes: Bytes }} request the identity that is pinned, the email as this
 *   browser knows it, and the API's `browsers`
 * @returns {Promise<BrowserList>} sorted by id
 * @throws {ProtocolError} `browsers`: out of form, or not signed by this identity for this email
 */
export async function readBrowsers({ identityKeyBytes, email, bytes }) {
  const { end, ...list } = parse(bytes);
  check(bytes.length === end + SIGNATURE_LENGTH && isList(list));
  const signed = signedBytes(email, bytes.slice(0, end));
  check(await CryptoManager.ed25519Verify(identityKeyBytes, signed, bytes.slice(end)));
  return list;
}

/**
 * @param {Bytes} bytes
 * @returns {BrowserList & { end: number }} what stands there, and where the signature begins
 * @throws {ProtocolError} `browsers`: it ends too early
 */
function parse(bytes) {
  check(bytes.length >= HEAD_LENGTH);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const browsers = [];
  let end = HEAD_LENGTH;
  while (browsers.length < bytes[4]) {
    const [keyAt, addedAt] = [end + ID_LENGTH, end + ID_LENGTH + KEY_LENGTH];
    const versionsAt = addedAt + 5;
    check(bytes.length >= versionsAt);
    const start = end;
    end = versionsAt + bytes[versionsAt - 1];
    browsers.push({
      id: toHex(bytes.slice(start, keyAt)),
      signatureKeyBytes: bytes.slice(keyAt, addedAt),
      addedAt: view.getUint32(addedAt),
      contentVersions: [...bytes.slice(versionsAt, end)],
    });
  }
  return { version: view.getUint32(0), browsers, end };
}

/**
 * @param {BrowserList} list
 * @returns {boolean} each value in its range, ids ascending, no signature key twice
 */
function isList({ version, browsers }) {
  const keys = new Set(browsers.map(({ signatureKeyBytes }) => toHex(signatureKeyBytes)));
  return (
    Number.isInteger(version) &&
    version >= 1 &&
    browsers.length >= 1 &&
    browsers.length <= BROWSERS_LIMIT &&
    keys.size === browsers.length &&
    browsers.every((browser, index) => isEntry(browser) && browser.id > (browsers[index - 1]?.id ?? ""))
  );
}

/**
 * @param {ListedBrowser} browser
 * @returns {boolean}
 */
function isEntry({ id, signatureKeyBytes, contentVersions }) {
  const rise = contentVersions.every((version, index) => version <= 255 && version > (contentVersions[index - 1] ?? 0));
  const isCounted = contentVersions.length >= 1 && contentVersions.length <= VERSIONS_LIMIT;
  return /^[0-9a-f]{32}$/.test(id) && isEd25519Key(signatureKeyBytes) && isCounted && rise;
}

/**
 * @param {string} email
 * @param {Bytes} body
 * @returns {Bytes}
 */
function signedBytes(email, body) {
  return lengthPrefixed(LABEL, utf8Encode(email), body);
}

/**
 * @param {boolean} condition
 * @returns {void}
 * @throws {ProtocolError} `browsers`: the condition is false
 */
function check(condition) {
  if (!condition) {
    throw new ProtocolError("browsers");
  }
}
