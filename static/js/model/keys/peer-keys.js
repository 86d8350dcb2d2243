/**
 * The keys of the peers (docs/protocol.md §3.3). The first key that the server names for a peer, or that decrypts a message
 * of theirs, is accepted and pinned. Any other key, or the same one with another statement, is offered: nothing is sealed
 * for the peer, and nothing is decrypted with that key, until the person has accepted it. Nothing is sealed for an unsigned
 * key.
 *
 * Event: `usable` {email}: messages to that peer can be sealed now; some may have waited for it.
 */
import { KeyChangedError } from "../../crypto/crypto-errors.js";
import { isSameKey } from "../../crypto/public-key.js";
import { toHex } from "../../lib/bytes.js";
import { Emitter } from "../../lib/emitter.js";
import { ApiError } from "../../net/net-errors.js";
import { BadAnswer, Refusal } from "../server/model-errors.js";
import { forgetDeclinedByServer, isDeclinedByMessage } from "./declined-keys.js";
import {
  acceptOffered,
  applyNamedKey,
  applyServedKey,
  declineOffered,
  findKey,
  isRecent,
  isUpToDate,
  offerId,
  refuseOthersKey,
  waitReason,
} from "./pinning.js";
import { isNoted } from "./second-browsers.js";
import { readServedKey, statementOf } from "./served-key.js";

/** @typedef {import("./pinning.js").VerifiedKey} VerifiedKey */

const NOT_FOUND = 404;

export class PeerKeys extends Emitter {
  #api;
  #people;
  #accountKey;
  #listedBrowsers;
  #storageLoss;
  /** @type {Map<string, VerifiedKey>} by email: keys that messages name and that have decrypted none yet */
  #candidates = new Map();

  /** @param {{ api: Api, people: People, accountKey: AccountKey, listedBrowsers: ListedBrowsers, storageLoss: StorageLoss }} parts */
  constructor({ api, people, accountKey, listedBrowsers, storageLoss }) {
    super();
    this.#api = api;
    this.#people = people;
    this.#accountKey = accountKey;
    this.#listedBrowsers = listedBrowsers;
    this.#storageLoss = storageLoss;
  }

  /**
   * @param {string} email
   * @returns {Promise<KnownKey>} the key to seal messages to that peer with
   * @throws {KeyChangedError} another key is offered, and the person has not decided yet
   * @throws {Refusal} `no_key`; `unsigned_key`: the person's browser has not signed it yet; `key_not_theirs`: it is one's
   *   own or another contact's, or signed by nobody it names
   */
  async keyFor(email) {
    const known = this.#people.get(email);
    const row = known && isUpToDate(known) ? known : await this.lookUp(email);
    return this.#accepted(row);
  }

  /**
   * Asks the server for the peer's current key. The first one is pinned. Any other is offered, a former one too: a thief of
   * an old key could have it put back.
   * @param {string} email
   * @returns {Promise<PersonRow>}
   */
  async lookUp(email) {
    try {
      const key = await this.#verified(email, () => this.#api.keyOf(email));
      return await this.#learn(email, key, (row) => applyServedKey(row, key));
    } catch (error) {
      if (error instanceof Refusal && error.code === "no_key" && !this.#people.get(email)?.isKeyless) {
        await this.#people.update(email, (row) => void (row.isKeyless = true));
      }
      throw error;
    }
  }

  /**
   * @param {string} email
   * @returns {boolean} whether there are keys of the peer besides the current one
   */
  hasRetired(email) {
    return (this.#people.get(email)?.keys.length ?? 0) > 1;
  }

  /**
   * @param {string} email
   * @returns {boolean} whether messages to the peer wait for a key
   */
  isAwaited(email) {
    return waitReason(this.#people.get(email)) !== null;
  }

  /**
   * Asks again when the chat is opened, if messages to the peer wait for a key.
   * @param {string} email
   */
  async askAgain(email) {
    if (this.isAwaited(email) && waitReason(await this.lookUp(email)) === null) {
      this.emit("usable", { email });
    }
  }

  /**
   * Asks the server whether there is still a key to decide about.
   * @param {string} email
   * @returns {Promise<boolean>}
   */
  async reconsider(email) {
    if (!this.offered(email)) {
      return false;
    }
    return (await this.lookUp(email)).offered !== null;
  }

  /**
   * Looks up the keys that were last looked up more than a day ago.
   * @returns {Promise<void>} resolves when all were looked up, or the server could not be reached
   */
  async refresh() {
    for (const { email } of this.#people.all().filter((row) => row.pinned !== null && !isRecent(row))) {
      try {
        await this.lookUp(email);
      } catch (error) {
        if (!(error instanceof Refusal || error instanceof BadAnswer)) {
          return;
        }
      }
      await this.#listedBrowsers.learn(email).catch(() => {});
    }
  }

  /**
   * @param {string} email
   * @param {string} fingerprint that a message names
   * @returns {KnownKey | null} an accepted key of that peer, current or former; null: the server has to be asked
   * @throws {Refusal} `key_not_theirs`, `declined_key`
   */
  known(email, fingerprint) {
    const person = this.#people.get(email);
    const known = findKey(person, fingerprint);
    if (known?.accepted) {
      refuseOthersKey(known, this.#others(email));
      return known;
    }
    if (isDeclinedByMessage(person, fingerprint)) {
      throw new Refusal("declined_key");
    }
    return null;
  }

  /**
   * @param {string} email
   * @param {string} fingerprint that a message names
   * @returns {Promise<VerifiedKey>} that key of that person: an accepted one, present or former, or the first that is heard
   *   of. The first is accepted once a message has opened under it: `opened`
   * @throws {KeyChangedError} it has not been accepted
   * @throws {Refusal} `no_key`, `unsigned_key`, `key_not_theirs`, `declined_key`
   */
  async named(email, fingerprint) {
    const known = this.known(email, fingerprint);
    if (known) {
      return known;
    }
    const person = this.#people.get(email);
    if (!person?.pinned) {
      return this.#candidate(email, fingerprint);
    }
    const key = findKey(person, fingerprint) ?? (await this.#present(email, fingerprint)) ?? (await this.#byName(email, fingerprint));
    return this.#take(email, key);
  }

  /**
   * Notes that a key from `named` has decrypted a message, which proves that the peer has the private key.
   * @param {string} email
   * @param {VerifiedKey} key
   * @param {{ mine: boolean, browser: string }} message one's own message proves nothing about the peer
   * @throws {KeyChangedError} another key was accepted meanwhile
   * @throws {Refusal} `key_not_theirs`
   */
  async opened(email, key, { mine, browser }) {
    const known = findKey(this.#people.get(email), key.fingerprint);
    if (known?.accepted && (mine || (known.opened && isNoted(known, browser)))) {
      return;
    }
    const wasAwaited = this.isAwaited(email);
    await this.#take(email, key, mine ? null : browser);
    this.#candidates.delete(email);
    if (wasAwaited) {
      this.emit("usable", { email });
    }
  }

  /**
   * @param {string} email
   * @param {VerifiedKey} key that a message names
   * @param {string | null} [browser] in which a message of theirs was written that has opened under it
   * @returns {Promise<KnownKey>}
   * @throws {KeyChangedError} it has not been accepted
   */
  async #take(email, key, browser = null) {
    const row = await this.#learn(email, key, (current) => applyNamedKey(current, key, browser));
    const found = findKey(row, key.fingerprint);
    if (!found?.accepted) {
      throw new KeyChangedError(email, row.pinned ?? "", key.fingerprint);
    }
    return found;
  }

  /**
   * Fetches a candidate and does not store it, because any message can name any key.
   * @param {string} email of a peer without a pinned key
   * @param {string} fingerprint
   * @returns {Promise<VerifiedKey>}
   */
  async #candidate(email, fingerprint) {
    const found = this.#candidates.get(email);
    const key = found?.fingerprint === fingerprint ? found : await this.#byName(email, fingerprint);
    refuseOthersKey(key, this.#others(email));
    this.#candidates.set(email, key);
    return key;
  }

  /** @param {string} email */
  #others(email) {
    return this.#people.all().filter((row) => row.email !== email);
  }

  /**
   * @param {string} email
   * @param {VerifiedKey} key
   * @param {(row: PersonRow) => void} change
   */
  #learn(email, key, change) {
    return this.#people.update(email, (row, others) => {
      refuseOthersKey(key, others);
      // A peer who is new to this browser may have been known, and compared, before the storage was lost.
      row.forgotten = row.pinned === null ? this.#storageLoss.mayHaveKnown : row.forgotten;
      change(row);
    });
  }

  /**
   * @param {string} email
   * @param {string} fingerprint
   * @returns {Promise<VerifiedKey>}
   * @throws {Refusal} `unsigned_key`: it cannot be accepted, so it must not be offered
   */
  async #byName(email, fingerprint) {
    const key = await this.#verified(email, () => this.#api.keyByFingerprint(fingerprint));
    if (key.fingerprint !== fingerprint) {
      throw new BadAnswer("another key than the one asked for");
    }
    if (key.identity === null) {
      throw new Refusal("unsigned_key");
    }
    return key;
  }

  /**
   * Looks up the peer's current key: a message under an unknown key mostly means that it has changed.
   * @param {string} email
   * @param {string} fingerprint
   * @returns {Promise<KnownKey | null>}
   */
  async #present(email, fingerprint) {
    try {
      return findKey(await this.lookUp(email), fingerprint);
    } catch (error) {
      if (error instanceof Refusal) {
        return null;
      }
      throw error;
    }
  }

  /**
   * @param {string} email
   * @returns {string | null} the fingerprint of the offered key
   */
  offered(email) {
    return this.#people.get(email)?.offered ?? null;
  }

  /**
   * @param {string} email
   * @returns {string} the id of the offer
   */
  exactly(email) {
    return offerId(this.#people.get(email));
  }

  /**
   * @param {string} email
   * @param {string} fingerprint of the key that was on the screen
   * @param {string} [offer] the id of the offer that was on the screen
   * @param {(stores: Stores, email: string, former: string | null) => Promise<void>} [keepArrivals] notes the messages that
   *   came under the former key, in the same transaction
   * @throws {Refusal} `key_changed`: another key is offered by now; `unsigned_key`; `key_not_theirs`
   */
  async accept(email, fingerprint, offer = this.exactly(email), keepArrivals = undefined) {
    await this.#people.update(email, (row, others, stores) => {
      const former = row.pinned;
      acceptOffered(row, { fingerprint, offer }, others);
      return keepArrivals?.(stores, email, former);
    }, ["messages"]);
  }

  /**
   * @param {string} email
   * @param {string} fingerprint the one that was decided about
   * @param {string} [offer] the id of the offer that was on the screen
   * @throws {Refusal} `key_changed`: it has changed again meanwhile
   */
  async decline(email, fingerprint, offer = this.exactly(email)) {
    const decided = { fingerprint, offer };
    await this.#people.update(email, (row) => declineOffered(row, decided));
  }

  /**
   * The server takes messages for no other key than one that was declined: the person is asked about it again.
   * @param {string} email
   */
  async askAboutDeclined(email) {
    await this.#people.update(email, forgetDeclinedByServer);
    await this.lookUp(email);
  }

  /**
   * @param {PersonRow} row
   * @returns {KnownKey}
   * @throws {KeyChangedError} another one is offered
   * @throws {Refusal} `unsigned_key`, `key_not_theirs`
   */
  #accepted(row) {
    if (row.offered !== null) {
      throw new KeyChangedError(row.email, row.pinned ?? "", row.offered);
    }
    const pinned = findKey(row, row.pinned);
    if (!pinned || pinned.identity === null) {
      throw new Refusal("unsigned_key");
    }
    refuseOthersKey(pinned, this.#others(row.email));
    return pinned;
  }

  /**
   * @param {string} email
   * @param {() => Promise<any>} ask
   * @returns {Promise<VerifiedKey>} a key whose fingerprint and statement are verified, and that is not one's own
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
 * @param {VerifiedKey} told
 */
function isOwn({ publicKeyBytes, identity }, told) {
  return isSameKey(publicKeyBytes, told.publicKeyBytes) || (identity && toHex(identity.publicKeyBytes) === told.identity);
}

/**
 * @param {() => Promise<any>} ask
 * @returns {Promise<any>}
 * @throws {Refusal} `no_key`: the server has none, or does not give it to us; `user_not_found`: the account does not exist
 */
async function orNoKey(ask) {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== NOT_FOUND) {
      throw error;
    }
    throw new Refusal(error.code === "user_not_found" ? "user_not_found" : "no_key");
  }
}
