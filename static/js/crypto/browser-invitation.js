/**
 * Another browser by invitation (docs/protocol.md §17): a browser that is in makes it, the new one redeems it. Both commit to
 * one-time keys before they show six digits, so that whoever stands between them has one guess.
 */
import { concat, equal, fromHex, lengthPrefixed, toBase64, toHex, utf8Decode, utf8Encode } from "../lib/bytes.js";
import { DecryptionError, ProtocolError } from "./crypto-errors.js";
import { CryptoManager } from "./crypto.js";
import { isEd25519Key } from "./ed25519.js";
import { bytesOf, check, commitment, inForm, isHex, MAC_LENGTH, partsOf, textOf } from "./invitation-messages.js";
import { POINT_LENGTH, isSameKey } from "./public-key.js";

export { makeInvitation, readInvitation } from "./invitation-messages.js";

/** @typedef {import("./invitation-messages.js").Step} Step */
/** @typedef {{ privateKey: CryptoKey, publicKeyBytes: Bytes, nonce: Bytes }} OneTime */
/**
 * @typedef {object} Secret
 * @property {string} symbols the 12 symbols that `readInvitation` gives
 * @property {string} email one's own, normalised
 * @property {string} accountId the server's id of the account, in decimal
 * @property {OneTime} [oneTime] only for test vectors
 */
/** @typedef {{ id: string, signatureKeyBytes: Bytes, name: string }} NewBrowser the name has at most 100 bytes of UTF-8 */
/**
 * @typedef {object} Grant
 * @property {Bytes} vaultKey 32 bytes
 * @property {number} generation
 * @property {number} version of the vault in which the new browser stands
 * @property {Bytes} hash 32 bytes: its vault hash
 * @property {Bytes} list the signed list of browsers
 */

const ROUTE_LENGTH = 16;
const NONCE_LENGTH = 32;
const GCM_NONCE_LENGTH = 12;
const KEY_LENGTH = 32;
const EMPTY = new Uint8Array(0);
const LABEL = utf8Encode("VibeChat invitation");
const DIGITS_LABEL = utf8Encode("VibeChat digits");

/** What both sides do: the secret, the messages that went through, and what follows from them. */
class Side {
  /** @param {Secret} secret */
  constructor({ symbols, email, accountId, oneTime }) {
    this.account = [utf8Encode(email), utf8Encode(accountId)];
    this.ready = this.#prepare(symbols, email, oneTime);
    /** @type {Map<Step, Bytes>} the messages as they were relayed */
    this.messages = new Map();
    /** @type {Map<Step, Bytes>} the first bytes that came for a step, right or wrong */
    this.first = new Map();
    /** @type {Bytes | null} the other's one-time public key */
    this.peer = null;
  }

  /**
   * @param {string} symbols
   * @param {string} email
   * @param {OneTime} [oneTime]
   * @returns {Promise<{ route: Bytes, macKey: Bytes, oneTime: OneTime }>}
   */
  async #prepare(symbols, email, oneTime) {
    const info = lengthPrefixed(LABEL, utf8Encode(email));
    const both = await CryptoManager.hkdf(utf8Encode(symbols), EMPTY, info, ROUTE_LENGTH + KEY_LENGTH);
    const { privateKey, publicKeyBytes } = oneTime ?? (await CryptoManager.generateKeyPair());
    const nonce = oneTime?.nonce ?? CryptoManager.randomBytes(NONCE_LENGTH);
    const own = { privateKey, publicKeyBytes, nonce };
    return { route: both.slice(0, ROUTE_LENGTH), macKey: both.slice(ROUTE_LENGTH), oneTime: own };
  }

  /** @returns {Promise<string>} 32 lower-case hexadecimal digits, by which the server relays */
  async route() {
    return toHex((await this.ready).route);
  }

  /** @returns {Promise<string>} six digits, which a person compares on both screens; known after the reveal */
  async digits() {
    const { shared, transcript } = await this.#agreed();
    const bytes = await CryptoManager.hkdf(shared, transcript, DIGITS_LABEL, 4);
    return String(new DataView(bytes.buffer).getUint32(0) % 1_000_000).padStart(6, "0");
  }

  /**
   * @param {Step} step
   * @param {Bytes[]} parts
   * @returns {Promise<Bytes>} the message
   */
  async make(step, ...parts) {
    const { macKey } = await this.ready;
    const message = concat(lengthPrefixed(...parts), await CryptoManager.hmac(macKey, await this.#covered(step, parts)));
    this.messages.set(step, message);
    return message;
  }

  /**
   * @param {Step} step
   * @param {Step | null} after that has to have gone through
   * @param {Bytes} message
   * @returns {Promise<Bytes[]>} its parts, in form
   * @throws {ProtocolError} `invitation`
   */
  async take(step, after, message) {
    check(after === null || this.messages.has(after));
    const first = this.first.get(step) ?? message;
    this.first.set(step, first); // before any pause, so that of two at once one is refused
    check(equal(first, message));
    const parts = partsOf(step, message);
    const { macKey } = await this.ready;
    check(await CryptoManager.hmacVerify(macKey, await this.#covered(step, parts), message.slice(-MAC_LENGTH)));
    return parts;
  }

  /**
   * @param {"details" | "grant"} step
   * @param {unknown} value
   * @returns {Promise<Bytes>} the message
   */
  async seal(step, value) {
    const nonce = CryptoManager.randomBytes(GCM_NONCE_LENGTH);
    const { key, aad } = await this.#sealing(step);
    const ciphertext = await CryptoManager.aesGcmSeal(key, nonce, aad, utf8Encode(JSON.stringify(value)));
    return this.make(step, concat(nonce, ciphertext));
  }

  /**
   * @param {"details" | "grant"} step
   * @param {Step} after
   * @param {Bytes} message
   * @returns {Promise<any>} the value
   * @throws {ProtocolError} `invitation`
   */
  async open(step, after, message) {
    const [sealed] = await this.take(step, after, message);
    const { key, aad } = await this.#sealing(step);
    const [nonce, ciphertext] = [sealed.slice(0, GCM_NONCE_LENGTH), sealed.slice(GCM_NONCE_LENGTH)];
    try {
      return JSON.parse(utf8Decode(await CryptoManager.aesGcmOpen(key, nonce, aad, ciphertext)));
    } catch (error) {
      throw isOutOfForm(error) ? new ProtocolError("invitation") : error;
    }
  }

  /**
   * @param {Bytes} publicKeyBytes the other's one-time key
   * @returns {Promise<void>}
   * @throws {ProtocolError} `invitation`: it is out of form, or one's own
   */
  async meet(publicKeyBytes) {
    const { oneTime } = await this.ready;
    try {
      await CryptoManager.importPublicKey(publicKeyBytes);
    } catch (error) {
      throw error instanceof ProtocolError ? new ProtocolError("invitation") : error;
    }
    check(!isSameKey(publicKeyBytes, oneTime.publicKeyBytes));
    this.peer = publicKeyBytes;
  }

  /**
   * @param {Step} step
   * @param {Bytes[]} parts
   * @returns {Promise<Bytes>} what the MAC covers
   */
  async #covered(step, parts) {
    return lengthPrefixed(LABEL, utf8Encode(step), (await this.ready).route, ...parts);
  }

  /** @returns {Promise<{ shared: Bytes, transcript: Bytes }>} */
  async #agreed() {
    const through = ["offer", "answer", "reveal"].map((step) => this.messages.get(/** @type {Step} */ (step)));
    check(this.peer !== null && through.every((message) => message !== undefined));
    const { oneTime } = await this.ready;
    const peer = await CryptoManager.importPublicKey(/** @type {Bytes} */ (this.peer));
    const shared = await CryptoManager.deriveSharedSecret(oneTime.privateKey, peer);
    const bytes = lengthPrefixed(LABEL, ...this.account, .../** @type {Bytes[]} */ (through));
    return { shared, transcript: await CryptoManager.sha256(bytes) };
  }

  /**
   * @param {"details" | "grant"} step
   * @returns {Promise<{ key: CryptoKey, aad: Bytes }>}
   */
  async #sealing(step) {
    const { shared, transcript } = await this.#agreed();
    const key = await CryptoManager.hkdf(shared, transcript, utf8Encode(`VibeChat ${step}`), KEY_LENGTH);
    const aad = lengthPrefixed(LABEL, utf8Encode(step), (await this.ready).route);
    return { key: await CryptoManager.importAesKey(key), aad };
  }
}

/** The browser that is in, and has made the invitation. Messages of the other side throw a ProtocolError `invitation`. */
export class Inviter {
  #side;

  /** @param {Secret} secret */
  constructor(secret) {
    this.#side = new Side(secret);
  }

  /** @returns {Promise<string>} 32 lower-case hexadecimal digits */
  route() {
    return this.#side.route();
  }

  /** @returns {Promise<Bytes>} the offer */
  async offer() {
    return this.#side.make("offer", await commitment((await this.#side.ready).oneTime));
  }

  /**
   * @param {Bytes} answer
   * @returns {Promise<{ reveal: Bytes, digits: string, browser: NewBrowser }>}
   */
  async takeAnswer(answer) {
    const [publicKeyBytes, , id, signatureKeyBytes, nameBytes] = await this.#side.take("answer", "offer", answer);
    check(isEd25519Key(signatureKeyBytes));
    const name = textOf(nameBytes);
    await this.#side.meet(publicKeyBytes);
    this.#side.messages.set("answer", answer);
    const { oneTime } = await this.#side.ready;
    const reveal = await this.#side.make("reveal", oneTime.publicKeyBytes, oneTime.nonce);
    return { reveal, digits: await this.#side.digits(), browser: { id: toHex(id), signatureKeyBytes, name } };
  }

  /**
   * @param {Bytes} details
   * @returns {Promise<import("./ways.js").Way>} the way of the new browser
   */
  async takeDetails(details) {
    const { id, public: point, psk } = (await this.#side.open("details", "reveal", details)) ?? {};
    check(isHex(id, 32));
    const way = { id, publicBytes: bytesOf(point, POINT_LENGTH), psk: bytesOf(psk, KEY_LENGTH) };
    this.#side.messages.set("details", details);
    return way;
  }

  /**
   * Only after the person has compared the digits and said yes, and vault and list hold the new browser.
   * @param {Grant} grant
   * @returns {Promise<Bytes>} the grant
   */
  async grant({ vaultKey, generation, version, hash, list }) {
    check(this.#side.messages.has("details"));
    const value = { vault_key: toBase64(vaultKey), generation, version, hash: toHex(hash), list: toBase64(list) };
    return this.#side.seal("grant", value);
  }
}

/** The new browser. Messages of the other side throw a ProtocolError `invitation`. */
export class Joiner {
  #side;

  /** @param {Secret} secret */
  constructor(secret) {
    this.#side = new Side(secret);
  }

  /** @returns {Promise<string>} 32 lower-case hexadecimal digits */
  route() {
    return this.#side.route();
  }

  /**
   * @param {Bytes} offer
   * @param {NewBrowser} browser this one
   * @returns {Promise<Bytes>} the answer
   */
  async takeOffer(offer, { id, signatureKeyBytes, name }) {
    await this.#side.take("offer", null, offer);
    this.#side.messages.set("offer", offer);
    const { oneTime } = await this.#side.ready;
    const parts = [oneTime.publicKeyBytes, oneTime.nonce, fromHex(id), signatureKeyBytes, utf8Encode(name)];
    check(inForm("answer", parts));
    return this.#side.make("answer", ...parts);
  }

  /**
   * @param {Bytes} reveal
   * @returns {Promise<string>} six digits
   */
  async takeReveal(reveal) {
    const [publicKeyBytes, nonce] = await this.#side.take("reveal", "answer", reveal);
    const offer = /** @type {Bytes} */ (this.#side.messages.get("offer"));
    const [commit] = partsOf("offer", offer);
    check(equal(commit, await commitment({ publicKeyBytes, nonce })));
    await this.#side.meet(publicKeyBytes);
    this.#side.messages.set("reveal", reveal);
    return this.#side.digits();
  }

  /**
   * @param {import("./ways.js").Way} way of this browser
   * @returns {Promise<Bytes>} the details
   */
  async details({ id, publicBytes, psk }) {
    return this.#side.seal("details", { id, public: toBase64(publicBytes), psk: toBase64(psk) });
  }

  /**
   * @param {Bytes} message
   * @returns {Promise<Grant>} to be pinned; only a vault in which this browser stands may be taken
   */
  async takeGrant(message) {
    const { vault_key, generation, version, hash, list } = (await this.#side.open("grant", "details", message)) ?? {};
    check([generation, version].every((number) => Number.isInteger(number) && number >= 1 && number <= 0xffffffff));
    check(isHex(hash, 64));
    const vaultKey = bytesOf(vault_key, KEY_LENGTH);
    return { vaultKey, generation, version, hash: fromHex(hash), list: bytesOf(list) };
  }
}

/**
 * @param {unknown} error
 * @returns {boolean} what is sealed does not open, or is no JSON
 */
function isOutOfForm(error) {
  return error instanceof DecryptionError || error instanceof SyntaxError || error instanceof TypeError;
}
