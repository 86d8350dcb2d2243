/**
 * The only file that calls Web Crypto, but for the SHA-512 of file-encryption.js, which is loaded on demand. It provides the
 * algorithms; the files beside it build the protocol from them.
 */
import { equal, toBase64, toHex } from "../lib/bytes.js";
import { DecryptionError, ProtocolError } from "./crypto-errors.js";
import { isEd25519Key, isEd25519Signature } from "./ed25519.js";
import { checkPublicKey } from "./public-key.js";

/**
 * One account's key in one browser.
 * @typedef {object} KeyPair
 * @property {CryptoKey} privateKey ECDH P-256, not extractable, for `deriveBits`
 * @property {CryptoKey} publicKey ECDH P-256, extractable, as every public key is
 */

/** @typedef {KeyPair & { publicKeyBytes: Bytes, fingerprint: string, secret: Bytes }} NewKeyPair */
/** @typedef {{ privateKey: CryptoKey, publicKeyBytes: Bytes, secret: Bytes }} NewSigningPair */

const CURVE = Object.freeze({ name: "ECDH", namedCurve: "P-256" });
const SIGNATURE = "Ed25519";
const NOT_EXTRACTABLE = false;
const EXTRACTABLE = true;

export class CryptoManager {
  /**
   * @param {number} length in bytes, at most 65536
   * @returns {Bytes} from the platform's cryptographic generator
   */
  static randomBytes(length) {
    return crypto.getRandomValues(new Uint8Array(length));
  }

  /** @returns {string} 16 random bytes as 32 lower-case hexadecimal digits */
  static randomId() {
    return toHex(CryptoManager.randomBytes(16));
  }

  /** @returns {string} a random UUID (version 4), lower case, hyphenated */
  static randomUuid() {
    return crypto.randomUUID();
  }

  /**
   * Makes an account's key pair (docs/protocol.md §3). It is generated as extractable; the private key that is returned is
   * not.
   * @returns {Promise<NewKeyPair>} with the public key's 91 bytes, their fingerprint (64 lower-case hexadecimal digits), and
   *   the private key's PKCS #8 DER (RFC 5958), which the caller seals at once
   */
  static async generateKeyPair() {
    const pair = await crypto.subtle.generateKey(CURVE, EXTRACTABLE, ["deriveBits"]);
    const secret = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
    const publicKeyBytes = await CryptoManager.exportPublicKey(pair.publicKey);
    const [fingerprint, privateKey] = [await CryptoManager.sha256Hex(publicKeyBytes), await CryptoManager.importAccountKey(secret)];
    return { privateKey, publicKey: pair.publicKey, publicKeyBytes, fingerprint, secret };
  }

  /**
   * @param {Bytes} secret PKCS #8 DER of a P-256 private key
   * @returns {Promise<CryptoKey>} ECDH, not extractable
   * @throws {ProtocolError} `private_key`: the platform does not accept it as a P-256 key
   */
  static importAccountKey(secret) {
    return importSecret(secret, CURVE, ["deriveBits"]);
  }

  /**
   * @param {Bytes} secret PKCS #8 DER of an Ed25519 private key
   * @returns {Promise<CryptoKey>} not extractable
   * @throws {ProtocolError} `private_key`: the platform does not accept it as an Ed25519 key
   */
  static importSigningKey(secret) {
    return importSecret(secret, SIGNATURE, ["sign"]);
  }

  /**
   * @param {Bytes} publicKeyBytes 91 bytes, uncompressed P-256 SubjectPublicKeyInfo DER
   * @returns {Promise<CryptoKey>}
   * @throws {ProtocolError} `public_key`: not exactly that form, or no point on P-256 (docs/protocol.md §3.1)
   */
  static async importPublicKey(publicKeyBytes) {
    checkPublicKey(publicKeyBytes);
    const publicKey = await importSpki(publicKeyBytes);
    // The platform must have imported exactly the bytes that were checked.
    if (!equal(await CryptoManager.exportPublicKey(publicKey), publicKeyBytes)) {
      throw new ProtocolError("public_key");
    }
    return publicKey;
  }

  /**
   * @param {CryptoKey} publicKey ECDH P-256
   * @returns {Promise<Bytes>} 91 bytes, uncompressed SubjectPublicKeyInfo DER
   */
  static async exportPublicKey(publicKey) {
    return new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  }

  /**
   * @param {Bytes} scalar 32 bytes, big-endian, from 1 to the order of P-256 less 1
   * @param {Bytes} point 65 bytes: the public half
   * @returns {Promise<CryptoKey>} ECDH P-256, not extractable, for `deriveBits`
   */
  static async importScalar(scalar, point) {
    const [d, x, y] = [scalar, point.slice(1, 33), point.slice(33)].map(toBase64Url);
    // As JWK: of PKCS8, browsers differ in whether the public half may, must or must not be there.
    return crypto.subtle.importKey("jwk", { kty: "EC", crv: "P-256", d, x, y }, CURVE, NOT_EXTRACTABLE, ["deriveBits"]);
  }

  /**
   * Makes an Ed25519 key pair (docs/protocol.md §3.4, §16). It is generated as extractable; the private key that is returned
   * is not.
   * @returns {Promise<NewSigningPair>} the public key is 32 bytes; `secret` is the private key's PKCS #8 DER (RFC 8410)
   * @throws {DOMException} `NotSupportedError`: this browser has no Ed25519
   */
  static async generateIdentityKeyPair() {
    const pair = await crypto.subtle.generateKey(SIGNATURE, EXTRACTABLE, ["sign", "verify"]);
    const publicKeyBytes = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const secret = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
    return { privateKey: await CryptoManager.importSigningKey(secret), publicKeyBytes, secret };
  }

  /**
   * Ed25519 (RFC 8032 §5.1.6).
   * @param {CryptoKey} privateKey
   * @param {Bytes} data
   * @returns {Promise<Bytes>} 64 bytes
   */
  static async ed25519Sign(privateKey, data) {
    return new Uint8Array(await crypto.subtle.sign(SIGNATURE, privateKey, data));
  }

  /**
   * Ed25519 (RFC 8032 §5.1.7), strict: docs/protocol.md §3.4.
   * @param {Bytes} publicKeyBytes 32 bytes; any other length gives false
   * @param {Bytes} data
   * @param {Bytes} signature 64 bytes; any other length gives false
   * @returns {Promise<boolean>}
   */
  static async ed25519Verify(publicKeyBytes, data, signature) {
    if (!isEd25519Key(publicKeyBytes) || !isEd25519Signature(signature)) {
      return false;
    }
    try {
      const key = await crypto.subtle.importKey("raw", publicKeyBytes, SIGNATURE, EXTRACTABLE, ["verify"]);
      return await crypto.subtle.verify(SIGNATURE, key, signature, data);
    } catch (error) {
      if (isNamed(error, "DataError")) {
        return false; // The bytes are no point on the curve.
      }
      throw error;
    }
  }

  /**
   * SHA-256 (FIPS 180-4).
   * @param {Bytes} data
   * @returns {Promise<Bytes>} 32 bytes
   */
  static async sha256(data) {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  }

  /**
   * @param {Bytes} data
   * @returns {Promise<string>} its SHA-256 as 64 lower-case hexadecimal digits
   */
  static async sha256Hex(data) {
    return toHex(await CryptoManager.sha256(data));
  }

  /**
   * SHA-512 (FIPS 180-4).
   * @param {Bytes} data
   * @returns {Promise<Bytes>} 64 bytes
   */
  static async sha512(data) {
    return new Uint8Array(await crypto.subtle.digest("SHA-512", data));
  }

  /**
   * ECDH on P-256 (NIST SP 800-56A rev. 3 §5.7.1.2).
   * @param {CryptoKey} privateKey
   * @param {CryptoKey} publicKey from `importPublicKey`, or one's own
   * @returns {Promise<Bytes>} 32 bytes: the x-coordinate, big-endian, with its leading zeros
   */
  static async deriveSharedSecret(privateKey, publicKey) {
    return new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: publicKey }, privateKey, 256));
  }

  /**
   * PBKDF2-HMAC-SHA-256 (RFC 8018 §5.2).
   * @param {Bytes} password
   * @param {Bytes} salt
   * @param {number} iterations
   * @param {number} length of the output, in bytes
   * @returns {Promise<Bytes>}
   */
  static async pbkdf2(password, salt, iterations, length) {
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", NOT_EXTRACTABLE, ["deriveBits"]);
    const parameters = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
    return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 8 * length));
  }

  /**
   * HKDF-SHA-256 (RFC 5869), extract and expand.
   * @param {Bytes} inputKeyMaterial
   * @param {Bytes} salt may be empty
   * @param {Bytes} info
   * @param {number} length of the output, in bytes, at most 8160
   * @returns {Promise<Bytes>}
   */
  static async hkdf(inputKeyMaterial, salt, info, length) {
    const key = await crypto.subtle.importKey("raw", inputKeyMaterial, "HKDF", NOT_EXTRACTABLE, ["deriveBits"]);
    const parameters = { name: "HKDF", hash: "SHA-256", salt, info };
    return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 8 * length));
  }

  /**
   * HMAC-SHA-256 (RFC 2104).
   * @param {Bytes} key at least one byte
   * @param {Bytes} data
   * @returns {Promise<Bytes>} 32 bytes
   */
  static async hmac(key, data) {
    return new Uint8Array(await crypto.subtle.sign("HMAC", await importHmacKey(key), data));
  }

  /**
   * Checks an HMAC-SHA-256 in constant time.
   * @param {Bytes} key at least one byte
   * @param {Bytes} data
   * @param {Bytes} tag 32 bytes; any other length gives false
   * @returns {Promise<boolean>}
   */
  static async hmacVerify(key, data, tag) {
    return crypto.subtle.verify("HMAC", await importHmacKey(key), tag, data);
  }

  /**
   * @param {Bytes} key 32 bytes
   * @returns {Promise<CryptoKey>} AES-256-GCM, not extractable
   * @throws {RangeError} the key has another length: Web Crypto would take 16 bytes as an AES-128 key
   */
  static async importAesKey(key) {
    if (key.length !== 32) {
      throw new RangeError("not an AES-256 key");
    }
    return crypto.subtle.importKey("raw", key, "AES-GCM", NOT_EXTRACTABLE, ["encrypt", "decrypt"]);
  }

  /** @returns {Promise<CryptoKey>} a random AES-256-GCM key that no script can export (docs/protocol.md §11) */
  static async generateStorageKey() {
    return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, NOT_EXTRACTABLE, ["encrypt", "decrypt"]);
  }

  /**
   * AES-256-GCM (NIST SP 800-38D).
   * @param {CryptoKey} key AES-256-GCM
   * @param {Bytes} nonce 12 bytes, never used before with this key
   * @param {Bytes} additionalData authenticated, not encrypted
   * @param {Bytes} plaintext
   * @returns {Promise<Bytes>} the ciphertext, as long as the plaintext, and the tag, 16 bytes
   */
  static async aesGcmSeal(key, nonce, additionalData, plaintext) {
    return new Uint8Array(await crypto.subtle.encrypt(aesGcm(nonce, additionalData), key, plaintext));
  }

  /**
   * @param {CryptoKey} key AES-256-GCM
   * @param {Bytes} nonce 12 bytes
   * @param {Bytes} additionalData
   * @param {Bytes} ciphertext with its tag: at least 16 bytes
   * @returns {Promise<Bytes>} the plaintext, 16 bytes shorter
   * @throws {DecryptionError} any of the four is not what was sealed
   */
  static async aesGcmOpen(key, nonce, additionalData, ciphertext) {
    try {
      return new Uint8Array(await crypto.subtle.decrypt(aesGcm(nonce, additionalData), key, ciphertext));
    } catch (error) {
      throw isNamed(error, "OperationError") ? new DecryptionError() : error;
    }
  }
}

/**
 * @param {Bytes} bytes
 * @returns {string} RFC 4648 §5 without padding
 */
function toBase64Url(bytes) {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * @param {Bytes} nonce 12 bytes
 * @param {Bytes} additionalData
 * @returns {AesGcmParams}
 */
function aesGcm(nonce, additionalData) {
  return { name: "AES-GCM", iv: nonce, additionalData, tagLength: 128 };
}

/**
 * @param {Bytes} publicKeyBytes
 * @returns {Promise<CryptoKey>}
 * @throws {ProtocolError} `public_key`: the platform does not accept it as a P-256 key
 */
async function importSpki(publicKeyBytes) {
  try {
    return await crypto.subtle.importKey("spki", publicKeyBytes, CURVE, EXTRACTABLE, []);
  } catch (error) {
    throw isNamed(error, "DataError") ? new ProtocolError("public_key") : error;
  }
}

/**
 * @param {Bytes} secret PKCS #8 DER
 * @param {AlgorithmIdentifier | EcKeyImportParams} algorithm
 * @param {KeyUsage[]} usages
 * @returns {Promise<CryptoKey>} not extractable
 * @throws {ProtocolError} `private_key`
 */
async function importSecret(secret, algorithm, usages) {
  try {
    return await crypto.subtle.importKey("pkcs8", secret, algorithm, NOT_EXTRACTABLE, usages);
  } catch (error) {
    throw isNamed(error, "DataError") ? new ProtocolError("private_key") : error;
  }
}

/**
 * @param {Bytes} key at least one byte
 * @returns {Promise<CryptoKey>}
 */
async function importHmacKey(key) {
  return crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, NOT_EXTRACTABLE, ["sign", "verify"]);
}

/**
 * @param {unknown} error
 * @param {string} name of a DOMException
 * @returns {boolean}
 */
function isNamed(error, name) {
  return error instanceof DOMException && error.name === name;
}
