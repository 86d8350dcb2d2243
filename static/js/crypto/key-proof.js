/**
 * Proof that this browser holds the private half of a public key (docs/protocol.md §3.6).
 */
import { lengthPrefixed, utf8Encode } from "../lib/bytes.js";
import { ProtocolError } from "./crypto-errors.js";
import { CryptoManager } from "./crypto.js";
import { isSameKey } from "./public-key.js";

const LABEL = utf8Encode("VibeChat key proof");

/**
 * @param {object} request
 * @param {CryptoKey} request.privateKey of the key that is uploaded: ECDH P-256
 * @param {Bytes} request.publicKeyBytes the key that is uploaded, 91 bytes
 * @param {string} request.email one's own, normalised
 * @param {Bytes} request.identityKeyBytes 32 bytes
 * @param {Bytes} request.statement the API's `identity_signature`
 * @param {Bytes} request.serverKeyBytes the server's one-time public key
 * @param {string} request.challenge that came with it
 * @returns {Promise<Bytes>} 32 bytes
 * @throws {ProtocolError} `public_key`: the server's key is not in the one form; `own_key`: it is one's own
 */
export async function keyProof(request) {
  const { privateKey, publicKeyBytes, email, identityKeyBytes, statement, serverKeyBytes, challenge } = request;
  const serverKey = await CryptoManager.importPublicKey(serverKeyBytes);
  if (isSameKey(serverKeyBytes, publicKeyBytes)) {
    throw new ProtocolError("own_key");
  }
  const secret = await CryptoManager.deriveSharedSecret(privateKey, serverKey);
  const key = await CryptoManager.hkdf(secret, new Uint8Array(), LABEL, 32);
  const [account, asked] = [utf8Encode(email), utf8Encode(challenge)];
  return CryptoManager.hmac(key, lengthPrefixed(LABEL, account, publicKeyBytes, identityKeyBytes, statement, asked));
}
