/** Keeps, tries, renews and removes the person's ways back: recovery code and passkeys. */
import { wayOf } from "../../crypto/ways.js";
import { readIfFound, Refusal } from "../server/model-errors.js";
import { readOwnBrowsers } from "../server/vault-responses.js";
import { listPasskeys, removePasskey } from "../session/passkeys.js";
import { draftCode, seedOfCode } from "./code-draft.js";
import { emptyContent, mergedContent, wayRecord } from "./vault-content.js";

/** @import { RoomParts } from "./vault-room.js" */
/** @import { Snapshot } from "./snapshot.js" */
/** @import { Draft } from "./keeper.js" */
/** @import { WayRecord } from "./vault-content.js" */
/** @import { CodeDraft } from "./code-draft.js" */

export class WaysBack {
  #room;
  #unlocking;

  /** @param {RoomParts & { unlocking: import("./unlocking.js").Unlocking }} room */
  constructor({ unlocking, ...room }) {
    this.#room = room;
    this.#unlocking = unlocking;
  }

  draftCode() {
    return draftCode();
  }

  /**
   * Makes the code a way back, in place of the former code. The first way makes the vault.
   * @param {CodeDraft} draft
   */
  keepCode({ code }) {
    return this.#room.vaultSync.alone(async () => {
      const seed = await seedOfCode(code, this.#room.parts.user.email);
      await this.#keepWay(seed, { kind: "code", name: "" }, ({ kind }) => kind === "code");
    });
  }

  /**
   * @param {{ kind: "passkey", seed: Bytes, name: string, passkeyId: string }} way passkeyId: the server's
   */
  add({ kind, seed, name, passkeyId }) {
    return this.#room.vaultSync.alone(() => this.#keepWay(seed, { kind, name, passkey: passkeyId }, () => false));
  }

  /**
   * @param {Bytes} seed
   * @param {{ kind: string, name: string, passkey?: string }} what
   * @param {(way: WayRecord) => boolean} isReplaced whether the new way takes its place
   */
  async #keepWay(seed, what, isReplaced) {
    const way = await wayOf(seed, this.#room.parts.user.email);
    await this.#replaceOldKey();
    await this.#room.keeper.write(async (before) => {
      const { content, ...draft } = await this.#beginning(before);
      const others = content.ways.filter((/** @type {WayRecord} */ one) => one.id !== way.id && !isReplaced(one));
      // Whoever has the former way must not open what follows.
      const renews = before !== null && others.length < content.ways.length;
      const since = (before?.generation ?? 0) + Number(renews || before === null);
      content.ways = [...others, wayRecord(way, { ...what, since })];
      return { ...draft, content, renews };
    });
    await this.#room.vaultSync.kept();
  }

  /**
   * Keys of an older version of the page cannot be taken out, so another one takes their place. Before, all is asked for which
   * the way could be refused afterwards.
   * @throws {Refusal} `key_not_here`, `key_changed`, `proof_needed`, `vault_locked`
   */
  async #replaceOldKey() {
    const { accountKey } = this.#room.parts;
    const current = keyHere(this.#room.parts.accountKey);
    if (!current.secrets) {
      await this.#room.vaultSync.requireProof();
      await this.#requireUnlocked();
      await accountKey.replaceBy(await accountKey.next(), current.fingerprint);
    }
  }

  /** @throws {Refusal} `vault_locked`: there is a vault, and this browser is not in */
  async #requireUnlocked() {
    if (!(await this.#room.pins.read()) && (await this.#room.keeper.served())) {
      this.#room.tell({ state: "locked" });
      throw new Refusal("vault_locked");
    }
  }

  /**
   * @param {Snapshot | null} before
   * @returns {Promise<Draft>} what this browser writes besides its change
   */
  async #beginning(before) {
    if (before) {
      return { content: await mergedContent(before.content, await this.#room.knowledge.known()) };
    }
    await this.#requireUnlocked();
    const { accountKey } = this.#room.parts;
    const { bytes } = readOwnBrowsers(await this.#room.api.browsers());
    const content = await mergedContent(emptyContent(), await this.#room.knowledge.known());
    const identity = /** @type {any} */ (accountKey.current?.identity);
    // The list of an earlier vault stays at the server when the vault is given up.
    const list = { version: bytes ? listVersionOf(bytes) : 0, browsers: [] };
    return this.#room.vaultSync.withThis({ content, since: 1, list }, identity.privateKey);
  }

  /**
   * Opens the vault with the code, to show that it works.
   * @param {string} text
   * @throws {Refusal} as `Unlocking.byCode` does
   */
  tryCode(text) {
    return this.#room.vaultSync.alone(async () => {
      await this.#room.keeper.write(async (opened) => ({ content: /** @type {Snapshot} */ (opened).content }), () => this.#unlocking.openedByCode(text));
      await this.#room.vaultSync.kept();
    });
  }

  /**
   * Deletes the vault at the server, and forgets what was pinned of it. This browser has the keys, so that a new vault can hold them.
   * @throws {Refusal} `key_not_here`, `proof_needed`
   */
  giveUp() {
    return this.#room.vaultSync.alone(async () => {
      keyHere(this.#room.parts.accountKey);
      await this.#room.vaultSync.requireProof();
      await readIfFound(this.#room.api.deleteVault(), () => null);
      await this.#room.pins.forget({ content: true });
      this.#room.tell({ state: "none", problem: null, ways: [], browsers: [], news: [] });
      this.#room.parts.tabs.tell("vault");
    });
  }

  /** @param {string} id of a way */
  remove(id) {
    return this.#room.vaultSync.alone(async () => {
      await this.#room.keeper.write(async (before) => {
        const { content } = await this.#beginning(before);
        return { content: { ...content, ways: content.ways.filter((/** @type {WayRecord} */ way) => way.id !== id) }, renews: true };
      });
      await this.#room.vaultSync.kept();
    });
  }

  /** @param {{ passkeyId: string | null }[]} ways the vault's */
  async logInPasskeys(ways) {
    const opening = new Set(ways.map(({ passkeyId }) => passkeyId));
    return (await listPasskeys(this.#room.parts.api)).filter(({ credentialId }) => !opening.has(credentialId));
  }

  /**
   * @param {string} credentialId
   * @param {{ passkeyId: string | null }[]} ways the vault's
   */
  removePasskey(credentialId, ways) {
    const kept = ways.flatMap(({ passkeyId }) => passkeyId ?? []);
    return removePasskey(this.#room.parts.api, { credentialId, accountId: this.#room.parts.user.id, kept });
  }
}

/**
 * @param {AccountKey} accountKey
 * @returns {KeyRow} the account's key
 * @throws {Refusal} `key_not_here`
 */
export function keyHere({ current }) {
  if (!current) {
    throw new Refusal("key_not_here");
  }
  return current;
}

/**
 * @param {Bytes} list signed
 * @returns {number} its version
 */
export function listVersionOf(list) {
  return new DataView(list.buffer, list.byteOffset).getUint32(0);
}
