/**
 * The errors of the cryptography, one class for each reaction of the caller.
 */

/**
 * Why a message, key or record was refused; the words are those of docs/protocol.md §8 and of the test vectors.
 * @typedef {"malformed" | "unknown_suite" | "client_id" | "fingerprints" | "same_fingerprints" | "message_type"
 *   | "nonce" | "salt" | "ciphertext" | "not_our_key" | "wrong_people" | "public_key" | "wrong_peer_key" | "own_key"
 *   | "identity" | "padding" | "encoding" | "json" | "unknown_version" | "type" | "people" | "browser" | "counter" | "previous"
 *   | "received" | "sent_at" | "content_salt" | "tag" | "reply" | "replaces" | "expires" | "else" | "self_tag"
 *   | "body" | "not_canonical" | "typing"} ProtocolErrorReason
 */

/**
 * Why a vault, way back, list of browsers or invitation was refused; the words are those of docs/protocol.md §18.
 * @typedef {"private_key" | "box" | "ways" | "vault" | "vault_key" | "vault_size" | "vault_signature" | "generation"
 *   | "browsers" | "invitation" | "stream"} VaultErrorReason
 */

/** Why a file was refused; the words are those of docs/protocol.md §19. @typedef {"file_size" | "file_hash" | "commitment"} FileErrorReason */

/**
 * A value breaks a rule of docs/protocol.md. Trying again does not help. For `unknown_suite` and `unknown_version` a newer
 * version of VibeChat may help.
 */
export class ProtocolError extends Error {
  /** @param {ProtocolErrorReason | VaultErrorReason | FileErrorReason} reason a stable code; it contains nothing of the message */
  constructor(reason) {
    super(`not made as the protocol says: ${reason}`);
    this.name = "ProtocolError";
    this.reason = reason;
  }
}

/** A tag or signature does not match. The error does not say which check failed, so it is no oracle. */
export class DecryptionError extends Error {
  constructor() {
    super("could not be opened");
    this.name = "DecryptionError";
  }
}

/** The server or a message names another key for a person than the one that this browser has accepted. The user decides. */
export class KeyChangedError extends Error {
  /**
   * @param {string} email whose key it is
   * @param {string} knownFingerprint 64 lower-case hexadecimal digits: the key accepted so far
   * @param {string} newFingerprint 64 lower-case hexadecimal digits: the key that the server names now
   */
  constructor(email, knownFingerprint, newFingerprint) {
    super("the key has changed");
    this.name = "KeyChangedError";
    this.email = email;
    this.knownFingerprint = knownFingerprint;
    this.newFingerprint = newFingerprint;
  }
}
