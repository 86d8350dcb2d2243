/**
 * Who is who: names, and the keys that were seen of each person. Kept in memory and in the database, the same in each
 * tab.
 *
 * Event: `changed` {email}.
 */
import { Emitter } from "../lib/emitter.js";
import { isVisible } from "../lib/text.js";
import { all, get } from "../storage/queries.js";
import { UNSIGNED } from "./served-key.js";

export class People extends Emitter {
  #database;
  #tabs;
  /** @type {Map<string, PersonRow>} */
  #rows = new Map();

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
    const name = this.#rows.get(email)?.displayName ?? "";
    return isVisible(name) ? name : email;
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
    this.emit("changed", { email: row.email });
  }
}

const UNNAMED = { displayName: null, isContact: false, isAdded: false, addedAtMs: 0 };
const UNPINNED = { pinned: null, served: null, offered: null, offeredStatement: null, checked: null, forgotten: false };

/**
 * @param {{ email: string } & Partial<PersonRow>} row as it was stored, perhaps by an older version of the page
 * @returns {PersonRow}
 */
function whole(row) {
  const keys = (row.keys ?? []).map((key) => ({ ...UNSIGNED, ...key }));
  const { isAdded = row.isContact ?? false } = row;
  return { ...UNNAMED, ...UNPINNED, ...row, isAdded, keys, changes: row.changes ?? [] };
}
