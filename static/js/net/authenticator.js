/**
 * The browser's passkeys. What an authenticator derives for this page (PRF) is a secret of the person: it is taken out of what
 * goes to the server.
 */

import { toBase64 } from "../lib/bytes.js";

/**
 * @typedef {object} Answered
 * @property {string} id of the passkey, base64url
 * @property {Bytes} rawId
 * @property {object} forServer the credential as JSON
 * @property {Bytes | null} prf 32 bytes; null: the authenticator has no PRF
 * @property {Bytes | null} userHandle whose passkey it is; null where it was just made
 */

// What no browser checks here, as the server is not asked: the passkey is only to derive the secret.
const NO_CHALLENGE = new Uint8Array(32);

const IP_ADDRESS = /^[\d.]+$|^\[/u;

/**
 * @returns {boolean} whether a page at this address can ask this browser for a passkey. Whether there is a device for it shows only when
 *   it is asked: a security key may be put in later
 */
export function canUsePasskeys() {
  // A passkey belongs to a name: an address without one can have none.
  return typeof globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON === "function" && !IP_ADDRESS.test(location.hostname);
}

/** @returns {Promise<boolean>} whether passkeys can be offered in the list of a field */
export async function offersPasskeysInFields() {
  return canUsePasskeys() && ((await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false);
}

/**
 * @param {any} options the server's, as JSON
 * @param {Bytes} prfInput 32 bytes
 * @returns {Promise<Answered>}
 * @throws {DOMException} the person or the browser has refused
 */
export async function makePasskey(options, prfInput) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  publicKey.extensions = { prf: { eval: { first: prfInput } } };
  const made = readCredential(await navigator.credentials.create({ publicKey }));
  // Many authenticators derive it only when they are asked a second time.
  return { ...made, prf: made.prf ?? (made.canDerive ? await derive(made.rawId, prfInput) : null) };
}

/**
 * @param {any} options the server's, as JSON
 * @param {Bytes} prfInput 32 bytes
 * @param {{ isInField?: boolean, signal?: AbortSignal }} [how] isInField: offered in the list of a field
 * @returns {Promise<Answered>}
 * @throws {DOMException} the person or the browser has refused
 */
export async function usePasskey(options, prfInput, { isInField = false, signal } = {}) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  publicKey.extensions = { prf: { eval: { first: prfInput } } };
  return readCredential(
    await navigator.credentials.get({ publicKey, mediation: isInField ? "conditional" : "optional", ...(signal ? { signal } : {}) }),
  );
}

/**
 * Tells the devices which passkeys the server still knows, where the browser can, so that they offer no other one.
 * @param {{ userHandle: Bytes, left: string[], removed: string }} which ids in base64url
 */
export async function signalPasskeys({ userHandle, left, removed }) {
  const [rpId, userId] = [location.hostname, toBase64(userHandle).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/u, "")];
  const kinds = /** @type {any} */ (globalThis.PublicKeyCredential);
  // The removal stands, whatever the device makes of it.
  await kinds?.signalUnknownCredential?.({ rpId, credentialId: removed }).catch(() => {});
  await kinds?.signalAllAcceptedCredentials?.({ rpId, userId, allAcceptedCredentialIds: left }).catch(() => {});
}

/**
 * @param {Bytes} rawId
 * @param {Bytes} prfInput
 */
async function derive(rawId, prfInput) {
  /** @type {PublicKeyCredentialRequestOptions} */
  const publicKey = {
    challenge: NO_CHALLENGE,
    allowCredentials: [{ id: rawId, type: "public-key" }],
    userVerification: "required",
    extensions: { prf: { eval: { first: prfInput } } },
  };
  return readCredential(await navigator.credentials.get({ publicKey })).prf;
}

/**
 * @param {any} credential
 * @returns {Answered & { canDerive: boolean }}
 */
function readCredential(credential) {
  if (!credential) {
    throw new DOMException("no passkey", "NotAllowedError");
  }
  const { prf } = credential.getClientExtensionResults();
  const { userHandle } = credential.response;
  return {
    id: credential.id,
    rawId: new Uint8Array(credential.rawId),
    forServer: { ...credential.toJSON(), clientExtensionResults: {} },
    prf: prf?.results?.first ? new Uint8Array(prf.results.first) : null,
    userHandle: userHandle ? new Uint8Array(userHandle) : null,
    canDerive: Boolean(prf?.enabled),
  };
}
