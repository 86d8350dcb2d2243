/** A person with their own client, which can seal any content, in any order and with any counters. */
import { randomBytes, randomUUID } from "node:crypto";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import { openMessage, sealMessage } from "../../../static/js/crypto/envelope.js";
import { signStatement } from "../../../static/js/crypto/identity.js";
import { decodeReceipt, encodeReceipt } from "../../../static/js/crypto/plaintext.js";
import { fromBase64, toBase64 } from "../../../static/js/lib/bytes.js";
import { register } from "../../../static/js/model/session/sign-in.js";
import { keyObject } from "./memory-server.js";
import { Browser, until } from "./world.js";

export class OwnClient {
  browser = randomBytes(16).toString("hex");
  #receipts = 0;

  /** Registers an account with a signed key and without a page. */
  static async join({ server }, name) {
    const client = new this();
    client.server = server;
    client.email = `${name}@example.org`;
    await register(new Browser().newSession(), { email: client.email, password: "a long enough password", displayName: name });
    client.pair = await CryptoManager.generateKeyPair();
    const identity = await CryptoManager.generateIdentityKeyPair();
    const { publicKeyBytes } = client.pair;
    const statement = await signStatement({ identityPrivateKey: identity.privateKey, email: client.email, publicKeyBytes, version: 1 });
    const signed = { identity_key: toBase64(identity.publicKeyBytes), identity_signature: toBase64(statement) };
    server.user(client.email).keys = [keyObject(client.email, toBase64(publicKeyBytes), signed)];
    return client;
  }

  /** Seals a content: that of a text, with the given members replaced. */
  async seal(person, { messageType, clientId = randomUUID(), ...members }) {
    const key = this.server.user(person.email).keys.at(-1);
    const content = {
      type: "text", browser: this.browser, counter: 1, previous: null, received: [], sent_at: Date.now(), body: "", ...members,
    };
    content.previous ??= content.counter === 1 ? null : "0".repeat(64);
    const { envelope, hash } = await sealMessage({
      ownKeyPair: this.pair,
      ownFingerprint: this.pair.fingerprint,
      peerPublicKeyBytes: fromBase64(key.public_key),
      peerFingerprint: key.fingerprint,
      senderEmail: this.email,
      recipientEmail: person.email,
      clientId,
      content,
    });
    return { message: { sender_email: this.email, ...envelope }, hash, counter: content.counter };
  }

  /** Seals and delivers. */
  async write(person, members) {
    const sealed = await this.seal(person, members);
    this.server.plant(person.email, sealed.message);
    return sealed;
  }

  /** Sends several texts; each names the one before. */
  async writeAll(person, bodies) {
    const written = [];
    for (const [index, body] of bodies.entries()) {
      written.push(await this.write(person, { counter: index + 1, previous: written.at(-1)?.hash ?? null, body }));
    }
    return written;
  }

  /** Sends a receipt. */
  async acknowledge(person, seen, head = null) {
    this.#receipts += 1;
    const body = encodeReceipt({ head, seen });
    return this.write(person, { type: "receipt", counter: this.#receipts, body });
  }

  async open(person, message) {
    const key = this.server.user(person.email).keys.at(-1);
    return openMessage({
      ownKeyPair: this.pair,
      ownFingerprint: this.pair.fingerprint,
      ownEmail: this.email,
      peerEmail: person.email,
      message,
      peerPublicKeyBytes: fromBase64(key.public_key),
    });
  }

  /** The last receipt from that person, decrypted. */
  async lastReceipt(person) {
    const mine = ({ message_type: type, sender_email: sender }) => type === "receipt" && sender === person.email;
    const last = this.server.messages.filter(mine).at(-1);
    return last ? decodeReceipt((await this.open(person, last)).content.body) : null;
  }

  /** Waits for a receipt for which the condition holds. */
  async receipt(person, holds) {
    for (let found; ; ) {
      const count = this.server.messages.length;
      found = await this.lastReceipt(person);
      if (found && holds(found)) {
        return found;
      }
      await until(() => this.server.messages.length !== count, () => `a receipt; the last says ${JSON.stringify(found)}`);
    }
  }
}
