/**
 * What the vault does for a person: keeps ways back, brings keys and pins into another browser, and keeps the browsers of one
 * person equal. It is loaded on demand (`account-vault.js`).
 */
import { readBrowsers } from "../../crypto/browser-list.js";
import { wayOf } from "../../crypto/ways.js";
import { equal, fromBase64, toBase64 } from "../../lib/bytes.js";
import { SerialQueue } from "../../lib/timing.js";
import { VaultApi } from "../../net/vault-api.js";
import { get } from "../../storage/queries.js";
import { Refusal } from "../server/model-errors.js";
import { readOwnBrowsers } from "../server/vault-responses.js";
import { browserName } from "./browser-name.js";
import { draftCode, seedOfCode } from "./code-draft.js";
import { Keeper } from "./keeper.js";
import { Knowledge } from "./knowledge.js";
import { importKeys, withPresent } from "./own-secrets.js";
import { SignOut } from "./sign-out.js";
import { openSnapshot } from "./snapshot.js";
import { emptyContent, mergedContent, presentKey, wayRecord } from "./vault-content.js";
import { VaultPins } from "./vault-pin.js";
import { viewOf } from "./vault-view.js";

/** @import { View } from "./account-vault.js" */
/** @import { Snapshot } from "./snapshot.js" */
/** @import { Draft } from "./keeper.js" */
/** @import { WayRecord } from "./vault-content.js" */

/** @import { CodeDraft } from "./code-draft.js" */

const CONTENT_VERSIONS = [1];
const DISMISSED = "dismissed browsers";

export class VaultRoom {
  #parts;
  #pins;
  #api;
  #keeper;
  #knowledge;
  #signOut;
  #turns = new SerialQueue();
  /** @type {(view: Partial<View>) => void} */
  #tell;
  /** @type {Map<string, number>} when the server has seen each browser last */
  #lastSeen = new Map();

  /**
   * @param {VaultParts} parts
   * @param {(view: Partial<View>) => void} tell
   */
  constructor(parts, tell) {
    this.#parts = parts;
    this.#tell = tell;
    this.#api = new VaultApi(parts.api);
    this.#pins = new VaultPins(parts);
    this.#knowledge = new Knowledge(parts);
    const owner = { email: parts.user.email, accountId: String(parts.user.id) };
    this.#keeper = new Keeper({ api: this.#api, pins: this.#pins, browser: parts.cipher.browser, owner });
    this.#signOut = new SignOut({ keeper: this.#keeper, knowledge: this.#knowledge, accountKey: parts.accountKey });
  }

  /**
   * One tab at a time reads and writes.
   * @template Result
   * @param {() => Promise<Result>} work
   * @returns {Promise<Result>}
   */
  #alone(work) {
    const { locks, user } = this.#parts;
    const { signal } = new AbortController();
    return this.#turns.run(() => locks.request(`vibechat vault ${user.email}`, { signal }, work));
  }

  /**
   * Reads the vault, merges it with what this browser knows, and writes what is new. Shows what it has found.
   * @param {{ finishes?: boolean }} [how] finishes: also replaces the account's key, if that was begun
   */
  sync({ finishes = false } = {}) {
    return this.#alone(async () => {
      try {
        await this.#sync();
        if (finishes) {
          await this.#signOut.finish();
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
      await this.#join(() => this.#keeper.read());
      return;
    }
    await this.#knowledge.takeOver(snapshot);
    await this.#keeper.write((present) => this.#news(/** @type {Snapshot} */ (present)));
    await this.#kept();
  }

  /** Writes what this browser knows, if the vault does not have it yet. */
  async writeNews() {
    const pinned = await this.#pins.read();
    if (pinned && !pinned.pin.problem && (await this.#news(pinned))) {
      await this.sync();
    }
  }

  /** @param {{ type: string, version: unknown }} push */
  async noticed({ type, version }) {
    const pin = (await this.#pins.read())?.pin;
    await (version === (type === "browsers_changed" ? pin?.listVersion : pin?.version) || this.sync());
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
      await this.#refuse(code);
    } else if (code !== "proof_needed") {
      throw error;
    }
  }

  /** @param {string} problem */
  async #refuse(problem) {
    await this.#pins.change({ problem });
    this.#tell({ state: "refused", problem });
  }

  /** This browser has no way into the vault any more. Only the account's identity can say that it was signed out. */
  async #lockedOut() {
    const pinned = /** @type {import("./vault-pin.js").Pinned} */ (await this.#pins.read());
    const list = await this.#servedList(pinned.content).catch(() => null);
    if (list && list.version > pinned.pin.listVersion && !list.browsers.some(({ id }) => id === this.#parts.cipher.browser)) {
      this.#parts.onSignedOut();
    } else {
      await this.#refuse("vault_foreign");
    }
  }

  /** @param {any} content */
  async #servedList(content) {
    const { bytes } = readOwnBrowsers(await this.#api.browsers());
    const { identityKeyBytes } = presentKey(content);
    return bytes && readBrowsers({ identityKeyBytes, email: this.#parts.user.email, bytes });
  }

  /**
   * @param {{ content: any }} snapshot
   * @returns {Promise<Draft | null>} what this browser knows and the vault does not
   */
  async #news({ content }) {
    const merged = await mergedContent(content, await this.#knowledge.known());
    return JSON.stringify(merged) === JSON.stringify(content) ? null : { content: merged };
  }

  /** The pinned vault has changed: all tabs show it. */
  async #kept() {
    this.#parts.session.mayBeSignedOut = false;
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
    await this.#kept();
  }

  /** Asks the server for the vault, and when the browsers were seen last. */
  async load() {
    await this.sync({ finishes: true });
    const pinned = await this.#pins.read();
    if (pinned && !pinned.pin.problem) {
      await this.#alone(() => this.#compareLists());
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

  // --- ways back ---

  draftCode() {
    return draftCode();
  }

  /**
   * Makes the code a way back, in place of the former code. The first way makes the vault.
   * @param {CodeDraft} draft
   */
  keepCode({ code }) {
    return this.#alone(async () => {
      const seed = await this.#seedOf(code);
      await this.#keepWay(seed, { kind: "code", name: "" }, ({ kind }) => kind === "code");
    });
  }

  /**
   * @param {{ kind: "passkey", seed: Bytes, name: string, passkeyId: string }} way passkeyId: the server's
   */
  addWay({ kind, seed, name, passkeyId }) {
    return this.#alone(() => this.#keepWay(seed, { kind, name, passkey: passkeyId }, () => false));
  }

  /**
   * @param {Bytes} seed
   * @param {{ kind: string, name: string, passkey?: string }} what
   * @param {(way: WayRecord) => boolean} isReplaced whether the new way takes its place
   */
  async #keepWay(seed, what, isReplaced) {
    const way = await wayOf(seed, this.#parts.user.email);
    await this.#replaceOldKey();
    const written = await this.#keeper.write(async (before) => {
      const { content, ...draft } = await this.#beginning(before);
      const others = content.ways.filter((/** @type {WayRecord} */ one) => one.id !== way.id && !isReplaced(one));
      // Whoever has the former way must not open what follows.
      const renews = before !== null && others.length < content.ways.length;
      const since = (before?.generation ?? 0) + Number(renews || before === null);
      content.ways = [...others, wayRecord(way, { ...what, since })];
      return { ...draft, content, renews };
    });
    await this.#written(written);
  }

  /**
   * Keys of an older version of the page cannot be taken out, so another one takes their place.
   * @throws {Refusal} `key_not_here`, `key_changed`
   */
  async #replaceOldKey() {
    const { accountKey } = this.#parts;
    if (!accountKey.current) {
      throw new Refusal("key_not_here");
    }
    if (!accountKey.current.secrets) {
      await accountKey.replaceBy(await accountKey.next());
    }
  }

  /**
   * @param {Snapshot | null} before
   * @returns {Promise<Draft>} what this browser writes besides its change
   */
  async #beginning(before) {
    if (before) {
      return { content: await mergedContent(before.content, await this.#knowledge.known()) };
    }
    if (await this.#keeper.served()) {
      this.#tell({ state: "locked" });
      throw new Refusal("vault_locked");
    }
    const { accountKey } = this.#parts;
    const { bytes } = readOwnBrowsers(await this.#api.browsers());
    const content = await mergedContent(emptyContent(), await this.#knowledge.known());
    const identity = /** @type {any} */ (accountKey.current?.identity);
    // The list of an earlier vault stays at the server when the vault is given up.
    const list = { version: bytes ? versionOf(bytes) : 0, browsers: [] };
    return this.#withThis({ content, since: 1, list }, identity.privateKey);
  }

  /**
   * @param {{ content: any, since: number, list: Snapshot["list"] }} given list: the one before
   * @param {CryptoKey} identityPrivateKey
   * @returns {Promise<Draft>} with this browser in the list and among the ways
   */
  async #withThis({ content, since, list }, identityPrivateKey) {
    const { cipher, user } = this.#parts;
    const { seed, signature } = await this.#keeper.place();
    const [id, way, name] = [cipher.browser, await wayOf(seed, user.email), browserName()];
    const added = { id, signatureKeyBytes: signature.publicKeyBytes, addedAt: Math.floor(Date.now() / 1000), contentVersions: CONTENT_VERSIONS };
    content.browsers = { ...content.browsers, [id]: { name, wrote: null, way: way.id } };
    content.ways = [...content.ways.filter((/** @type {WayRecord} */ one) => one.id !== way.id), wayRecord(way, { kind: "browser", name, since })];
    const browsers = [...list.browsers.filter((one) => one.id !== id), added];
    return { content, list: { browsers, identityPrivateKey, after: list.version } };
  }

  /** @param {Snapshot | null} written */
  async #written(written) {
    await this.#knowledge.takeOver(/** @type {Snapshot} */ (written));
    await this.#kept();
    this.#api.bindSession(this.#parts.cipher.browser).catch(() => {});
  }

  /**
   * Opens the vault with the code, to show that it works.
   * @param {string} text
   * @throws {Refusal} as `unlockByCode` does
   */
  tryCode(text) {
    return this.#alone(async () => {
      await this.#openedByCode(text);
      const { id } = await wayOf(await this.#seedOf(text), this.#parts.user.email);
      await this.#keeper.write(async (present) => ({ content: used(/** @type {Snapshot} */ (present).content, id) }));
      await this.#kept();
    });
  }

  /** @param {string} id of a way */
  removeWay(id) {
    return this.#alone(async () => {
      await this.#keeper.write(async (before) => {
        const { content } = await this.#beginning(before);
        return { content: { ...content, ways: content.ways.filter((/** @type {WayRecord} */ way) => way.id !== id) }, renews: true };
      });
      await this.#kept();
    });
  }

  // --- other browsers ---

  /**
   * @param {string} id
   * @param {{ isStolen?: boolean }} [how] isStolen: its thief has the account's key, so another one takes its place
   */
  signOut(id, { isStolen = false } = {}) {
    return this.#alone(async () => {
      await this.#signOut.run(id, isStolen);
      await this.#kept();
    });
  }

  /**
   * Opens the vault with the code, and makes this browser one of the person's browsers.
   * @param {string} text as typed
   * @throws {Refusal} `code_malformed`, `code_damaged`, `code_unknown`, `proof_needed`, or a problem of the vault
   */
  unlockByCode(text) {
    return this.#alone(() => this.#join(() => this.#openedByCode(text)));
  }

  /**
   * @param {Bytes} seed of a passkey
   * @throws {Refusal} `passkey_unknown`: the vault has no such way; or as `unlockByCode`
   */
  unlockBySeed(seed) {
    return this.#alone(() => this.#join(() => this.#openedBy(seed, "passkey_unknown")));
  }

  /** @param {() => Promise<Snapshot | null>} open opens the newest version; its content says which way was used */
  async #join(open) {
    const { accountKey, cipher, storageLoss, user } = this.#parts;
    const written = await this.#keeper.write(async (before) => {
      const { content, list, generation } = /** @type {Snapshot} */ (before);
      if (list.browsers.some(({ id }) => id === cipher.browser)) {
        return null;
      }
      const made = accountKey.current;
      const merged = await mergedContent(content, await this.#knowledge.known());
      // A key that was made here to start without old messages is the account's by now.
      const publicKey = made?.secrets ? toBase64(made.publicKeyBytes) : presentKey(content).publicKey;
      const keys = withPresent(merged.keys, publicKey);
      const [own] = await importKeys(cipher, user.email, keys.filter((key) => key.present));
      const identityPrivateKey = /** @type {any} */ (own.identity).privateKey;
      return this.#withThis({ content: { ...merged, keys }, since: generation, list }, identityPrivateKey);
    }, open);
    await this.#written(written);
    await storageLoss.recover();
  }

  /** @param {string} text */
  async #openedByCode(text) {
    return this.#openedBy(await this.#seedOf(text), "code_unknown");
  }

  /**
   * @param {Bytes} seed
   * @param {string} unknown the code of the refusal if the vault has no such way
   * @returns {Promise<Snapshot>} its content says that the way was used now
   */
  async #openedBy(seed, unknown) {
    const { user } = this.#parts;
    const served = await this.#keeper.served();
    const vaultKey = served && (await this.#keeper.keyBy(seed, served));
    if (!served || !vaultKey) {
      throw new Refusal(served ? unknown : "vault_missing");
    }
    const snapshot = await openSnapshot(served, { email: user.email, accountId: String(user.id), vaultKey });
    const { id } = await wayOf(seed, user.email);
    return { ...snapshot, content: used(snapshot.content, id) };
  }

  /** @param {string} text */
  #seedOf(text) {
    return seedOfCode(text, this.#parts.user.email);
  }

  /** @param {string} password */
  prove(password) {
    return this.#api.prove(password);
  }
}

/**
 * @param {Bytes} list signed
 * @returns {number} its version
 */
function versionOf(list) {
  return new DataView(list.buffer, list.byteOffset).getUint32(0);
}

/**
 * @param {any} content
 * @param {string} wayId
 * @returns {any} the content with the way used now
 */
function used(content, wayId) {
  const ways = content.ways.map((/** @type {WayRecord} */ way) => (way.id === wayId ? { ...way, used_at: Date.now() } : way));
  return { ...content, ways };
}
