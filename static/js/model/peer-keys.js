/**
 * The keys of the people one writes with (docs/protocol.md §3.3). The first key seen of a person is accepted and pinned;
 * another one that the server names later, or that a message names, is only offered: nothing is sealed for the person
 * and nothing under that key is opened until the person at this browser has decided.
 */
import { KeyChangedError } from "../crypto/errors.js";
import { fingerprint as fingerprintOf } from "../crypto/fingerprint.js";
import { isSameKey } from "../crypto/public-key.js";
import { ApiError } from "../net/errors.js";
import { readKey } from "./answers.js";
import { BadAnswer, Refusal } from "./errors.js";

const NOT_FOUND = 404;

export class PeerKeys {
  #api;
  #people;
  #accountKey;

  /** @param {{ api: Api, people: People, accountKey: AccountKey }} parts */
  constructor({ api, people, accountKey }) {
    this.#api = api;
    this.#people = people;
    this.#accountKey = accountKey;
  }

  /**
   * @param {string} email
   * @returns {Promise<KnownKey>} the key to seal for that person with
   * @throws {KeyChangedError} the person has not decided about another key yet
   * @throws {Refusal} `no_key`, or `key_not_theirs`: it is one's own or another contact's
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
    return this.#people.update(email, (row, others) => {
      forgetOffer(row);
      learn(row, key, others);
      row.served = key.fingerprint;
      row.offered = row.pinned === key.fingerprint ? null : key.fingerprint;
    });
  }

  /**
   * @param {string} email
   * @param {string} fingerprint that a message names
   * @returns {Promise<Bytes>} that key of that person, an accepted one, present or former
   * @throws {KeyChangedError} it has not been accepted
   */
  async named(email, fingerprint) {
    const person = this.#people.get(email);
    const known = find(person, fingerprint);
    const isFirst = !person?.pinned;
    const key = known ?? (isFirst ? null : await this.#present(email, fingerprint)) ?? (await this.#byName(email, fingerprint));
    if (known?.accepted) {
      return known.publicKeyBytes;
    }
    const row = await this.#people.update(email, (current, others) => {
      learn(current, key, others);
      current.offered = find(current, fingerprint)?.accepted ? current.offered : fingerprint;
    });
    if (row.offered === fingerprint) {
      throw new KeyChangedError(email, row.pinned ?? "", fingerprint);
    }
    return key.publicKeyBytes;
  }

  /**
   * @param {string} email
   * @param {string} fingerprint
   * @returns {Promise<ServerKey>}
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
   * The key may open messages from now on. To seal for, it is taken only where the server names it as the present one.
   * @param {string} email
   * @param {string} fingerprint the one that was decided about
   * @throws {Refusal} `key_changed`: it has changed again meanwhile
   */
  async accept(email, fingerprint) {
    await this.#people.update(email, (row, others) => {
      const key = find(row, fingerprint);
      if (!key || row.offered !== fingerprint) {
        throw new Refusal("key_changed");
      }
      refuseOthersKey(key, others);
      key.accepted = true;
      row.pinned = row.served === fingerprint ? fingerprint : row.pinned;
      forgetOffer(row);
    });
  }

  /**
   * @param {string} email
   * @param {() => Promise<any>} ask
   * @returns {Promise<ServerKey>} a key that is what its fingerprint says, and nobody else's
   */
  async #verified(email, ask) {
    const key = readKey(await orNoKey(ask), email);
    if ((await fingerprintOf(key.publicKeyBytes)) !== key.fingerprint) {
      throw new BadAnswer("a fingerprint of another key");
    }
    if (this.#accountKey.pairs.some((own) => isSameKey(own.publicKeyBytes, key.publicKeyBytes))) {
      throw new Refusal("key_not_theirs");
    }
    return key;
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

/**
 * @param {PersonRow | null} person
 * @param {string} fingerprint
 * @returns {KnownKey | null}
 */
function find(person, fingerprint) {
  return person?.keys.find((key) => key.fingerprint === fingerprint) ?? null;
}

/**
 * Takes a key up; the first one of a person is accepted and pinned.
 * @param {PersonRow} row
 * @param {{ fingerprint: string, publicKeyBytes: Bytes }} key
 * @param {PersonRow[]} others
 * @throws {Refusal} `key_not_theirs`
 */
function learn(row, { fingerprint, publicKeyBytes }, others) {
  refuseOthersKey({ publicKeyBytes }, others);
  const isFirst = row.pinned === null;
  if (!find(row, fingerprint)) {
    row.keys.push({ fingerprint, publicKeyBytes, firstSeenMs: Date.now(), accepted: isFirst });
  }
  row.pinned ??= fingerprint;
}

/**
 * What was only offered must not be accepted later with something else.
 * @param {PersonRow} row
 */
function forgetOffer(row) {
  row.offered = null;
  row.keys = row.keys.filter((key) => key.accepted);
}

/**
 * Whoever uploads another's public key as their own cannot read anything, but the other's words would stand here under
 * their name.
 * @param {{ publicKeyBytes: Bytes }} key
 * @param {PersonRow[]} others
 * @throws {Refusal} `key_not_theirs`: it has been accepted here for somebody else, at present or formerly
 */
function refuseOthersKey({ publicKeyBytes }, others) {
  const taken = others.flatMap(({ keys }) => keys.filter((key) => key.accepted));
  if (taken.some((key) => isSameKey(key.publicKeyBytes, publicKeyBytes))) {
    throw new Refusal("key_not_theirs");
  }
}
