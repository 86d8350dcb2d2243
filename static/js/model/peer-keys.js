/**
 * The keys of the people one writes with (docs/protocol.md §3.3). The first key seen of a person is accepted and pinned;
 * another one that the server names later, or that a message names, or the same one signed otherwise, is only offered:
 * nothing is sealed for the person and nothing under that key is opened until the person at this browser has decided.
 */
import { KeyChangedError } from "../crypto/errors.js";
import { isSameKey } from "../crypto/public-key.js";
import { toHex } from "../lib/bytes.js";
import { ApiError } from "../net/errors.js";
import { BadAnswer, Refusal } from "./errors.js";
import { accept, find, heed, offer, offerOf, pin, reconsider, refuseOthersKey } from "./offers.js";
import { readServedKey, statementOf } from "./served-key.js";

/** @typedef {import("./offers.js").ToldKey} ToldKey */

const NOT_FOUND = 404;

export class PeerKeys {
  #api;
  #people;
  #accountKey;
  #chains;
  #forgetting;

  /**
   * @param {{ api: Api, people: People, accountKey: AccountKey, forgetting: Forgetting,
   *   chains: { announced: (peer: string) => Promise<Record<string, number>> } }} parts
   */
  constructor({ api, people, accountKey, chains, forgetting }) {
    this.#api = api;
    this.#people = people;
    this.#accountKey = accountKey;
    this.#chains = chains;
    this.#forgetting = forgetting;
  }

  /**
   * @param {string} email
   * @returns {Promise<KnownKey>} the key to seal for that person with
   * @throws {KeyChangedError} the person has not decided about another key yet
   * @throws {Refusal} `no_key`, or `key_not_theirs`: it is one's own or another contact's, or signed by nobody it names
   */
  async keyFor(email) {
    const person = this.#people.get(email);
    return accepted(person?.pinned ? person : await this.lookUp(email));
  }

  /**
   * Asks the server which key the person has now. The first one is pinned; any other than the pinned one is offered,
   * a former one too: whoever has got hold of an old key could have it put back.
   * @param {string} email
   * @returns {Promise<PersonRow>}
   */
  async lookUp(email) {
    const key = await this.#verified(email, () => this.#api.keyOf(email));
    return this.#learn(email, key, (row) => heed(row, key));
  }

  /**
   * Whether there is still something to decide about: the server may have gone back on it.
   * @param {string} email
   * @returns {Promise<boolean>}
   */
  async reconsider(email) {
    if (!this.offered(email)) {
      return false;
    }
    const key = await this.#verified(email, () => this.#api.keyOf(email));
    return (await this.#learn(email, key, (row) => reconsider(row, key))).offered !== null;
  }

  /**
   * @param {string} email
   * @param {string} fingerprint that a message names
   * @returns {Promise<KnownKey>} that key of that person, an accepted one, present or former
   * @throws {KeyChangedError} it has not been accepted
   */
  async named(email, fingerprint) {
    const person = this.#people.get(email);
    const known = find(person, fingerprint);
    if (known?.accepted) {
      return known;
    }
    const isFirst = !person?.pinned;
    const key = known ?? (isFirst ? null : await this.#present(email, fingerprint)) ?? (await this.#byName(email, fingerprint));
    const row = await this.#learn(email, key, (current) => take(current, key));
    const found = find(row, fingerprint);
    if (!found?.accepted) {
      throw new KeyChangedError(email, row.pinned ?? "", fingerprint);
    }
    return found;
  }

  /**
   * @param {string} email
   * @param {ToldKey} key
   * @param {(row: PersonRow) => void} change
   */
  #learn(email, key, change) {
    return this.#people.update(email, (row, others) => {
      refuseOthersKey(key, others);
      // Whoever is met for the first time now may have been known, and checked, before.
      row.forgotten = row.pinned === null ? this.#forgetting.mayHaveKnown : row.forgotten;
      change(row);
    });
  }

  /**
   * @param {string} email
   * @param {string} fingerprint
   * @returns {Promise<ToldKey>}
   */
  async #byName(email, fingerprint) {
    const key = await this.#verified(email, () => this.#api.keyByFingerprint(fingerprint));
    if (key.fingerprint !== fingerprint) {
      throw new BadAnswer("another key than the one asked for");
    }
    return key;
  }

  /**
   * A message under an unknown key is how one mostly hears of a new one.
   * @param {string} email
   * @param {string} fingerprint
   * @returns {Promise<KnownKey | null>}
   */
  async #present(email, fingerprint) {
    try {
      return find(await this.lookUp(email), fingerprint);
    } catch (error) {
      if (error instanceof Refusal) {
        return null;
      }
      throw error;
    }
  }

  /**
   * @param {string} email
   * @returns {string | null} the fingerprint that waits for a decision
   */
  offered(email) {
    return this.#people.get(email)?.offered ?? null;
  }

  /**
   * @param {string} email
   * @returns {string} what exactly waits for a decision
   */
  exactly(email) {
    return offerOf(this.#people.get(email));
  }

  /**
   * @param {string} email
   * @param {string} fingerprint the one that was decided about
   * @param {string} [what] exactly: the `offer` of the change that was on the screen
   * @throws {Refusal} `key_changed`: it has changed again meanwhile; `key_not_theirs`
   */
  async accept(email, fingerprint, what = offerOf(this.#people.get(email))) {
    const announced = await this.#chains.announced(email);
    await this.#people.update(email, (row, others) => accept(row, { fingerprint, offer: what, announced }, others));
  }

  /**
   * @param {string} email
   * @param {() => Promise<any>} ask
   * @returns {Promise<ToldKey>} a key that is what its fingerprint and its statement say, and not one's own
   */
  async #verified(email, ask) {
    const key = await readServedKey(await orNoKey(ask), email);
    const { fingerprint, publicKeyBytes } = key;
    const told = { fingerprint, publicKeyBytes, ...(await statementOf(key)) };
    if (this.#accountKey.pairs.some((own) => isOwn(own, told))) {
      throw new Refusal("key_not_theirs");
    }
    return told;
  }
}

/**
 * @param {KeyRow} own
 * @param {ToldKey} told
 */
function isOwn({ publicKeyBytes, identity }, told) {
  return isSameKey(publicKeyBytes, told.publicKeyBytes) || (identity && toHex(identity.publicKeyBytes) === told.identity);
}

/**
 * @param {PersonRow} row
 * @param {ToldKey} key that a message names
 */
function take(row, key) {
  if (row.pinned === null) {
    pin(row, key);
  } else if (!find(row, key.fingerprint)?.accepted) {
    offer(row, key);
  }
}

/**
 * @param {() => Promise<any>} ask
 * @returns {Promise<any>}
 * @throws {Refusal} `no_key`: the server has none, or none for us
 */
async function orNoKey(ask) {
  try {
    return await ask();
  } catch (error) {
    throw error instanceof ApiError && error.status === NOT_FOUND ? new Refusal("no_key") : error;
  }
}

/**
 * @param {PersonRow} person with a pinned key
 * @returns {KnownKey}
 * @throws {KeyChangedError} another one is offered
 */
function accepted(person) {
  const pinned = person.pinned ?? "";
  if (person.offered !== null) {
    throw new KeyChangedError(person.email, pinned, person.offered);
  }
  return /** @type {KnownKey} */ (find(person, pinned));
}
