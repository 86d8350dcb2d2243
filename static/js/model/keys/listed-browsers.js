/**
 * The signed lists of other people's browsers (docs/protocol.md §16). A list is asked for when somebody writes in a browser
 * that is not known yet, and with the daily look at their key.
 */
import { CryptoManager } from "../../crypto/crypto.js";
import { fromHex } from "../../lib/bytes.js";
import { Refusal } from "../server/model-errors.js";
import { commonVersions } from "./content-versions.js";
import { findKey } from "./pinning.js";
import { isNoted } from "./second-browsers.js";

const IDS_LIMIT = 200;

export class ListedBrowsers {
  #api;
  #people;

  /** @param {{ api: Api, people: People }} parts */
  constructor({ api, people }) {
    this.#api = api;
    this.#people = people;
  }

  /**
   * @param {string} email
   * @param {string} fingerprint of the key that a message was written with
   * @param {string} browser in which it was written
   * @returns {boolean} whether the list has to be asked for, or the browser counts as a second one
   */
  isUnknown(email, fingerprint, browser) {
    const row = this.#people.get(email);
    const key = findKey(row, fingerprint);
    const isFirst = !key?.browsers?.length && !row?.list;
    return key !== null && !isFirst && !isNoted(key, browser) && !row?.list?.ids.includes(browser);
  }

  /**
   * Asks for the list, and pins it.
   * @param {string} email
   * @throws {Refusal} `list_older`, `list_forked`: what is pinned stays
   * @throws {Error} there is none, it is not signed by the identity that is pinned, or the server does not answer
   */
  async learn(email) {
    const [{ readBrowsers }, { readBrowsersOf }] = await Promise.all([
      import("../../crypto/browser-list.js"),
      import("../server/vault-responses.js"),
    ]);
    const bytes = readBrowsersOf(await this.#api.browsersOf(email), email);
    const row = this.#people.get(email);
    const identity = findKey(row, row?.pinned ?? null)?.identity ?? "";
    const { version, browsers } = await readBrowsers({ identityKeyBytes: fromHex(identity), email, bytes });
    const list = { identity, version, hash: await CryptoManager.sha256Hex(bytes), ids: browsers.map(({ id }) => id), contentVersions: commonVersions(browsers) };
    if (row?.list?.hash !== list.hash || !row.list.contentVersions) {
      await this.#people.update(email, (found) => pinList(found, list));
    }
  }
}

/**
 * @param {PersonRow} row changed
 * @param {import("../../storage/rows.js").PinnedList} list
 */
function pinList(row, list) {
  const { identity, version, hash, ids } = row.list ?? { identity: "", version: 0, hash: "", ids: [] };
  if (identity === list.identity && version >= list.version && hash !== list.hash) {
    throw new Refusal(version === list.version ? "list_forked" : "list_older");
  }
  row.list = { ...list, ids: [...new Set([...list.ids, ...ids])].slice(0, IDS_LIMIT) };
}
