/** Opens and verifies one version of the vault as the server has it (docs/protocol.md §14). */
import { readBrowsers } from "../../crypto/browser-list.js";
import { DecryptionError, ProtocolError } from "../../crypto/crypto-errors.js";
import { checkGeneration, openVault, vaultHash, verifyVaultWrite } from "../../crypto/vault.js";
import { fromBase64, fromHex, toHex } from "../../lib/bytes.js";
import { Refusal } from "../server/model-errors.js";

/** @import { ServedVault } from "../server/vault-responses.js" */
/** @import { Pinned } from "./vault-pin.js" */
/** @import { BrowserList } from "../../crypto/browser-list.js" */

/** @typedef {{ email: string, accountId: string }} Owner */
/**
 * A verified version of the vault.
 * @typedef {object} Snapshot
 * @property {number} version
 * @property {number} generation
 * @property {string} hash
 * @property {string | null} browser that wrote it; null: there is no vault yet
 * @property {{ id: string, kind: string, box: Bytes }[]} ways
 * @property {Bytes} vaultKey
 * @property {any} content
 * @property {BrowserList} list
 */

/** @type {Record<string, string>} the code of the refusal by the reason of the ProtocolError */
const PROBLEMS = { vault_key: "vault_foreign", vault_signature: "vault_unsigned", browsers: "vault_unsigned", unknown_version: "vault_newer",
  unknown_suite: "vault_newer" };

/**
 * @param {ServedVault} served
 * @param {Owner & { vaultKey: Bytes }} by
 * @returns {Promise<Snapshot>}
 * @throws {Refusal} `vault_damaged`, `vault_foreign`, `vault_unsigned`, `vault_newer`
 */
export function openSnapshot(served, by) {
  return refusing(() => opened(served, by));
}

/**
 * @param {any} content of a vault
 * @param {string} email
 * @returns {Promise<BrowserList>} the signed list that is in it
 */
export function listOf(content, email) {
  return readBrowsers({ identityKeyBytes: presentIdentity(content), email, bytes: fromBase64(content.list) });
}

/**
 * @param {ServedVault} served
 * @param {Owner & { vaultKey: Bytes }} by
 * @returns {Promise<Snapshot>}
 */
async function opened({ hash, signature, ...served }, { email, accountId, vaultKey }) {
  const { version, generation, browser, ways } = served;
  const place = { ...served, email, accountId };
  if (toHex(await vaultHash(place)) !== hash) {
    throw new Refusal("vault_damaged");
  }
  const content = await openVault({ ...place, vaultKey });
  const list = await listOf(content, email);
  const writer = list.browsers.find(({ id }) => id === browser);
  if (!writer) {
    throw new Refusal("vault_unsigned");
  }
  await verifyVaultWrite({ email, accountId, version, hash: fromHex(hash), signatureKeyBytes: writer.signatureKeyBytes, signature });
  return { version, generation, hash, browser, ways, vaultKey, content, list };
}

/**
 * @param {any} content
 * @returns {Bytes} the identity that signs the list of browsers
 */
function presentIdentity({ keys }) {
  const present = keys.filter((/** @type {any} */ key) => key.present === true);
  if (present.length !== 1) {
    throw new Refusal("vault_damaged");
  }
  return fromBase64(present[0].identity_public);
}

/**
 * Compares what the server has with what is pinned, as far as that can be done before it is opened.
 * @param {ServedVault | null} served null: there is no vault
 * @param {Pick<Pinned["pin"], "version" | "generation" | "hash">} pin
 * @throws {Refusal} `vault_missing`, `vault_older`, `vault_forked`
 */
export function checkAgainstPin(served, pin) {
  if (served === null) {
    throw new Refusal("vault_missing");
  }
  if (served.version < pin.version || served.generation < pin.generation) {
    throw new Refusal("vault_older");
  }
  const isOther = served.version === pin.version && served.hash !== pin.hash;
  const isOnOther = served.version === pin.version + 1 && toHex(served.previous) !== pin.hash;
  if (isOther || isOnOther) {
    throw new Refusal("vault_forked");
  }
}

/**
 * Checks that a version follows the pinned one.
 * @param {Snapshot} snapshot
 * @param {Pinned} pinned
 * @param {string} ownBrowser
 * @returns {Promise<void>}
 * @throws {Refusal} `vault_foreign`: it does not know the vault key that is pinned; `vault_forked`: it does not name what this
 *   browser has written last; `vault_older`: its list of browsers is older
 */
export function checkFollows(snapshot, pinned, ownBrowser) {
  return refusing(async () => {
    try {
      checkGeneration(snapshot.content, snapshot.generation, { generation: pinned.pin.generation, vaultKey: pinned.vaultKey });
    } catch (error) {
      throw error instanceof ProtocolError ? new Refusal("vault_foreign") : error;
    }
    const { wrote } = pinned.pin;
    if (wrote.length > 0 && !wrote.some((one) => isSame(one, lastWritten(snapshot, ownBrowser)))) {
      throw new Refusal("vault_forked");
    }
    if (snapshot.list.version < pinned.pin.listVersion) {
      throw new Refusal("vault_older");
    }
  });
}

/**
 * @param {Snapshot} snapshot
 * @param {string} browser
 * @returns {import("./vault-pin.js").Written | null} what that browser has written last
 */
export function lastWritten({ version, hash, browser: writer, content }, browser) {
  return writer === browser ? [version, hash] : (content.browsers?.[browser]?.wrote ?? null);
}

/**
 * @param {import("./vault-pin.js").Written | null} left
 * @param {import("./vault-pin.js").Written | null} right
 */
export function isSame(left, right) {
  return left?.[0] === right?.[0] && left?.[1] === right?.[1];
}

/**
 * @template Result
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 * @throws {Refusal}
 */
export async function refusing(work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ProtocolError) {
      throw new Refusal(PROBLEMS[error.reason] ?? "vault_damaged");
    }
    // What an own browser would not have written is damaged: RangeError and TypeError of the decoders.
    const isMalformed = error instanceof DecryptionError || error instanceof RangeError || error instanceof TypeError;
    throw isMalformed ? new Refusal("vault_damaged") : error;
  }
}
