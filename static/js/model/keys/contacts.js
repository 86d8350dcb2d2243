/**
 * The address book.
 *
 * Events: `changed`; `added` {email}: the person has added a contact here; `refreshing`: the server is asked for all contacts.
 */
import { Emitter } from "../../lib/emitter.js";
import { chatWith } from "../../storage/chat-ids.js";
import { chatOrNew } from "../../storage/queries.js";
import { SerialQueue } from "../../lib/timing.js";
import { normalised } from "../server/email.js";
import { Refusal } from "../server/model-errors.js";
import { readContact, readContacts, readConversations } from "../server/responses.js";
import { call } from "./names.js";

/** @typedef {{ email: string, name: string, displayName: string }} Contact */

export class Contacts extends Emitter {
  #api;
  #people;
  #peerKeys;
  #ownEmail;
  /** @type {Set<string>} emails for which the name was asked for, with or without an answer */
  #asked = new Set();
  #refreshing = new SerialQueue();

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
   * @throws {Refusal | import("../../net/net-errors.js").ApiError | import("../../net/net-errors.js").NetworkError} with a `code`:
   *   `yourself`, `user_not_found`, `invalid`, `rate_limited`, `network`, `another_address`
   */
  async add(email) {
    if (normalised(email) === this.#ownEmail) {
      throw new Refusal("yourself");
    }
    const contact = readContact(await this.#api.addContact(email.trim()));
    if (contact.email !== normalised(email)) {
      throw new Refusal("another_address");
    }
    await this.#keep(contact, true);
    this.emit("added", { email: contact.email });
    // With the key known in advance, the first message is sealed at once, even without a network. If the key cannot be
    // fetched now, the first message asks again.
    this.#peerKeys.lookUp(contact.email).catch(() => {});
    return this.#contact(contact.email);
  }

  /** Takes over the contacts and names from the server. */
  refresh() {
    this.emit("refreshing");
    return this.#refreshing.run(async () => {
      await this.#refreshList();
      await this.#refreshNames();
    });
  }

  async #refreshList() {
    // A contact that is added meanwhile is not in the response.
    const before = this.list.map(({ email }) => email);
    const contacts = readContacts(await this.#api.contacts());
    for (const contact of contacts.filter((entry) => this.#isNews(entry))) {
      await this.#keep(contact);
    }
    const emails = new Set(contacts.map(({ email }) => email));
    for (const email of before.filter((known) => !emails.has(known))) {
      await this.#people.update(email, (row) => void (row.isContact = false));
    }
  }

  /**
   * Fetches the names of people who have written and are not in the address book.
   * @param {string[]} emails
   */
  async askForNames(emails) {
    const nameless = emails.filter((email) => !this.#asked.has(email) && !hasName(this.#people.get(email)));
    if (nameless.length > 0) {
      nameless.forEach((email) => this.#asked.add(email));
      await this.#refreshNames();
    }
  }

  async #refreshNames() {
    const { conversations } = readConversations(await this.#api.conversations(), this.#ownEmail);
    for (const { email, displayName } of conversations) {
      await this.learnName(email, displayName);
    }
  }

  /**
   * @param {string} email
   * @param {string} displayName
   */
  async learnName(email, displayName) {
    if (this.#people.isOtherName(email, displayName)) {
      await this.#people.update(email, (row) => call({ row, displayName }));
    }
  }

  /**
   * @param {{ email: string, displayName: string, createdAtMs: number }} contact
   * @param {boolean} [isAdded] the person has added it here
   */
  async #keep({ email, displayName, createdAtMs }, isAdded = false) {
    await this.#people.update(email, async (row, _others, stores) => {
      call({ row, displayName });
      Object.assign(row, { isContact: true, addedAtMs: createdAtMs, isAdded: row.isAdded || isAdded });
      if (isAdded) {
        stores("chats").put({ ...(await chatOrNew(stores("chats"), chatWith(email))), accepted: true });
      }
    }, ["chats"]);
  }

  /** @param {{ email: string, displayName: string }} contact */
  #isNews({ email, displayName }) {
    return email !== this.#ownEmail && (!this.#people.get(email)?.isContact || this.#people.isOtherName(email, displayName));
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
