/**
 * Reads and writes the vault. Each version is verified and pinned; each write goes on the version before, and is repeated on
 * the new one if another browser has written meanwhile.
 */
import { signBrowsers } from "../../crypto/browser-list.js";
import { CryptoManager } from "../../crypto/crypto.js";
import { sealVault, signVaultWrite } from "../../crypto/vault.js";
import { openBox, randomKey, sealToWay, wayOf } from "../../crypto/ways.js";
import { fromBase64, fromHex, toBase64, toHex } from "../../lib/bytes.js";
import { ApiError } from "../../net/net-errors.js";
import { asProofRefusal, readIfFound, Refusal } from "../server/model-errors.js";
import { readVault } from "../server/vault-responses.js";
import { checkAgainstPin, checkFollows, isSame, lastWritten, openSnapshot, refusing } from "./snapshot.js";

/** @import { ListedBrowser } from "../../crypto/browser-list.js" */
/** @import { ServedVault } from "../server/vault-responses.js" */
/** @import { Owner, Snapshot } from "./snapshot.js" */
/** @import { Pinned, Written } from "./vault-pin.js" */

/** @typedef {{ browsers: ListedBrowser[], identityPrivateKey: CryptoKey, after: number }} NewList after: the version before it */
/**
 * What a write changes.
 * @typedef {object} Draft
 * @property {any} content
 * @property {boolean} [renews] the vault key: whoever knew the old one cannot open what follows
 * @property {NewList} [list] of browsers
 */

const ATTEMPTS_LIMIT = 8;
const WROTE_LIMIT = 8;
const RETRIED = ["vault_changed", "list_changed"];
const NONE = "0".repeat(64);

export class Keeper {
  #parts;
  /** @type {Owner} */
  #owner;

  /** @param {{ api: import("../../net/vault-api.js").VaultApi, pins: import("./vault-pin.js").VaultPins, browser: string, owner: Owner }} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#owner = parts.owner;
  }

  /** @returns {Promise<ServedVault | null>} null: there is none */
  served() {
    return readIfFound(this.#parts.api.vault(), readVault);
  }

  /**
   * Reads the vault as a browser that is in.
   * @param {Pinned | null} [granted] what the browser that has let this one in has told it
   * @param {{ isAnew?: boolean }} [how] isAnew: what this browser has pinned does not count, since the person has decided so
   * @returns {Promise<Snapshot | null>} null: there is none, or this browser is not in
   * @throws {Refusal} what the server has is refused; `locked_out`: this browser has no way any more
   */
  async read(granted = null, { isAnew = false } = {}) {
    const pinned = isAnew ? null : await this.#parts.pins.read();
    const served = await this.served();
    const known = [granted, pinned].flatMap((one) => one ?? []);
    known.forEach(({ pin }) => checkAgainstPin(served, pin));
    if (served === null) {
      return null;
    }
    const vaultKey = await this.#ownKey(served, granted ?? pinned);
    return vaultKey && this.#verified(served, vaultKey, known);
  }

  /**
   * @param {ServedVault} served
   * @param {Pinned | null} pinned
   * @returns {Promise<Bytes | null>}
   */
  async #ownKey(served, pinned) {
    if (served.generation === pinned?.pin.generation) {
      return pinned.vaultKey;
    }
    const place = await this.#parts.pins.place();
    const vaultKey = place && (await this.keyBy(place.seed, served));
    if (pinned && !vaultKey) {
      throw new Refusal("locked_out");
    }
    return vaultKey;
  }

  /**
   * @param {Bytes} seed of a way
   * @param {ServedVault} served
   * @returns {Promise<Bytes | null>} the vault key; null: the server has no such way
   * @throws {Refusal} `vault_damaged`, `vault_newer`
   */
  async keyBy(seed, { ways, generation }) {
    const { id } = await wayOf(seed, this.#owner.email);
    const way = ways.find((one) => one.id === id);
    return way ? refusing(() => openBox({ seed, box: way.box, generation, ...this.#owner })) : null;
  }

  /**
   * @param {ServedVault} served
   * @param {Bytes} vaultKey
   * @param {Pinned[]} known
   * @returns {Promise<Snapshot>} pinned
   */
  async #verified(served, vaultKey, known) {
    const { browser } = this.#parts;
    const snapshot = await openSnapshot(served, { ...this.#owner, vaultKey });
    for (const pinned of known) {
      await checkFollows(snapshot, pinned, browser);
    }
    if (snapshot.list.browsers.some(({ id }) => id === browser)) {
      await this.pin(snapshot, known.at(-1)?.pin.wrote);
    }
    return snapshot;
  }

  /**
   * @param {Snapshot} snapshot verified
   * @param {(Written | null)[]} [wrote]
   */
  pin(snapshot, wrote = []) {
    const { browser, pins } = this.#parts;
    return pins.write(pinnedAs(snapshot, wrote, browser));
  }

  /**
   * Writes the next version.
   * @param {(snapshot: Snapshot | null) => Promise<Draft | null>} change null: there is nothing to write
   * @param {() => Promise<Snapshot | null>} [read] how the present version is opened
   * @returns {Promise<Snapshot | null>} what is in the vault now
   * @throws {Refusal | ApiError | import("../../net/net-errors.js").NetworkError} `proof_needed`
   */
  async write(change, read = () => this.read()) {
    for (let attempt = 1; ; attempt += 1) {
      const before = await read();
      const draft = await change(before);
      if (draft === null) {
        return before;
      }
      try {
        return await this.#put(before, draft);
      } catch (error) {
        if (attempt === ATTEMPTS_LIMIT || !(error instanceof ApiError) || !RETRIED.includes(error.code)) {
          throw asProofRefusal(error);
        }
      }
    }
  }

  /**
   * @param {Snapshot | null} before
   * @param {Draft} draft
   * @returns {Promise<Snapshot>}
   */
  async #put(before, draft) {
    const { api, browser, pins } = this.#parts;
    const { snapshot, body } = await this.#sealed(before, draft);
    const [known = null, ...attempts] = (await pins.read())?.pin.wrote ?? [];
    // Before the call: without an answer it is not known whether the server has it. The last write that is known stays.
    const tried = [known, ...[...attempts, /** @type {Written} */ ([snapshot.version, snapshot.hash])].slice(1 - WROTE_LIMIT)];
    await pins.change({ wrote: tried });
    await api.writeVault(body);
    await pins.write(pinnedAs(snapshot, tried, browser));
    return snapshot;
  }

  /**
   * @param {Snapshot | null} before
   * @param {Draft} draft
   * @returns {Promise<{ snapshot: Snapshot, body: object }>}
   */
  async #sealed(before, { content, renews = false, list }) {
    const { browser, pins } = this.#parts;
    const isRenewed = before === null || renews;
    const { version, generation, vaultKey, ways: boxes, hash: last } = next(before, isRenewed);
    if (before) {
      nameBefore(content, before, isRenewed);
    }
    const listed = list && (await this.#signed(list));
    content.list = listed ? toBase64(listed.bytes) : content.list;
    const ways = await this.#ways(content, boxes, { vaultKey, generation });
    const place = { ...this.#owner, generation, version, browser, previous: fromHex(last), ways };
    const { blob, hash } = await sealVault({ ...place, vaultKey, content });
    const { signature: own } = /** @type {import("./vault-pin.js").OwnPlace} */ (await pins.place());
    const signature = await signVaultWrite({ ...this.#owner, privateKey: own.privateKey, version, hash });
    const snapshot = { version, generation, hash: toHex(hash), browser, ways, vaultKey, content };
    const body = {
      version, generation, browser, hash: toHex(hash), previous: last, blob: toBase64(blob), signature: toBase64(signature),
      ways: ways.map((way) => ({ ...way, box: toBase64(way.box) })),
      ...(listed ? { browsers: content.list } : {}),
    };
    return { body, snapshot: { ...snapshot, list: listed?.list ?? /** @type {Snapshot} */ (before).list } };
  }

  /** @param {NewList} list */
  async #signed({ browsers, identityPrivateKey, after }) {
    const version = after + 1;
    const bytes = await signBrowsers({ identityPrivateKey, email: this.#owner.email, version, browsers });
    return { bytes, list: { version, browsers } };
  }

  /**
   * @param {any} content
   * @param {Snapshot["ways"]} known boxes that stay
   * @param {{ vaultKey: Bytes, generation: number }} sealing
   * @returns {Promise<Snapshot["ways"]>}
   */
  #ways(content, known, sealing) {
    return Promise.all(content.ways.map(async (/** @type {any} */ { id, kind, public: publicHalf, psk }) => {
      const way = { id, publicBytes: fromBase64(publicHalf), psk: fromBase64(psk) };
      return known.find((one) => one.id === id) ?? { id, kind, box: await sealToWay({ way, ...this.#owner, ...sealing }) };
    }));
  }

  /** @returns {Promise<import("./vault-pin.js").OwnPlace>} this browser's way and signature key */
  async place() {
    const { pins } = this.#parts;
    const { secret: _, ...signature } = await CryptoManager.generateIdentityKeyPair();
    return (await pins.place()) ?? pins.keepPlace({ seed: randomKey(), signature });
  }
}

/**
 * @param {Snapshot} snapshot
 * @param {(Written | null)[]} wrote
 * @param {string} browser this browser
 * @returns {Pinned}
 */
function pinnedAs(snapshot, wrote, browser) {
  const last = lastWritten(snapshot, browser);
  const [index, { version, hash, generation, vaultKey, content, list }] = [wrote.findIndex((one) => isSame(one, last)), snapshot];
  const known = index < 0 ? [last] : wrote.slice(index);
  return { vaultKey, content, pin: { version, hash, generation, listVersion: list.version, wrote: known, problem: null } };
}

/**
 * @param {Snapshot | null} before
 * @param {boolean} isRenewed whether the vault key is renewed
 * @returns {Pick<Snapshot, "version" | "generation" | "vaultKey" | "ways" | "hash">} of the next version; ways: whose boxes stay;
 *   hash: of the version before
 */
function next(before, isRenewed) {
  const { version, generation, vaultKey, ways, hash } = before ?? { version: 0, generation: 0, vaultKey: randomKey(), ways: [], hash: NONE };
  const number = { version: version + 1, hash };
  return isRenewed
    ? { ...number, generation: generation + 1, vaultKey: randomKey(), ways: [] }
    : { ...number, generation, vaultKey, ways };
}

/**
 * Notes in the next version who has written the one before, and its vault key if that is renewed.
 * @param {any} content changed
 * @param {Snapshot} before
 * @param {boolean} isRenewed
 */
function nameBefore(content, { version, hash, generation, browser, vaultKey }, isRenewed) {
  const writer = content.browsers[/** @type {string} */ (browser)];
  if (writer) {
    writer.wrote = [version, hash];
  }
  if (isRenewed) {
    content.former = [...(content.former ?? []), { generation, key: toBase64(vaultKey) }];
  }
}
