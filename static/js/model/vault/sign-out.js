/**
 * Signs out another browser of the person's (docs/protocol.md §16). The vault key is renewed. Whoever has the browser may have
 * its keys, too: then the account's key and identity are replaced, in steps of which each can follow a crash.
 */
import { toBase64 } from "../../lib/bytes.js";
import { Refusal } from "../server/model-errors.js";
import { withPresent } from "./own-secrets.js";
import { mergedContent, presentKey } from "./vault-content.js";

/** @import { Snapshot } from "./snapshot.js" */
/** @import { WayRecord } from "./vault-content.js" */

export class SignOut {
  #keeper;
  #knowledge;
  #accountKey;
  #streams;

  /**
   * @param {{ keeper: import("./keeper.js").Keeper, knowledge: import("./knowledge.js").Knowledge, accountKey: AccountKey,
   *   streams: import("./streams.js").Streams }} parts
   */
  constructor({ keeper, knowledge, accountKey, streams }) {
    this.#keeper = keeper;
    this.#knowledge = knowledge;
    this.#accountKey = accountKey;
    this.#streams = streams;
  }

  /**
   * @param {string} id of the browser
   * @param {boolean} isStolen
   * @throws {Refusal} `proof_needed`, `key_not_here`
   */
  async run(id, isStolen) {
    const identity = this.#accountKey.current?.identity;
    if (!identity) {
      throw new Refusal("key_not_here");
    }
    await this.#streams.leaves(id).catch(() => {});
    const next = isStolen ? await this.#accountKey.next() : null;
    await this.#keeper.write(async (before) => {
      const { content, list, generation } = /** @type {Snapshot} */ (before);
      const merged = await mergedContent(content, await this.#knowledge.known(next));
      const { way, ...left } = merged.browsers[id] ?? {};
      const ways = merged.ways.filter((/** @type {WayRecord} */ one) => one.id !== way);
      const browsers = { ...merged.browsers, [id]: { ...left, left_at: Date.now() } };
      return {
        content: { ...merged, ways, browsers, ...(isStolen ? { theft: generation + 1 } : {}) },
        renews: true,
        list: { browsers: list.browsers.filter((one) => one.id !== id), identityPrivateKey: identity.privateKey, after: list.version },
      };
    });
    await this.finish();
    // Its streams can be signed anew also later.
    await this.#streams.left().catch(() => {});
  }

  /**
   * Replaces the account's key by the one that the vault names for it, if there is one: uploads it, then signs the list of
   * browsers with its identity. Another browser, or this one before a crash, may have done a part of it.
   * @throws {Refusal} `key_changed`: the account has a key that the vault does not name; the person decides which one stays
   */
  async finish() {
    const { next, former } = await this.#replacement();
    if (!next) {
      return;
    }
    if (next.isNext) {
      await this.#accountKey.replaceBy(next, former?.fingerprint);
    }
    const publicKey = toBase64(next.publicKeyBytes);
    await this.#keeper.write(async (before) => {
      const { content, list } = /** @type {Snapshot} */ (before);
      if (presentKey(content).publicKey === publicKey) {
        return null;
      }
      const { privateKey } = /** @type {NonNullable<KeyRow["identity"]>} */ (next.identity);
      const signed = { browsers: list.browsers, identityPrivateKey: privateKey, after: list.version };
      return { content: { ...content, keys: withPresent(content.keys, publicKey) }, list: signed };
    });
  }

  /** @returns {Promise<{ next?: KeyRow, former?: KeyRow }>} the key that stands behind the present one in the vault, and that one */
  async #replacement() {
    const { content } = (await this.#keeper.read()) ?? {};
    const last = content?.keys.at(-1);
    const find = (/** @type {string} */ key) => this.#accountKey.pairs.find((row) => toBase64(row.publicKeyBytes) === key);
    return last && !last.present ? { next: find(last.public), former: find(presentKey(content).publicKey) } : {};
  }
}
