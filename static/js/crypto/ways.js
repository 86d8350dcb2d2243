/**
 * Ways back: key pairs to which the vault key is sealed (docs/protocol.md §15). The seed of a way is known to that way only.
 */
import { concat, fromHex, lengthPrefixed, toHex, uint32, utf8Encode } from "../lib/bytes.js";
import { ProtocolError } from "./crypto-errors.js";
import { CryptoManager } from "./crypto.js";
import { deriveKeyPair, openPsk, sealPsk } from "./hpke.js";
import { POINT_LENGTH } from "./public-key.js";

/**
 * What an unlocked browser knows of a way. It stands in the vault only.
 * @typedef {object} Way
 * @property {string} id 32 lower-case hexadecimal digits
 * @property {Bytes} publicBytes 65 bytes: an uncompressed point on P-256
 * @property {Bytes} psk 32 bytes
 */
/** @typedef {{ id: string, kind: string, box: Bytes }} ServedWay as the server keeps it */
/** @typedef {"code" | "passkey" | "browser"} WayKind */

/** @type {readonly string[]} */
export const WAY_KINDS = Object.freeze(["code", "passkey", "browser"]);
export const WAYS_LIMIT = 40;

const HPKE_SUITE = 1;
const VAULT_KEY_LENGTH = 32;
const BOX_LENGTH = 1 + POINT_LENGTH + VAULT_KEY_LENGTH + 16;
const ID_LENGTH = 16;
const EMPTY = new Uint8Array(0);
const WAY_LABEL = utf8Encode("VibeChat way");
const BOX_LABEL = utf8Encode("VibeChat way box");
const WAYS_LABEL = utf8Encode("VibeChat ways");

/** @returns {Bytes} 32 random bytes: a seed for the way of this browser, or a vault key */
export function randomKey() {
  return CryptoManager.randomBytes(VAULT_KEY_LENGTH);
}

/**
 * @param {Bytes} seed 32 bytes
 * @param {string} email one's own, normalised
 * @returns {Promise<Way>}
 */
export async function wayOf(seed, email) {
  const { id, psk, keyPair } = await openedWay(seed, email);
  return { id: toHex(id), publicBytes: keyPair.publicBytes, psk };
}

/**
 * @param {object} request
 * @param {Way} request.way
 * @param {Bytes} request.vaultKey 32 bytes
 * @param {string} request.email one's own, normalised
 * @param {string} request.accountId the server's id of the account, in decimal
 * @param {number} request.generation of the vault key, from 1
 * @returns {Promise<Bytes>} 114 bytes: the box
 * @throws {ProtocolError} `public_key`: the way's public half is no point on P-256
 */
export async function sealToWay({ way, vaultKey, email, accountId, generation }) {
  const parameters = { psk: way.psk, ...boxParameters(way.id, email, accountId, generation) };
  const { enc, ciphertext } = await sealPsk(way.publicBytes, parameters, vaultKey);
  return concat(Uint8Array.of(HPKE_SUITE), enc, ciphertext);
}

/**
 * @param {object} request
 * @param {Bytes} request.seed 32 bytes
 * @param {Bytes} request.box
 * @param {string} request.email one's own, normalised
 * @param {string} request.accountId the server's id of the account, in decimal
 * @param {number} request.generation of the vault key, from 1
 * @returns {Promise<Bytes>} 32 bytes: the vault key
 * @throws {ProtocolError} `unknown_suite`: a newer version of VibeChat has made the box; `box`: it is out of form
 * @throws {import("./crypto-errors.js").DecryptionError} the box was not made for this seed, account and generation
 */
export async function openBox({ seed, box, email, accountId, generation }) {
  if (box.length > 0 && box[0] !== HPKE_SUITE) {
    throw new ProtocolError("unknown_suite");
  }
  check(box.length === BOX_LENGTH, "box");
  const { id, psk, keyPair } = await openedWay(seed, email);
  const parameters = { psk, ...boxParameters(toHex(id), email, accountId, generation) };
  const sealed = { enc: box.slice(1, 1 + POINT_LENGTH), ciphertext: box.slice(1 + POINT_LENGTH) };
  return openPsk(keyPair, parameters, sealed);
}

/**
 * The hash of the ways as the server keeps them. The vault's additional data contains it, so that none can be swapped,
 * dropped or added (docs/protocol.md §14.2).
 * @param {readonly ServedWay[]} ways in any order
 * @returns {Promise<Bytes>} 32 bytes
 * @throws {ProtocolError} `ways`: more than 40, an id out of form or there twice, or a kind that is none
 */
export async function waysHash(ways) {
  const sorted = ways.toSorted((left, right) => (left.id < right.id ? -1 : 1));
  check(sorted.length <= WAYS_LIMIT && sorted.every(isInForm), "ways");
  check(sorted.every(({ id }, index) => id !== sorted[index - 1]?.id), "ways");
  const parts = sorted.flatMap(({ id, kind, box }) => [fromHex(id), utf8Encode(kind), box]);
  return CryptoManager.sha256(lengthPrefixed(WAYS_LABEL, ...parts));
}

/**
 * @param {ServedWay} way
 * @returns {boolean}
 */
function isInForm({ id, kind }) {
  return /^[0-9a-f]{32}$/.test(id) && WAY_KINDS.includes(kind);
}

/**
 * @param {Bytes} seed
 * @param {string} email
 * @returns {Promise<{ id: Bytes, psk: Bytes, keyPair: import("./hpke.js").KemKeyPair }>}
 */
async function openedWay(seed, email) {
  const derived = ["id", "psk", "key"].map((part) => {
    const info = lengthPrefixed(WAY_LABEL, utf8Encode(part), utf8Encode(email));
    return CryptoManager.hkdf(seed, EMPTY, info, VAULT_KEY_LENGTH);
  });
  const [id, psk, ikm] = await Promise.all(derived);
  return { id: id.slice(0, ID_LENGTH), psk, keyPair: await deriveKeyPair(ikm) };
}

/**
 * @param {string} wayId
 * @param {string} email
 * @param {string} accountId
 * @param {number} generation
 * @returns {{ pskId: Bytes, info: Bytes }}
 */
function boxParameters(wayId, email, accountId, generation) {
  const pskId = fromHex(wayId);
  const account = [utf8Encode(email), utf8Encode(accountId)];
  return { pskId, info: lengthPrefixed(BOX_LABEL, ...account, uint32(generation), pskId) };
}

/**
 * @param {boolean} condition
 * @param {"box" | "ways"} reason
 * @returns {void}
 * @throws {ProtocolError} the condition is false
 */
function check(condition, reason) {
  if (!condition) {
    throw new ProtocolError(reason);
  }
}
