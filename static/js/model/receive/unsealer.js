/** Decrypts one message with the keys that it names. */
import { openMessage, peerFingerprintOf } from "../../crypto/envelope.js";
import { Refusal } from "../server/model-errors.js";

/** @typedef {{ raw: any, peer: string, mine: boolean }} Closed a message from the server, and the peer of its chat */

export class Unsealer {
  #accountKey;
  #peerKeys;
  #listedBrowsers;
  #ownEmail;

  /** @param {{ accountKey: AccountKey, listedBrowsers: ListedBrowsers, peerKeys: PeerKeys, ownEmail: string }} parts */
  constructor({ accountKey, listedBrowsers, peerKeys, ownEmail }) {
    this.#listedBrowsers = listedBrowsers;
    this.#accountKey = accountKey;
    this.#peerKeys = peerKeys;
    this.#ownEmail = ownEmail;
  }

  /**
   * @param {Closed} message
   * @param {import("../../lib/turns.js").Aside} aside runs what waits for the server
   * @returns {Promise<{ content: Content, hash: string, supported: boolean, peerKey: VerifiedKey }>}
   * @throws {Error} explained by unopened.js
   */
  async open({ raw, peer, mine }, aside) {
    const ownFingerprint = mine ? raw.sender_fingerprint : raw.recipient_fingerprint;
    const own = this.#accountKey.pair(ownFingerprint);
    if (!own) {
      this.#accountKey.heardOf(ownFingerprint).catch(() => {});
      if (await aside(() => this.#accountKey.isFormer(ownFingerprint))) {
        throw new Refusal(this.#accountKey.wasHere(ownFingerprint) ? "own_forgotten_key" : "own_other_key");
      }
    }
    const peerFingerprint = await peerFingerprintOf(raw, own?.fingerprint ?? "");
    const peerKey = this.#peerKeys.known(peer, peerFingerprint)
      ?? (await aside(() => this.#peerKeys.named(peer, peerFingerprint)));
    const ownKeyPair = /** @type {KeyRow} */ (own);
    const opened = await openMessage({
      ownKeyPair,
      ownFingerprint: ownKeyPair.fingerprint,
      ownEmail: this.#ownEmail,
      peerEmail: peer,
      message: raw,
      peerPublicKeyBytes: peerKey.publicKeyBytes,
    });
    const { browser } = opened.content;
    if (!mine && this.#listedBrowsers.isUnknown(peer, peerKey.fingerprint, browser)) {
      // Without a list, or an answer, the message is marked.
      await aside(() => this.#listedBrowsers.learn(peer).catch(() => {}));
    }
    await this.#peerKeys.opened(peer, peerKey, { mine, browser });
    return { ...opened, peerKey };
  }
}
