/**
 * Finds people with similar names. The server and the other person choose a name; only the email identifies the person.
 */
import { fold, visible } from "../../lib/letters.js";

// The name of the user for screen readers.
const ONESELF = "You";

export class SimilarNames {
  /** @type {(name: string) => string[]} */
  #keysOf = (name) => [fold(visible(name))];
  /** @type {Map<string, string[]>} a cache by name: the keys take a while to compute, and each drawing asks for them */
  #keys = new Map();
  /** @type {Map<string, string[]>} by email: the email and the names of that person, current and former */
  #names = new Map([[ONESELF, [ONESELF]]]);
  /** @type {Map<string, Set<string>> | null} by key: the emails of the people whose names have it */
  #owners = null;

  /**
   * @param {PersonRow} person
   * @param {string} [nickname]
   */
  set({ email, displayName, renamings }, nickname = "") {
    const names = [email, displayName ?? "", nickname, ...renamings.map(({ before }) => before)];
    if (String(this.#names.get(email)) !== String(names)) {
      this.#names.set(email, names);
      this.#owners = null;
    }
  }

  /** @param {(name: string) => string[]} keysOf gives keys that names which look alike share */
  compareBy(keysOf) {
    this.#keysOf = keysOf;
    this.#keys.clear();
    this.#owners = null;
  }

  /**
   * @param {string} email
   * @param {string} name
   * @returns {boolean} whether somebody else has, or had, a name or email that looks like it, or it looks like an email
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
