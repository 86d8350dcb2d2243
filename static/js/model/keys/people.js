/**
 * Who is who: names, and the keys that were seen of each person. Kept in memory and in the database, the same in each
 * tab.
 *
 * Event: `changed` {email}.
 */
import { Emitter } from "../../lib/emitter.js";
import { isVisible } from "../../lib/text.js";
import { all, get } from "../../storage/queries.js";
import { SimilarNames } from "./similar-names.js";
import { UNSIGNED } from "./served-key.js";

// A server that never stops renaming must not fill the disk.
const RENAMINGS_LIMIT = 20;

export class People extends Emitter {
  #database;
  #tabs;
  /** @type {Map<string, PersonRow>} */
  #rows = new Map();
  #similarNames = new SimilarNames();

  /** @param {{ database: Database, tabs: Tabs }} parts */
  constructor({ database, tabs }) {
    super();
    this.#database = database;
    this.#tabs = tabs;
    tabs.on("person", ({ email }) => this.#reload(email).catch(() => {}));
  }

  async load() {
    const rows = await this.#database.read(["people"], (stores) => all(stores("people")));
    this.#rows = new Map(rows.map((row) => [row.email, whole(row)]));
    this.#rows.forEach((row) => this.#similarNames.set(row));
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
   * @returns {string} what to call that person
   */
  nameOf(email) {
    return shownName(this.#rows.get(email)?.displayName ?? "", email);
  }

  /**
   * @param {string} email
   * @returns {boolean} whether the name alone does not tell who it is
   */
  isAmbiguous(email) {
    const name = this.nameOf(email);
    return name !== email && this.#similarNames.isAmbiguous(email, name);
  }

  /**
   * @param {string} email
   * @returns {string} what to call that person where neither chat nor address is on the screen
   */
  labelOf(email) {
    return this.isAmbiguous(email) ? `${this.nameOf(email)} (${email})` : this.nameOf(email);
  }

  /**
   * @param {string} email
   * @returns {string} what to call that person where messages are read out, and one's own are "You"
   */
  speakerOf(email) {
    const name = this.nameOf(email);
    return this.#similarNames.isOneself(name) ? `${name} (${email})` : name;
  }

  /**
   * @param {string} email
   * @returns {{ key: string, atMs: number, before: string, after: string }[]} names that took the place of others
   */
  renamings(email) {
    const changes = this.#rows.get(email)?.renamings ?? [];
    return changes.map(({ before, after, ...change }) =>
      ({ ...change, before: shownName(before, email), after: shownName(after, email) }));
  }

  /** @param {(name: string) => string[]} keysOf what names that look alike have in common, once that is loaded */
  compareBy(keysOf) {
    this.#similarNames.compareBy(keysOf);
    this.#rows.forEach(({ email }) => this.isAmbiguous(email) && this.emit("changed", { email }));
  }

  /**
   * @param {string} email
   * @param {(row: PersonRow, others: PersonRow[]) => void} change if it throws, nothing is changed
   * @returns {Promise<PersonRow>}
   */
  async update(email, change) {
    const row = await this.#database.write(["people"], async (stores) => {
      const rows = await all(stores("people"));
      const found = whole(rows.find((person) => person.email === email) ?? { email });
      change(found, rows.filter((person) => person.email !== email));
      stores("people").put(found);
      return found;
    });
    this.#set(row);
    this.#tabs.tell("person", { email });
    return row;
  }

  /** @param {string} email */
  async #reload(email) {
    const row = await this.#database.read(["people"], (stores) => get(stores("people"), email));
    if (row) {
      this.#set(whole(row));
    }
  }

  /** @param {PersonRow} row */
  #set(row) {
    this.#rows.set(row.email, row);
    this.#similarNames.set(row);
    this.emit("changed", { email: row.email });
  }
}

/**
 * @param {PersonRow} row
 * @param {string} displayName as the server tells it now; the first one that it told was no change
 */
export function call(row, displayName) {
  const { displayName: before, renamings } = row;
  row.displayName = displayName;
  if (before !== null && shownName(before, row.email) !== shownName(displayName, row.email)) {
    const atMs = Date.now();
    const change = { key: `name ${atMs} ${renamings.length}`, atMs, before, after: displayName };
    row.renamings = [...renamings, change].slice(-RENAMINGS_LIMIT);
  }
}

/**
 * @param {string} name
 * @param {string} email
 */
function shownName(name, email) {
  return isVisible(name) ? name : email;
}

const UNNAMED = { displayName: null, isContact: false, isAdded: false, addedAtMs: 0 };
const UNPINNED = { pinned: null, served: null, offered: null, offeredStatement: null, checked: null, forgotten: false };

/**
 * @param {{ email: string } & Partial<PersonRow>} row as it was stored, perhaps by an older version of the page
 * @returns {PersonRow}
 */
function whole(row) {
  const keys = (row.keys ?? []).map((key) => ({ ...UNSIGNED, ...key }));
  const { isAdded = row.isContact ?? false, changes = [], renamings = [] } = row;
  return { ...UNNAMED, ...UNPINNED, ...row, isAdded, keys, changes, renamings };
}
