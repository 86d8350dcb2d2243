/** Uploads this browser's key, with the proof that this browser has its private key. */
import { ProtocolError } from "../../crypto/crypto-errors.js";
import { keyProof } from "../../crypto/key-proof.js";
import { toBase64 } from "../../lib/bytes.js";
import { ApiError } from "../../net/net-errors.js";
import { BadAnswer, Refusal } from "../server/model-errors.js";
import { readKey } from "../server/responses.js";
import { isServed } from "./own-statement.js";
import { readChallenge } from "./served-key.js";

// An upload of another tab can use up this tab's challenge.
const ROUNDS_LIMIT = 3;
const REFUSALS = ["key_changed", "key_taken"];

/**
 * @param {Api} api
 * @param {Required<KeyRow>} row
 * @param {{ email: string, replaces: string | null }} upload the account's email; the fingerprint of the key that it is
 *   to replace
 * @throws {Refusal} `key_changed`: another browser has uploaded a key first; `key_taken`: another account has proven this key
 * @throws {ApiError | BadAnswer | import("../../net/net-errors.js").NetworkError}
 */
export async function uploadKey(api, row, { email, replaces }) {
  const body = {
    public_key: toBase64(row.publicKeyBytes),
    identity_key: toBase64(row.identity.publicKeyBytes),
    identity_signature: toBase64(row.signed.statement),
    ...(replaces === null ? {} : { replaces }),
  };
  for (let round = 1; ; round += 1) {
    try {
      const served = await api.uploadKey({ ...body, proof: await proofOf(api, row, email) });
      if (!isServed(row, readKey(served, email))) {
        throw new BadAnswer("another key than the one uploaded");
      }
      return;
    } catch (error) {
      if (round === ROUNDS_LIMIT || codeOf(error) !== "proof_expired") {
        throw REFUSALS.includes(codeOf(error)) ? new Refusal(codeOf(error)) : error;
      }
    }
  }
}

/**
 * @param {Api} api
 * @param {Required<KeyRow>} row
 * @param {string} email
 * @returns {Promise<{ challenge: string, mac: string }>}
 */
async function proofOf(api, { privateKey, publicKeyBytes, identity, signed }, email) {
  const { challenge, serverKeyBytes } = readChallenge(await api.keyChallenge());
  const own = { privateKey, publicKeyBytes, email, identityKeyBytes: identity.publicKeyBytes, statement: signed.statement };
  try {
    return { challenge, mac: toBase64(await keyProof({ ...own, serverKeyBytes, challenge })) };
  } catch (error) {
    throw error instanceof ProtocolError ? new BadAnswer("no key to prove another one with") : error;
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof ApiError ? error.code : "";
}
