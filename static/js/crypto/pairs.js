/**
 * Whether the two halves of a key pair that was stored belong together (docs/protocol.md §14.4).
 */
import { equal, utf8Encode } from "../lib/bytes.js";
import { ProtocolError } from "./crypto-errors.js";
import { CryptoManager } from "./crypto.js";

const PROBE = utf8Encode("VibeChat pair check");

/**
 * @param {CryptoKey} privateKey ECDH P-256
 * @param {Bytes} publicKeyBytes 91 bytes
 * @returns {Promise<void>}
 * @throws {ProtocolError} `private_key`: they do not belong together; `public_key`: it is out of form
 */
export async function checkAccountPair(privateKey, publicKeyBytes) {
  const publicKey = await CryptoManager.importPublicKey(publicKeyBytes);
  const other = await CryptoManager.generateKeyPair();
  const secrets = [
    await CryptoManager.deriveSharedSecret(privateKey, other.publicKey),
    await CryptoManager.deriveSharedSecret(other.privateKey, publicKey),
  ];
  check(equal(secrets[0], secrets[1]));
}

/**
 * @param {CryptoKey} privateKey Ed25519
 * @param {Bytes} publicKeyBytes 32 bytes
 * @returns {Promise<void>}
 * @throws {ProtocolError} `private_key`: they do not belong together
 */
export async function checkSigningPair(privateKey, publicKeyBytes) {
  const signature = await CryptoManager.ed25519Sign(privateKey, PROBE);
  check(await CryptoManager.ed25519Verify(publicKeyBytes, PROBE, signature));
}

/**
 * @param {boolean} condition
 * @returns {void}
 * @throws {ProtocolError} `private_key`: the condition is false
 */
function check(condition) {
  if (!condition) {
    throw new ProtocolError("private_key");
  }
}
