/**
 * Which people could be taken for others by their names. Names are the server's word and the other person's choice: the
 * address alone says who it is.
 */
import { fold, visible } from "../../lib/letters.js";

// What the page calls its own person where it reads messages out.
const ONESELF = "You";

export class SimilarNames {
  /** @type {(name: string) => string[]} */
  #keysOf = (name) => [fold(visible(name))];
  /** @type {Map<string, string[]>} what was found out by name: it takes a while, and is asked for with each drawing */
  #keys = new Map();
  /** @type {Map<string, string[]>} by email: all that stood for that person here, the present and the former */
  #names = new Map([[ONESELF, [ONESELF]]]);
  /** @type {Map<string, Set<string>> | null} by key: whose names have it */
  #owners = null;

  /** @param {PersonRow} person */
  set({ email, displayName, renamings }) {
    const names = [email, displayName ?? "", ...renamings.map(({ before }) => before)];
    if (String(this.#names.get(email)) !== String(names)) {
      this.#names.set(email, names);
      this.#owners = null;
    }
  }

  /** @param {(name: string) => string[]} keysOf what names that look alike have in common */
  compareBy(keysOf) {
    this.#keysOf = keysOf;
    this.#keys.clear();
    this.#owners = null;
  }

  /**
   * @param {string} email
   * @param {string} name
   * @returns {boolean} somebody else has, or had, a name or an address that looks like it; or it looks like an address
   */
  isAmbiguous(email, name) {
    const owners = (this.#owners ??= this.#index());
    const isOthers = (/** @type {string} */ key) => [...(owners.get(key) ?? [])].some((owner) => owner !== email);
    return name.includes("@") || this.#keysFor(name).some(isOthers);
  }

  /** @param {string} name */
  isOneself(name) {
    return this.#keysFor(name).some((key) => this.#keysFor(ONESELF).includes(key));
  }

  /** @returns {Map<string, Set<string>>} */
  #index() {
    const owners = new Map();
    for (const [email, names] of this.#names) {
      const keys = names.filter((name) => visible(name) !== "").flatMap((name) => this.#keysFor(name));
      keys.forEach((key) => owners.set(key, (owners.get(key) ?? new Set()).add(email)));
    }
    return owners;
  }

  /** @param {string} name */
  #keysFor(name) {
    const keys = this.#keys.get(name) ?? this.#keysOf(name);
    this.#keys.set(name, keys);
    return keys;
  }
}
