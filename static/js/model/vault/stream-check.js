/**
 * What this browser stores of the streams, and how it decides whether to take what the server has (docs/protocol.md §14.7).
 */
import { readBrowsers } from "../../crypto/browser-list.js";
import { ProtocolError } from "../../crypto/crypto-errors.js";
import { streamHead, verifyStream } from "../../crypto/stream.js";
import { fromBase64, fromHex, toHex } from "../../lib/bytes.js";
import { get } from "../../storage/queries.js";
import { presentKey } from "./vault-content.js";
import { STREAM_PINS } from "./vault-pin.js";

/** @import { StreamKind } from "../../crypto/stream.js" */
/** @import { ServedStream } from "../server/stream-responses.js" */

/** @typedef {{ revision: number, head: string, count: number }} StreamPin */
/** @typedef {Omit<ServedStream, "signature"> & { head: string }} KnownStream a verified stream */
/**
 * Who may sign.
 * @typedef {object} Signers
 * @property {string} email
 * @property {string} accountId
 * @property {Map<string, Bytes>} keys the signature keys of the person's browsers, by id
 * @property {(browser: string) => boolean} hasLeft whether a browser that is not among them was one of the person's before
 */
/**
 * - known: it is taken
 * - left: a browser that was signed out since has signed it, and no other one yet; it is left out
 * - unknown: it is signed by a browser of which the vault does not tell
 * - anything else: why it is refused
 * @typedef {"known" | "left" | "unknown" | "stream_older" | "stream_forked" | "stream_unsigned"} Verdict
 */

/** @param {{ browser: string, kind: StreamKind }} stream */
export function placeOf({ browser, kind }) {
  return `${browser} ${kind}`;
}

/**
 * @param {Database} database
 * @returns {Promise<Record<string, StreamPin>>} by place
 */
export async function readStreamPins(database) {
  return (await database.read(["state"], (stores) => get(stores("state"), STREAM_PINS))) ?? {};
}

/**
 * Pins these states, unless another tab has pinned later ones.
 * @param {Database} database
 * @param {KnownStream[]} streams
 */
export async function pinStreams(database, streams) {
  await database.write(["state"], async (stores) => {
    const pins = { ...(await get(stores("state"), STREAM_PINS)) };
    for (const stream of streams.filter((one) => one.revision > (pins[placeOf(one)]?.revision ?? 0))) {
      pins[placeOf(stream)] = { revision: stream.revision, head: stream.head, count: stream.hashes.length };
    }
    stores("state").put(pins, STREAM_PINS);
  });
}

/**
 * @param {any} content of the vault
 * @param {{ email: string, accountId: string }} owner
 * @returns {Promise<Signers>}
 */
export async function signersOf(content, owner) {
  const { identityKeyBytes } = presentKey(content);
  const list = await readBrowsers({ identityKeyBytes, email: owner.email, bytes: fromBase64(content.list) });
  const keys = new Map(list.browsers.map(({ id, signatureKeyBytes }) => [id, signatureKeyBytes]));
  return { ...owner, keys, hasLeft: (browser) => Object.hasOwn(content.browsers, browser) };
}

/**
 * @param {readonly string[]} hashes
 * @returns {Promise<string>}
 */
export async function headOf(hashes) {
  return toHex(await streamHead(hashes.map(fromHex)));
}

/**
 * @param {ServedStream & { head: string }} served
 * @param {StreamPin | undefined} pin
 * @param {Signers} signers
 * @returns {Promise<Verdict>}
 */
export async function verdictOn({ hashes, head, signature, ...served }, pin, { email, accountId, keys, hasLeft }) {
  if (pin && (served.revision < pin.revision || hashes.length < pin.count)) {
    return "stream_older";
  }
  if (served.revision === pin?.revision) {
    return head === pin.head ? "known" : "stream_forked";
  }
  const signatureKeyBytes = keys.get(served.by);
  if (!signatureKeyBytes) {
    return hasLeft(served.by) ? "left" : "unknown";
  }
  try {
    await verifyStream({ ...served, email, accountId, hashes: hashes.map(fromHex), signatureKeyBytes, signature });
    return "known";
  } catch (error) {
    if (error instanceof ProtocolError) {
      return "stream_unsigned";
    }
    throw error;
  }
}
