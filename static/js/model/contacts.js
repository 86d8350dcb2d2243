/**
 * The address book.
 *
 * Events: `changed`; `added`: by this person, here.
 */
import { Emitter } from "../lib/emitter.js";
import { readContact, readContacts, readConversations } from "./answers.js";
import { BadAnswer, Refusal } from "./errors.js";

/** @typedef {{ email: string, name: string, displayName: string }} Contact */

export class Contacts extends Emitter {
  #api;
  #people;
  #peerKeys;
  #ownEmail;
  /** @type {Set<string>} whose names were asked for, with or without an answer */
  #asked = new Set();

  /** @param {{ api: Api, people: People, peerKeys: PeerKeys, ownEmail: string }} parts */
  constructor({ api, people, peerKeys, ownEmail }) {
    super();
    this.#api = api;
    this.#people = people;
    this.#peerKeys = peerKeys;
    this.#ownEmail = ownEmail;
    people.on("changed", () => this.emit("changed"));
  }

  /** @returns {Contact[]} by name */
  get list() {
    const rows = this.#people.all().filter((row) => row.isContact);
    return rows.map((row) => this.#contact(row.email)).sort((left, right) => left.name.localeCompare(right.name));
  }

  /**
   * @param {string} email
   * @returns {Contact | null}
   */
  byEmail(email) {
    return this.#people.get(email)?.isContact ? this.#contact(email) : null;
  }

  /**
   * @param {string} email as it was typed
   * @returns {Promise<Contact>}
   * @throws {Refusal | import("../net/errors.js").ApiError | import("../net/errors.js").NetworkError} with a `code`:
   *   `yourself`, `user_not_found`, `invalid`, `rate_limited`, `network`
   */
  async add(email) {
    if (normalised(email) === this.#ownEmail) {
      throw new Refusal("yourself");
    }
    const contact = readContact(await this.#api.addContact(email.trim()));
    if (contact.email !== normalised(email)) {
      throw new BadAnswer("another person than the one asked for");
    }
    await this.#keep(contact, true);
    this.emit("added");
    // Known in advance, the first message can go out at once, and is sealed even with no network. If it cannot be had
    // now, the first message asks again.
    this.#peerKeys.lookUp(contact.email).catch(() => {});
    return this.#contact(contact.email);
  }

  /** Takes over what was changed in another browser. */
  async refresh() {
    const contacts = readContacts(await this.#api.contacts());
    for (const contact of contacts.filter((entry) => this.#isNews(entry))) {
      await this.#keep(contact);
    }
    const emails = new Set(contacts.map(({ email }) => email));
    for (const { email } of this.list.filter((known) => !emails.has(known.email))) {
      await this.#people.update(email, (row) => void (row.isContact = false));
    }
  }

  /**
   * Those who have written without being in the address book have names too.
   * @param {string[]} emails
   */
  async askForNames(emails) {
    const nameless = emails.filter((email) => !this.#asked.has(email) && !hasName(this.#people.get(email)));
    if (nameless.length > 0) {
      nameless.forEach((email) => this.#asked.add(email));
      const { conversations } = readConversations(await this.#api.conversations(), this.#ownEmail);
      for (const { email, displayName } of conversations) {
        await this.learnName(email, displayName);
      }
    }
  }

  /**
   * @param {string} email
   * @param {string} displayName
   */
  async learnName(email, displayName) {
    if (this.#people.get(email)?.displayName !== displayName) {
      await this.#people.update(email, (row) => void (row.displayName = displayName));
    }
  }

  /**
   * @param {{ email: string, displayName: string, createdAtMs: number }} contact
   * @param {boolean} [isAdded] by this person, here
   */
  async #keep({ email, displayName, createdAtMs }, isAdded = false) {
    await this.#people.update(email, (row) => {
      Object.assign(row, { displayName, isContact: true, addedAtMs: createdAtMs, isAdded: row.isAdded || isAdded });
    });
  }

  /** @param {{ email: string, displayName: string }} contact */
  #isNews({ email, displayName }) {
    const known = this.#people.get(email);
    return email !== this.#ownEmail && !(known?.isContact && known.displayName === displayName);
  }

  /**
   * @param {string} email
   * @returns {Contact}
   */
  #contact(email) {
    return { email, name: this.#people.nameOf(email), displayName: this.#people.get(email)?.displayName ?? "" };
  }
}

/** @param {PersonRow | null} person */
function hasName(person) {
  return typeof person?.displayName === "string";
}

/**
 * As the server does it, to tell whether its answer is about the address that was asked for.
 * @param {string} email
 * @returns {string}
 */
export function normalised(email) {
  // Upper case first: it folds what has no lower-case letter of its own.
  return email.normalize("NFKC").toUpperCase().toLowerCase().replace(/[^!-~]/g, "");
}
