/**
 * What can go wrong in cryptography, as classes by what the caller does about it.
 */

/**
 * Why a message, key or record was refused; the words are those of docs/protocol.md §8 and of the test vectors.
 * @typedef {"malformed" | "unknown_suite" | "client_id" | "fingerprints" | "same_fingerprints" | "message_type"
 *   | "nonce" | "salt" | "ciphertext" | "not_our_key" | "wrong_people" | "public_key" | "wrong_peer_key" | "own_key"
 *   | "identity" | "padding" | "encoding" | "json" | "unknown_version" | "type" | "people" | "browser" | "counter" | "previous"
 *   | "received" | "sent_at" | "self_tag" | "body" | "not_canonical"} ProtocolErrorReason
 */

/**
 * Something is not made as docs/protocol.md says. Trying again cannot help; for `unknown_suite` and `unknown_version`
 * a newer version of VibeChat may.
 */
export class ProtocolError extends Error {
  /** @param {ProtocolErrorReason} reason a stable word; it holds nothing of the message */
  constructor(reason) {
    super(`not made as the protocol says: ${reason}`);
    this.name = "ProtocolError";
    this.reason = reason;
  }
}

/** The cryptography says no. It never says which check failed, so that nobody can learn from asking again. */
export class DecryptionError extends Error {
  constructor() {
    super("could not be opened");
    this.name = "DecryptionError";
  }
}

/** The server names another key for a person than the one that this browser has accepted. The person decides. */
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
