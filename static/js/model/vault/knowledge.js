/** What this browser knows of keys, people and settings: it goes into the vault, and comes from there. */
import { equal, fromBase64 } from "../../lib/bytes.js";
import { commonVersions } from "../keys/content-versions.js";
import { isPresent } from "../keys/key-state.js";
import { ownProfile, takeOwnProfile } from "../session/own-profile.js";
import { importKeys, ownKeyRecord } from "./own-secrets.js";
import { adoptRecord, readRecord, recordOf } from "./person-record.js";
import { listOf } from "./snapshot.js";
import { mergedContent } from "./vault-content.js";

export class Knowledge {
  #parts;

  /** @param {VaultParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * @param {KeyRow | null} [next] the key that is to replace the present one; others that were made for that and not used are left out
   * @returns {Promise<import("./vault-content.js").Known>} for the vault
   */
  async known(next = null) {
    const { accountKey, cipher, people, preferences } = this.#parts;
    const rows = accountKey.pairs.filter(
      ({ fingerprint, isNext, secrets, signed }) => secrets && signed && (!isNext || fingerprint === next?.fingerprint),
    );
    const keys = await Promise.all(rows.map((row) => ownKeyRecord(cipher, row)));
    const records = people.all().flatMap((row) => {
      const record = row.forgotten ? null : recordOf(row);
      return record ? [[row.email, record]] : [];
    });
    const settings = { read_receipts: preferences.readReceipts, typing: preferences.typing, at_ms: preferences.changedAtMs };
    return { keys, people: Object.fromEntries(records), settings, profile: await ownProfile(this.#parts) };
  }

  /**
   * Takes over into this browser what the vault knows.
   * @param {{ content: any }} snapshot
   */
  async takeOver({ content }) {
    const { accountKey, cipher, people, preferences, user } = this.#parts;
    const { browsers } = await listOf(content, user.email);
    await people.setOwnBrowsers(Object.keys(content.browsers), commonVersions(browsers));
    if (content.keys.some((/** @type {any} */ record) => this.#isNew(record, content))) {
      const rows = await importKeys(cipher, user.email, content.keys);
      const present = /** @type {KeyRow} */ (rows.find((row) => !row.isFormer && !row.isNext));
      await accountKey.install(rows, present.fingerprint);
    }
    const merged = await mergedContent(content, await this.known());
    await this.#adoptPeople(merged.people);
    const { settings, profile } = merged;
    if (profile && JSON.stringify(profile) !== JSON.stringify(await ownProfile(this.#parts))) {
      await takeOwnProfile(this.#parts, profile);
    }
    if (typeof settings?.read_receipts === "boolean" && settings.at_ms > preferences.changedAtMs) {
      const { read_receipts: readReceipts, typing } = settings;
      await preferences.set({ readReceipts, ...(typeof typing === "boolean" ? { typing } : {}) }, settings.at_ms);
    }
  }

  /**
   * @param {import("./own-secrets.js").OwnKeyRecord} record
   * @param {any} content
   * @returns {boolean} whether the key is not here, or is the account's present one only in the vault
   */
  #isNew(record, { keys }) {
    const { current, pairs } = this.#parts.accountKey;
    const find = (/** @type {Bytes} */ bytes) => (/** @type {any} */ one) => equal(bytes, fromBase64(one.public));
    const here = pairs.find(({ publicKeyBytes }) => find(publicKeyBytes)(record));
    // The key is being replaced: this browser uses the next one already.
    const isAhead = current !== null && keys.findIndex(find(current.publicKeyBytes)) > keys.indexOf(record);
    return !here || (record.present && !isPresent(here) && !isAhead);
  }

  /** @param {Record<string, any>} records merged with those of this browser */
  async #adoptPeople(records) {
    const { people, user } = this.#parts;
    let isChanged = false;
    for (const [email, found] of Object.entries(records)) {
      const [record, here] = [await readRecord(found), people.get(email)];
      const isSame = record && here && !here.forgotten && JSON.stringify(recordOf(here)) === JSON.stringify(record);
      if (record && !isSame && email !== user.email) {
        await people.update(email, (row, _others, stores) => adoptRecord(row, record, stores), ["messages"]);
        isChanged = true;
      }
    }
    if (isChanged) {
      this.#parts.onPinsChanged();
    }
  }
}
