/** Keeps this browser and the vault equal: reads and merges it, writes what is new, and says what is refused. */
import { readBrowsers } from "../../crypto/browser-list.js";
import { ProtocolError } from "../../crypto/crypto-errors.js";
import { wayOf } from "../../crypto/ways.js";
import { equal, fromBase64, toBase64 } from "../../lib/bytes.js";
import { SerialQueue } from "../../lib/timing.js";
import { get } from "../../storage/queries.js";
import { readIfFound, Refusal } from "../server/model-errors.js";
import { readServedKey } from "../keys/served-key.js";
import { isProven, readOwnBrowsers } from "../server/vault-responses.js";
import { browserName } from "./browser-name.js";
import { withBrowser } from "./new-browser.js";
import { importKeys, withPresent } from "./own-secrets.js";
import { mergedContent, presentKey } from "./vault-content.js";
import { SIGNED_OUT } from "./vault-state.js";
import { viewOf } from "./vault-view.js";

/** @import { View } from "./account-vault.js" */
/** @import { Draft } from "./keeper.js" */
/** @import { Snapshot } from "./snapshot.js" */

/**
 * @typedef {object} SyncedParts
 * @property {VaultParts} parts of the account
 * @property {import("../../net/vault-api.js").VaultApi} api
 * @property {import("./vault-pin.js").VaultPins} pins
 * @property {import("./keeper.js").Keeper} keeper
 * @property {import("./knowledge.js").Knowledge} knowledge
 * @property {() => Promise<void>} finish goes on with a replacement of the key that was begun
 * @property {(view: Partial<View>) => void} tell
 */

const DISMISSED = "dismissed browsers";

export class VaultSync {
  #parts;
  #api;
  #pins;
  #keeper;
  #knowledge;
  #finish;
  #tell;
  #turns = new SerialQueue();
  #isBound = false;
  /** The hash of the version that was taken over last. */
  #taken = "";
  /** @type {Map<string, number>} when the server has seen each browser last */
  #lastSeen = new Map();

  /** @param {SyncedParts} parts */
  constructor({ parts, api, pins, keeper, knowledge, finish, tell }) {
    this.#parts = parts;
    this.#api = api;
    this.#pins = pins;
    this.#keeper = keeper;
    this.#knowledge = knowledge;
    this.#finish = finish;
    this.#tell = tell;
  }

  /**
   * One tab at a time reads and writes.
   * @template Result
   * @param {() => Promise<Result>} work
   * @returns {Promise<Result>}
   */
  alone(work) {
    const { locks, user } = this.#parts;
    const { signal } = new AbortController();
    return this.#turns.run(() => locks.request(`vibechat vault ${user.email}`, { signal }, work));
  }

  /**
   * Reads the vault, merges it with what this browser knows, and writes what is new. Shows what it has found.
   * @param {{ finishes?: boolean }} [how] finishes: also replaces the account's key, if that was begun
   */
  sync({ finishes = false } = {}) {
    return this.alone(async () => {
      try {
        await this.#sync();
        if (finishes) {
          await this.#finish();
          await this.show();
        }
      } catch (error) {
        await this.#failed(error);
      }
    });
  }

  async #sync() {
    const pinned = await this.#pins.read();
    const snapshot = await this.#keeper.read();
    if (snapshot === null) {
      this.#tell({ state: (await this.#keeper.served()) ? "locked" : "none", problem: null });
      return;
    }
    if (pinned === null) {
      // The page was closed while this browser joined.
      await this.join(() => this.#keeper.read());
      return;
    }
    await this.#takeOver();
    await this.#keeper.write((present) => this.#news(/** @type {Snapshot} */ (present)));
    await this.kept();
  }

  /** Takes over what the pinned version knows. Each write reads the vault anew, and so may pin what another browser has written. */
  async #takeOver() {
    const pinned = await this.#pins.read();
    if (pinned && pinned.pin.hash !== this.#taken) {
      await this.#knowledge.takeOver(pinned);
      this.#taken = pinned.pin.hash;
    }
  }

  /** Writes what this browser knows, if the vault does not have it yet. */
  async writeNews() {
    const pinned = await this.#pins.read();
    if (pinned && !pinned.pin.problem && (await this.#news(pinned))) {
      await this.sync();
    }
  }

  /** @param {{ type: string, version?: unknown }} push */
  async noticed({ type, version }) {
    const pin = (await this.#pins.read())?.pin;
    if (version === (type === "browsers_changed" ? pin?.listVersion : pin?.version) && pin?.hash === this.#taken) {
      this.#parts.session.mayBeSignedOut = false; // This browser has written it.
    } else {
      await this.sync();
    }
  }

  /**
   * @param {unknown} error
   * @throws {unknown} it says nothing about the vault
   */
  async #failed(error) {
    const code = error instanceof Refusal ? error.code : "";
    if (code === "locked_out") {
      await this.#lockedOut();
    } else if (code.startsWith("vault_") || code === "list_outside_vault") {
      await this.#refuse((await this.#isGivenUp()) ? "vault_given_up" : code);
    } else if (code !== "proof_needed" && code !== "key_changed") {
      throw error;
    }
  }

  /** @param {string} problem */
  async #refuse(problem) {
    await this.#pins.change({ problem });
    this.#tell({ state: "refused", problem });
  }

  /** @returns {Promise<boolean>} whether another own browser has given up the vault that this one knows, and made another */
  async #isGivenUp() {
    const pinned = await this.#pins.read();
    return pinned !== null && pinned.pin.problem !== SIGNED_OUT && (await this.#isSignedOut(pinned).catch(() => false));
  }

  /** This browser has no way into the vault any more. Only the account's identity can say that it was signed out. */
  async #lockedOut() {
    const pinned = /** @type {import("./vault-pin.js").Pinned} */ (await this.#pins.read());
    if (pinned.pin.problem === SIGNED_OUT) {
      this.#tell({ state: "locked", problem: null });
    } else if (await this.#isSignedOut(pinned)) {
      await this.#pins.change({ problem: SIGNED_OUT });
      this.#parts.onSignedOut();
    } else {
      await this.#refuse("vault_foreign");
    }
  }

  /**
   * Where this browser was called stolen, another identity has signed the list. A server that makes one up gains nothing by it: it
   * can end the log-in anyway, and what is pinned stays pinned.
   * @param {import("./vault-pin.js").Pinned} pinned
   */
  async #isSignedOut({ pin, content }) {
    const { api, cipher, user } = this.#parts;
    const { bytes } = readOwnBrowsers(await this.#api.browsers());
    const served = await readIfFound(api.ownKey(), (answer) => readServedKey(answer, user.email));
    const read = async (/** @type {Bytes} */ identityKeyBytes) =>
      bytes && readBrowsers({ identityKeyBytes, email: user.email, bytes }).catch(noneIfRefused);
    const lists = await Promise.all([presentKey(content).identityKeyBytes, ...(served?.identityKey ? [served.identityKey] : [])].map(read));
    return lists.some((list) => list && list.version > pin.listVersion && !list.browsers.some(({ id }) => id === cipher.browser));
  }

  /**
   * @param {{ content: any }} snapshot
   * @returns {Promise<Draft | null>} what this browser knows and the vault does not
   */
  async #news({ content }) {
    const merged = await mergedContent(content, await this.#knowledge.known());
    return JSON.stringify(merged) === JSON.stringify(content) ? null : { content: merged };
  }

  /** The pinned vault has changed: this browser knows what it knows, and all tabs show it. */
  async kept() {
    await this.#takeOver();
    this.#parts.session.mayBeSignedOut = false;
    this.#bind();
    await this.show();
    this.#parts.tabs.tell("vault");
  }

  /** Shows the pinned vault. */
  async show() {
    const pinned = await this.#pins.read();
    const dismissed = (await this.#parts.database.read(["state"], (stores) => get(stores("state"), DISMISSED))) ?? [];
    if (pinned) {
      const { cipher, user } = this.#parts;
      this.#tell(await viewOf(pinned, { email: user.email, browser: cipher.browser, lastSeen: this.#lastSeen, dismissed }));
    }
  }

  /** @param {string} id of a browser that another one has added: the person has seen it */
  async dismissNews(id) {
    await this.#parts.database.write(["state"], async (stores) => {
      stores("state").put([...((await get(stores("state"), DISMISSED)) ?? []), id], DISMISSED);
    });
    await this.kept();
  }

  /** Asks the server for the vault, and when the browsers were seen last. */
  async load() {
    await this.sync({ finishes: true });
    const pinned = await this.#pins.read();
    if (pinned && !pinned.pin.problem) {
      await this.alone(() => this.#compareLists());
    }
  }

  /** @throws {Refusal} `list_outside_vault`: somebody who has the identity signed another list than the vault has */
  async #compareLists() {
    const { bytes, lastSeen } = readOwnBrowsers(await this.#api.browsers());
    const pinned = /** @type {import("./vault-pin.js").Pinned} */ (await this.#pins.read());
    const isSame = bytes !== null && equal(bytes, fromBase64(pinned.content.list));
    const newer = isSame ? null : await this.#keeper.read();
    if (newer && (bytes === null || !equal(bytes, fromBase64(newer.content.list)))) {
      await this.#refuse("list_outside_vault");
      return;
    }
    this.#lastSeen = lastSeen;
    await this.show();
  }

  /**
   * Makes this browser one of the person's. The account's key becomes the vault's, unless another was made in this browser to
   * start without old messages.
   * @param {() => Promise<Snapshot | null>} open opens the newest version; its content says which way was used
   */
  async join(open) {
    const { accountKey, cipher, storageLoss, user } = this.#parts;
    await accountKey.ensure();
    await this.#keeper.write(async (before) => {
      const { content, list, generation } = /** @type {Snapshot} */ (before);
      if (await this.#isListed(/** @type {Snapshot} */ (before))) {
        await this.#keeper.pin(/** @type {Snapshot} */ (before));
        return null;
      }
      const made = accountKey.current;
      const merged = await mergedContent(content, await this.#knowledge.known());
      // A key that was made here to start without old messages is the account's by now.
      const publicKey = made?.secrets ? toBase64(made.publicKeyBytes) : presentKey(content).publicKey;
      const keys = withPresent(merged.keys, publicKey);
      const [own] = /** @type {[KeyRow]} */ (await importKeys(cipher, user.email, keys.filter((key) => key.present)));
      if (own.fingerprint !== accountKey.servedFingerprint) {
        await this.#takeBack({ content: { ...merged, keys } });
      }
      const identityPrivateKey = /** @type {any} */ (own.identity).privateKey;
      return this.withThis({ content: { ...merged, keys }, since: generation, list }, identityPrivateKey);
    }, open);
    await this.kept();
    await storageLoss.recover();
  }

  /**
   * @param {Snapshot} opened
   * @returns {Promise<boolean>} whether this browser has joined before, and the answer was lost
   */
  async #isListed({ list, ways }) {
    const { cipher, user } = this.#parts;
    const { seed, signature } = await this.#keeper.place();
    const { id: way } = await wayOf(seed, user.email);
    const listed = list.browsers.find(({ id }) => id === cipher.browser);
    return listed !== undefined && equal(listed.signatureKeyBytes, signature.publicKeyBytes) && ways.some(({ id }) => id === way);
  }

  /**
   * The account's key was replaced outside the vault, by a browser that has started without old messages. Only the identity of
   * the account's key can list this browser.
   * @param {{ content: any }} opened
   */
  async #takeBack(opened) {
    await this.requireProof();
    await this.#knowledge.takeOver(opened);
    await this.#parts.accountKey.takeOver();
  }

  /** @throws {Refusal} `proof_needed`: the password has to be shown again before a change of ways back, browsers or keys */
  async requireProof() {
    if (!isProven(await this.#api.proof())) {
      throw new Refusal("proof_needed");
    }
  }

  /**
   * @param {import("./new-browser.js").Before} given
   * @param {CryptoKey} identityPrivateKey
   * @returns {Promise<Draft>} with this browser in the list and among the ways
   */
  async withThis(given, identityPrivateKey) {
    const { cipher, user } = this.#parts;
    const { seed, signature } = await this.#keeper.place();
    const [way, name] = [await wayOf(seed, user.email), browserName()];
    return withBrowser(given, { id: cipher.browser, signatureKeyBytes: signature.publicKeyBytes, name, way }, identityPrivateKey);
  }

  /** Each log-in is bound to this browser, so that it ends when the browser is signed out. */
  #bind() {
    if (!this.#isBound) {
      this.#isBound = true;
      this.#api.bindSession(this.#parts.cipher.browser).catch(() => (this.#isBound = false));
    }
  }
}

/**
 * @param {unknown} error
 * @returns {null}
 * @throws {unknown} it says nothing about the list
 */
function noneIfRefused(error) {
  if (error instanceof ProtocolError) {
    return null;
  }
  throw error;
}
