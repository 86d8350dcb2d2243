/**
 * The fingerprint of a public key (docs/protocol.md §3.2).
 */
import { CryptoManager } from "./crypto.js";
import { checkPublicKey } from "./public-key.js";

/**
 * @param {Bytes} publicKeyBytes 91 bytes, uncompressed P-256 SubjectPublicKeyInfo DER
 * @returns {Promise<string>} SHA-256 of exactly these bytes: 64 lower-case hexadecimal digits
 * @throws {ProtocolError} `public_key`: not that form; only a key's one encoding has a fingerprint
 */
export async function fingerprint(publicKeyBytes) {
  checkPublicKey(publicKeyBytes);
  return CryptoManager.sha256Hex(publicKeyBytes);
}
