/**
 * What the vault does for a person: keeps ways back, brings keys and pins into another browser, and keeps the browsers of one
 * person equal. It is loaded on demand (`account-vault.js`).
 */
import { wayOf } from "../../crypto/ways.js";
import { fromBase64, fromHex, toHex } from "../../lib/bytes.js";
import { VaultApi } from "../../net/vault-api.js";
import { readIfFound, Refusal } from "../server/model-errors.js";
import { readOwnBrowsers } from "../server/vault-responses.js";
import { listPasskeys, removePasskey } from "../session/passkeys.js";
import { Archive } from "./archive.js";
import { browserName } from "./browser-name.js";
import { draftCode, seedOfCode } from "./code-draft.js";
import { invite, redeem } from "./invitations.js";
import { Keeper } from "./keeper.js";
import { Knowledge } from "./knowledge.js";
import { withBrowser } from "./new-browser.js";
import { SignOut } from "./sign-out.js";
import { checkAgainstPin, checkFollows, openSnapshot } from "./snapshot.js";
import { States } from "./states.js";
import { Streams } from "./streams.js";
import { emptyContent, mergedContent, wayRecord } from "./vault-content.js";
import { VaultPins } from "./vault-pin.js";
import { stateOf } from "./vault-state.js";
import { VaultSync } from "./vault-sync.js";

/** @import { View } from "./account-vault.js" */
/** @import { Snapshot } from "./snapshot.js" */
/** @import { Draft } from "./keeper.js" */
/** @import { WayRecord } from "./vault-content.js" */
/** @import { CodeDraft } from "./code-draft.js" */

export class VaultRoom {
  #parts;
  #api;
  #archive;
  #keeper;
  #knowledge;
  #pins;
  #signOut;
  #states;
  #vaultSync;
  /** @type {(view: Partial<View>) => void} */
  #tell;
  /** @type {import("./invitations.js").Invitation | null} */
  #invitation = null;
  /** whether the streams were looked at since the page was opened */
  #hasLooked = false;

  /**
   * @param {VaultParts} parts
   * @param {(view: Partial<View>) => void} tell
   */
  constructor(parts, tell) {
    this.#parts = parts;
    this.#tell = tell;
    this.#api = new VaultApi(parts.api);
    this.#knowledge = new Knowledge(parts);
    const owner = { email: parts.user.email, accountId: String(parts.user.id) };
    this.#pins = new VaultPins(parts);
    const [api, pins, knowledge] = [this.#api, this.#pins, this.#knowledge];
    this.#keeper = new Keeper({ api, pins, browser: parts.cipher.browser, owner });
    this.streams = new Streams({ parts, pins, refresh: () => this.#vaultSync.sync() });
    this.streams.on("changed", () => tell({ streamProblem: this.streams.problem }));
    this.#states = new States(parts, this.streams);
    this.#archive = new Archive({ parts, pins, streams: this.streams, tell: (archiveProblem) => tell({ archiveProblem }) });
    this.#signOut = new SignOut({ keeper: this.#keeper, knowledge, accountKey: parts.accountKey, streams: this.streams });
    const finish = () => this.#signOut.finish();
    this.#vaultSync = new VaultSync({ parts, api, pins, keeper: this.#keeper, knowledge, finish, tell: (view) => this.#told(view) });
  }

  /** @param {{ finishes?: boolean }} [how] */
  async sync(how) {
    this.#hasLooked = true;
    await this.#vaultSync.sync(how);
    await this.#look();
  }

  /** Looks at what the other browsers have told. */
  async #look() {
    await this.streams.look();
    await this.#states.run();
  }

  /** @param {Partial<View>} view */
  #told(view) {
    this.#tell(view);
    if (view.state === "kept" && !this.#hasLooked) {
      this.#hasLooked = true;
      this.#look().catch(() => {});
    }
  }

  writeNews() {
    return this.#vaultSync.writeNews();
  }

  /** @param {{ takesIn?: boolean }} [how] */
  archive(how) {
    return this.#archive.run(how);
  }

  /** @param {any} push */
  async noticed(push) {
    if (push.type === "invitation_changed") {
      this.#invitation?.noticed(push.route);
    } else if (push.type === "stream_changed") {
      await this.streams.noticed(push);
    } else {
      await this.#vaultSync.noticed(push);
    }
  }

  show() {
    return this.#vaultSync.show();
  }

  async load() {
    await this.#vaultSync.load();
    await this.#look();
  }

  /** @param {string} id */
  dismissNews(id) {
    return this.#vaultSync.dismissNews(id);
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
    return this.#vaultSync.alone(async () => {
      const seed = await this.#seedOf(code);
      await this.#keepWay(seed, { kind: "code", name: "" }, ({ kind }) => kind === "code");
    });
  }

  /**
   * @param {{ kind: "passkey", seed: Bytes, name: string, passkeyId: string }} way passkeyId: the server's
   */
  addWay({ kind, seed, name, passkeyId }) {
    return this.#vaultSync.alone(() => this.#keepWay(seed, { kind, name, passkey: passkeyId }, () => false));
  }

  /**
   * @param {Bytes} seed
   * @param {{ kind: string, name: string, passkey?: string }} what
   * @param {(way: WayRecord) => boolean} isReplaced whether the new way takes its place
   */
  async #keepWay(seed, what, isReplaced) {
    const way = await wayOf(seed, this.#parts.user.email);
    await this.#replaceOldKey();
    await this.#keeper.write(async (before) => {
      const { content, ...draft } = await this.#beginning(before);
      const others = content.ways.filter((/** @type {WayRecord} */ one) => one.id !== way.id && !isReplaced(one));
      // Whoever has the former way must not open what follows.
      const renews = before !== null && others.length < content.ways.length;
      const since = (before?.generation ?? 0) + Number(renews || before === null);
      content.ways = [...others, wayRecord(way, { ...what, since })];
      return { ...draft, content, renews };
    });
    await this.#vaultSync.kept();
  }

  /**
   * Keys of an older version of the page cannot be taken out, so another one takes their place. Before, all is asked for which
   * the way could be refused afterwards.
   * @throws {Refusal} `key_not_here`, `key_changed`, `proof_needed`, `vault_locked`
   */
  async #replaceOldKey() {
    const { accountKey } = this.#parts;
    const current = this.#requireKey();
    if (!current.secrets) {
      await this.#vaultSync.requireProof();
      await this.#requireUnlocked();
      await accountKey.replaceBy(await accountKey.next(), current.fingerprint);
    }
  }

  /**
   * @returns {KeyRow} the account's key
   * @throws {Refusal} `key_not_here`
   */
  #requireKey() {
    const { current } = this.#parts.accountKey;
    if (!current) {
      throw new Refusal("key_not_here");
    }
    return current;
  }

  /** @throws {Refusal} `vault_locked`: there is a vault, and this browser is not in */
  async #requireUnlocked() {
    if (!(await this.#pins.read()) && (await this.#keeper.served())) {
      this.#tell({ state: "locked" });
      throw new Refusal("vault_locked");
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
    await this.#requireUnlocked();
    const { accountKey } = this.#parts;
    const { bytes } = readOwnBrowsers(await this.#api.browsers());
    const content = await mergedContent(emptyContent(), await this.#knowledge.known());
    const identity = /** @type {any} */ (accountKey.current?.identity);
    // The list of an earlier vault stays at the server when the vault is given up.
    const list = { version: bytes ? versionOf(bytes) : 0, browsers: [] };
    return this.#vaultSync.withThis({ content, since: 1, list }, identity.privateKey);
  }

  /**
   * Opens the vault with the code, to show that it works.
   * @param {string} text
   * @throws {Refusal} as `unlockByCode` does
   */
  tryCode(text) {
    return this.#vaultSync.alone(async () => {
      await this.#keeper.write(async (opened) => ({ content: /** @type {Snapshot} */ (opened).content }), () => this.#openedByCode(text));
      await this.#vaultSync.kept();
    });
  }

  /**
   * Deletes the vault at the server, and forgets what was pinned of it. This browser has the keys, so that a new vault can hold them.
   * @throws {Refusal} `key_not_here`, `proof_needed`
   */
  giveUp() {
    return this.#vaultSync.alone(async () => {
      this.#requireKey();
      await this.#vaultSync.requireProof();
      await readIfFound(this.#api.deleteVault(), () => null);
      await this.#pins.forget({ content: true });
      this.#tell({ state: "none", problem: null, ways: [], browsers: [], news: [] });
      this.#parts.tabs.tell("vault");
    });
  }

  /** @param {string} id of a way */
  removeWay(id) {
    return this.#vaultSync.alone(async () => {
      await this.#keeper.write(async (before) => {
        const { content } = await this.#beginning(before);
        return { content: { ...content, ways: content.ways.filter((/** @type {WayRecord} */ way) => way.id !== id) }, renews: true };
      });
      await this.#vaultSync.kept();
    });
  }

  /** @param {{ passkeyId: string | null }[]} ways the vault's */
  async logInPasskeys(ways) {
    const opening = new Set(ways.map(({ passkeyId }) => passkeyId));
    return (await listPasskeys(this.#parts.api)).filter(({ credentialId }) => !opening.has(credentialId));
  }

  /**
   * @param {string} credentialId
   * @param {{ passkeyId: string | null }[]} ways the vault's
   */
  removePasskey(credentialId, ways) {
    const kept = ways.flatMap(({ passkeyId }) => passkeyId ?? []);
    return removePasskey(this.#parts.api, { credentialId, accountId: this.#parts.user.id, kept });
  }

  // --- other browsers ---

  async invite() {
    this.#requireKey();
    return this.#running(invite(this.#invitationParts()));
  }

  /** @param {string} code of the other browser's invitation */
  unlockByInvitation(code) {
    return this.#running(redeem(code, this.#invitationParts()));
  }

  /** @param {Promise<import("./invitations.js").Invitation>} starting */
  async #running(starting) {
    this.#invitation = await starting;
    return this.#invitation;
  }

  /** @returns {import("./invitations.js").InvitationParts} */
  #invitationParts() {
    const { cipher, user } = this.#parts;
    return {
      api: this.#api,
      email: user.email,
      accountId: String(user.id),
      newcomer: async () => {
        const { seed, signature } = await this.#keeper.place();
        const browser = { id: cipher.browser, signatureKeyBytes: signature.publicKeyBytes, name: browserName() };
        return { browser, way: await wayOf(seed, user.email) };
      },
      add: (browser, way) => this.#vaultSync.alone(() => this.#add(browser, way)),
      join: ({ vaultKey, version, generation, list, hash }) => {
        const pin = { version, generation, hash: toHex(hash), listVersion: versionOf(list), wrote: [], problem: null };
        return this.#unlock((isAnew) => this.#keeper.read({ vaultKey, pin, content: null }, { isAnew }));
      },
    };
  }

  /**
   * @param {import("../../crypto/browser-invitation.js").NewBrowser} browser
   * @param {import("../../crypto/ways.js").Way} way
   */
  async #add({ id, signatureKeyBytes, name }, way) {
    const identity = /** @type {NonNullable<KeyRow["identity"]>} */ (this.#requireKey().identity);
    const written = await this.#keeper.write(async (before) => {
      const { list, generation, content } = /** @type {Snapshot} */ (before);
      const merged = await mergedContent(content, await this.#knowledge.known());
      return withBrowser({ content: merged, since: generation, list }, { id, signatureKeyBytes, name, way }, identity.privateKey);
    });
    await this.#vaultSync.kept();
    const { vaultKey, generation, version, hash, content } = /** @type {Snapshot} */ (written);
    return { vaultKey, generation, version, hash: fromHex(hash), list: fromBase64(content.list) };
  }

  /**
   * @param {string} id
   * @param {{ isStolen?: boolean }} [how] isStolen: its thief has the account's key, so another one takes its place
   */
  signOut(id, { isStolen = false } = {}) {
    return this.#vaultSync.alone(async () => {
      await this.#signOut.run(id, isStolen);
      await this.#vaultSync.kept();
    });
  }

  /**
   * Opens the vault with the code, and makes this browser one of the person's browsers.
   * @param {string} text as typed
   * @throws {Refusal} `code_malformed`, `code_damaged`, `code_unknown`, `proof_needed`, or a problem of the vault
   */
  unlockByCode(text) {
    return this.#unlock(() => this.#openedByCode(text));
  }

  /**
   * @param {Bytes} seed of a passkey
   * @throws {Refusal} `passkey_unknown`: the vault has no such way; or as `unlockByCode`
   */
  unlockBySeed(seed) {
    return this.#unlock(() => this.#openedBy(seed, "passkey_unknown"));
  }

  /** @param {(isRefused: boolean) => Promise<Snapshot | null>} open isRefused: what is pinned here was refused before */
  async #unlock(open) {
    const isAnew = await this.#vaultSync.alone(async () => {
      const isRefused = isRefusedBy(await this.#pins.read());
      await this.#vaultSync.join(() => open(isRefused));
      if (isRefused) {
        await this.#pins.forget({ content: false });
      }
      return isRefused;
    });
    if (isAnew) {
      // They may have been compared meanwhile with what was pinned of the former ones.
      await this.#look().catch(() => {});
    }
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
    const { cipher, user } = this.#parts;
    const [served, known] = [await this.#keeper.served(), await this.#pins.read()];
    // Who types the code of a vault that was refused decides that it is right after all, as in a fresh browser.
    const pinned = isRefusedBy(known) ? null : known;
    if (pinned) {
      checkAgainstPin(served, pinned.pin);
    }
    const vaultKey = served && (await this.#keeper.keyBy(seed, served));
    if (!served || !vaultKey) {
      throw new Refusal(served ? unknown : "vault_missing");
    }
    const snapshot = await openSnapshot(served, { email: user.email, accountId: String(user.id), vaultKey });
    if (pinned) {
      await checkFollows(snapshot, pinned, cipher.browser);
    }
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
 * @param {import("./vault-pin.js").Pinned | null} pinned
 * @returns {boolean} whether the server's vault was refused
 */
function isRefusedBy(pinned) {
  return pinned !== null && stateOf(pinned.pin).state === "refused";
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
