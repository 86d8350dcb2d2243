/** Passkeys: they log in, and what they derive for this page (PRF) is the seed of a way back. */
import { CryptoManager } from "../../crypto/crypto.js";
import { passkeyInput, passkeySeed } from "../../crypto/recovery-code.js";
import { utf8Encode, equal } from "../../lib/bytes.js";
import { canUsePasskeys, makePasskey, offersPasskeysInFields, signalPasskeys, usePasskey } from "../../net/authenticator.js";
import { PasskeyApi } from "../../net/passkey-api.js";
import { asProofRefusal, BadAnswer, Refusal } from "../server/model-errors.js";
import { readPasskeys } from "../server/vault-responses.js";
import { requireRoomForKey } from "./browser-support.js";

/** @import { Answered } from "../../net/authenticator.js" */

export { canUsePasskeys, offersPasskeysInFields };

/** @type {Record<string, string>} by name of a DOMException */
const REFUSALS = { InvalidStateError: "passkey_exists", SecurityError: "passkey_impossible", NotSupportedError: "passkey_impossible" };

/**
 * Makes a passkey of the account.
 * @param {Api} api
 * @param {{ email: string, name: string }} person name: of this browser, for the list of passkeys
 * @returns {Promise<{ id: string, seed: Bytes | null }>} seed: null where it only logs in
 * @throws {Refusal} `passkey_…`
 */
export async function addPasskey(api, { email, name }) {
  requirePasskeys();
  const passkeys = new PasskeyApi(api);
  const options = await passkeys.creationOptions();
  const made = await asked(async () => makePasskey(options, await passkeyInput()));
  await passkeys.add(made.forServer, name);
  return { id: made.id, seed: await seedOf(made, email) };
}

/** @typedef {{ id: string, credentialId: string, name: string, madeAt: Date, usedAt: Date | null }} ServerPasskey */

/**
 * @param {Api} api
 * @returns {Promise<ServerPasskey[]>} those that log in
 */
export async function listPasskeys(api) {
  return readPasskeys(await new PasskeyApi(api).list());
}

/**
 * Deletes a passkey at the server. It logs in no more, and where the browser can tell its device, that does not offer it any more.
 * @param {Api} api
 * @param {{ credentialId: string, accountId: number, kept: string[] }} which kept: those that open the vault. A server that leaves them out
 *   of its list must not make the devices forget them
 * @throws {Refusal} `proof_needed`
 */
export async function removePasskey(api, { credentialId, accountId, kept }) {
  const passkeys = new PasskeyApi(api);
  const all = await listPasskeys(api);
  const found = all.find((one) => one.credentialId === credentialId);
  if (found) {
    await passkeys.remove(found.id).catch((error) => {
      throw asProofRefusal(error);
    });
  }
  const left = [...new Set([...all.map((one) => one.credentialId), ...kept])].filter((id) => id !== credentialId);
  await signalPasskeys({ userHandle: await handleOf(accountId), left, removed: credentialId });
}

/**
 * Asks for a passkey of the account, whose person is logged in already.
 * @param {Api} api
 * @param {string} email
 * @returns {Promise<Bytes>} the seed
 * @throws {Refusal} `passkey_…`
 */
export async function seedByPasskey(api, email) {
  requirePasskeys();
  const options = await new PasskeyApi(api).requestOptions();
  const used = await asked(async () => usePasskey(options, await passkeyInput()));
  const seed = await seedOf(used, email);
  if (!seed) {
    throw new Refusal("passkey_without_key");
  }
  return seed;
}

/**
 * @param {Session} session
 * @param {{ isInField?: boolean, signal?: AbortSignal }} how
 * @returns {Promise<Bytes | null>} the seed of the way back; null where the passkey only logs in
 * @throws {Refusal} `passkey_…`
 */
export async function logInByPasskey(session, how) {
  requirePasskeys();
  await session.left;
  const passkeys = new PasskeyApi(session.api);
  const options = await passkeys.requestOptions();
  const used = await asked(async () => usePasskey(options, await passkeyInput(), how));
  const user = await session.beginAs(await passkeys.logIn(used.forServer), ({ id }) => isHandleOf(id, used.userHandle));
  await requireRoomForKey(user.email);
  return seedOf(used, user.email);
}

/** The dialogs always have the button "Passkey": who presses it is told. */
function requirePasskeys() {
  if (!canUsePasskeys()) {
    throw new Refusal("passkey_impossible");
  }
}

/**
 * The server names the account that it lets in. The passkey says whose it is.
 * @param {number} accountId
 * @param {Bytes | null} userHandle
 */
async function isHandleOf(accountId, userHandle) {
  return userHandle !== null && equal(userHandle, await handleOf(accountId));
}

/** @param {number} accountId */
function handleOf(accountId) {
  return CryptoManager.sha256(utf8Encode(`VibeChat passkey ${accountId}`));
}

/**
 * @param {Answered} passkey
 * @param {string} email
 * @returns {Promise<Bytes | null>}
 */
async function seedOf({ prf, rawId }, email) {
  return prf && passkeySeed(prf, email, rawId);
}

/**
 * @template Result
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
async function asked(work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DOMException) {
      throw new Refusal(REFUSALS[error.name] ?? "passkey_cancelled");
    }
    // The server's options are not such.
    throw error instanceof TypeError ? new BadAnswer("options of a passkey") : error;
  }
}
