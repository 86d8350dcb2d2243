/**
 * The people that this browser knows: their names and keys. They are stored in the database and cached in memory; all tabs
 * have the same.
 *
 * Event: `changed` {email}.
 */
import { Emitter } from "../../lib/emitter.js";
import { all, get } from "../../storage/queries.js";
import { nicknameRecord } from "../../storage/chat-ids.js";
import { contentVersion } from "./content-versions.js";
import { shownName } from "./names.js";
import { SimilarNames } from "./similar-names.js";
import { UNSIGNED } from "./served-key.js";

const OWN_BROWSERS = "own browsers";
const OWN_VERSIONS = "own content versions";

/**
 * @template Value
 * @typedef {import("../../lib/later.js").Setting<Value>} Setting
 */

export class People extends Emitter {
  #cipher;
  #database;
  #tabs;
  /** @type {Map<string, PersonRow>} */
  #rows = new Map();
  /** @type {Map<string, Setting<string>>} by email: the user's own names for people */
  #nicknames = new Map();
  #similarNames = new SimilarNames();
  /** @type {Set<string>} */
  #ownBrowsers = new Set();
  /** @type {number[] | undefined} undefined: this browser is the only one */
  #ownVersions;

  /** @param {{ cipher: StorageCipher, database: Database, tabs: Tabs }} parts */
  constructor({ cipher, database, tabs }) {
    super();
    this.#cipher = cipher;
    this.#database = database;
    this.#tabs = tabs;
    tabs.on("person", ({ email }) => this.#reload(email).catch(() => {}));
  }

  async load() {
    const [rows, ownBrowsers, ownVersions] = await this.#database.read(["people", "state"], (stores) =>
      Promise.all([all(stores("people")), ...[OWN_BROWSERS, OWN_VERSIONS].map((key) => get(stores("state"), key))]));
    this.#ownVersions = ownVersions;
    this.#ownBrowsers = new Set(ownBrowsers);
    await Promise.all(rows.map((row) => this.#openNickname(row)));
    this.#rows = new Map(rows.map((row) => [row.email, whole(row)]));
    this.#rows.forEach((row) => this.#compareName(row));
  }

  /**
   * @param {string | undefined} browser
   * @returns {boolean} whether it is, or was, one of the user's browsers
   */
  isOwnBrowser(browser = "") {
    return this.#ownBrowsers.has(browser);
  }

  /**
   * @param {string[]} browsers all that have stood in the account's list
   * @param {number[]} contentVersions those that all browsers of the list read
   */
  async setOwnBrowsers(browsers, contentVersions) {
    const isOther = String(contentVersions) !== String(this.#ownVersions);
    if (isOther || browsers.some((browser) => !this.isOwnBrowser(browser))) {
      await this.#database.write(["state"], async (stores) => {
        stores("state").put(browsers, OWN_BROWSERS);
        stores("state").put(contentVersions, OWN_VERSIONS);
      });
      this.#ownBrowsers = new Set(browsers);
      this.#ownVersions = contentVersions;
      this.#rows.forEach(({ email }) => this.emit("changed", { email }));
    }
  }

  /**
   * @param {string} email
   * @returns {number} the version in which contents are written to that person
   */
  contentVersion(email) {
    return contentVersion(this.get(email), this.#ownVersions);
  }

  /** @returns {PersonRow[]} */
  all() {
    return [...this.#rows.values()];
  }

  /**
   * @param {string} email
   * @returns {PersonRow | null}
   */
  get(email) {
    return this.#rows.get(email) ?? null;
  }

  /**
   * @param {string} email
   * @returns {string} the name to show
   */
  nameOf(email) {
    return shownName(this.#nicknames.get(email)?.value || this.displayName(email), email);
  }

  /**
   * @param {string} email
   * @returns {string} the name that the person has chosen
   */
  displayName(email) {
    return shownName(this.#rows.get(email)?.displayName ?? "", email);
  }

  /**
   * @param {string} email
   * @returns {Setting<string> | undefined} the user's own name for the person; "" for none any more
   */
  nickname(email) {
    return this.#nicknames.get(email);
  }

  /**
   * @param {string} email
   * @returns {string} the name for warnings: a nickname stands beside the email, which alone identifies the person
   */
  fullName(email) {
    return this.#nicknames.get(email)?.value ? `${this.nameOf(email)} (${email})` : this.nameOf(email);
  }

  /** @param {{ email: string, nickname?: PersonRow["nickname"] }} row */
  async #openNickname({ email, nickname }) {
    const known = this.#nicknames.get(email);
    if (nickname && (nickname.at !== known?.at || nickname.by !== known.by)) {
      const value = nickname.value && (await this.#cipher.open(nicknameRecord(email), nickname.value).catch(() => ""));
      this.#nicknames.set(email, { ...nickname, value: value ?? "" });
    }
  }

  /** @param {PersonRow} row */
  #compareName(row) {
    this.#similarNames.set(row, this.#nicknames.get(row.email)?.value);
  }

  /**
   * @param {string} email
   * @returns {boolean} whether others have a similar name, so that the email must be shown too
   */
  isAmbiguous(email) {
    const name = this.nameOf(email);
    return name !== email && this.#similarNames.isAmbiguous(email, name);
  }

  /**
   * @param {string} email
   * @returns {string} the name to show where the email is not on the screen
   */
  labelOf(email) {
    return this.isAmbiguous(email) ? `${this.nameOf(email)} (${email})` : this.nameOf(email);
  }

  /**
   * @param {string} email
   * @returns {string} the name of the writer for a screen reader, which calls one's own messages "You"
   */
  speakerOf(email) {
    const name = this.nameOf(email);
    return this.#similarNames.isOneself(name) ? `${name} (${email})` : name;
  }

  /**
   * @param {string} email
   * @returns {{ key: string, atMs: number, before: string, after: string }[]} the changes of the name
   */
  renamings(email) {
    const changes = this.#rows.get(email)?.renamings ?? [];
    return changes.map(({ before, after, ...change }) =>
      ({ ...change, before: shownName(before, email), after: shownName(after, email) }));
  }

  /**
   * Takes over what a person says of themselves in a message.
   * @param {string} email of its writer
   * @param {StoredContent} content checked
   */
  async hear(email, content) {
    if (content.type === "profile" && content.v === 2) {
      const { takeProfile } = await import("./profiles.js");
      await takeProfile({ cipher: this.#cipher, people: this }, email, content);
    }
  }

  /**
   * @param {string} email
   * @returns {string} "" for no picture; another one for another picture
   */
  pictureId(email) {
    const { profile } = this.#rows.get(email) ?? {};
    return profile?.hasPicture ? profile.hash : "";
  }

  /**
   * @param {string} email
   * @param {string} displayName
   * @returns {boolean} whether the person is called otherwise here, by the server's word
   */
  isOtherName(email, displayName) {
    const row = this.#rows.get(email);
    return !row?.profile && row?.displayName !== displayName;
  }

  /** @param {(name: string) => string[]} keysOf gives keys that names which look alike share */
  compareBy(keysOf) {
    this.#similarNames.compareBy(keysOf);
    this.#rows.forEach(({ email }) => this.isAmbiguous(email) && this.emit("changed", { email }));
  }

  /**
   * @param {string} email
   * @param {(row: PersonRow, others: PersonRow[], stores: Stores) => void | Promise<void>} change if it throws, nothing is
   *   stored
   * @param {import("../../storage/database.js").StoreName[]} [names] of other stores that it changes
   * @returns {Promise<PersonRow>}
   */
  async update(email, change, names = []) {
    const row = await this.#database.write(["people", ...names], async (stores) => {
      const rows = await all(stores("people"));
      const found = whole(rows.find((person) => person.email === email) ?? { email });
      await change(found, rows.filter((person) => person.email !== email), stores);
      stores("people").put(found);
      return found;
    });
    await this.#openNickname(row);
    this.#set(row);
    this.#tabs.tell("person", { email });
    return row;
  }

  /** @param {string} email */
  async #reload(email) {
    const row = await this.#database.read(["people"], (stores) => get(stores("people"), email));
    if (row) {
      await this.#openNickname(row);
      this.#set(whole(row));
    }
  }

  /** @param {PersonRow} row */
  #set(row) {
    this.#rows.set(row.email, row);
    this.#compareName(row);
    this.emit("changed", { email: row.email });
  }
}

const UNNAMED = { displayName: null, isContact: false, isAdded: false, addedAtMs: 0 };
const UNPINNED = { pinned: null, served: null, offered: null, offeredStatement: null, checked: null, forgotten: false };

/**
 * @param {{ email: string } & Partial<PersonRow>} row may be stored by an older version of the page
 * @returns {PersonRow}
 */
function whole(row) {
  const keys = (row.keys ?? []).map((key) => ({ ...UNSIGNED, ...key }));
  const { isAdded = row.isContact ?? false, changes = [], renamings = [] } = row;
  return { ...UNNAMED, ...UNPINNED, ...row, isAdded, keys, changes, renamings };
}
