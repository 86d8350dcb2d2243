/** The numbers that two people compare, and whether they have: it never says more than was compared. */
import { readCode, safetyNumber } from "../../crypto/safety-number.js";
import { fromHex, toHex } from "../../lib/bytes.js";
import { pause } from "../../lib/timing.js";
import { Refusal } from "../server/model-errors.js";
import { findKey, losesCheck } from "./pinning.js";

/** @typedef {{ identityKeyBytes: Bytes, email: string }} Party */

// Without the server, what is pinned is compared.
const ASK_PATIENCE_MS = 3000;

export class Safety {
  #accountKey;
  #people;
  #peerKeys;
  #ownEmail;
  /** @type {Map<string, string>} by email: whose numbers were asked for last */
  #shown = new Map();

  /** @param {{ accountKey: AccountKey, people: People, peerKeys: PeerKeys, ownEmail: string }} parts */
  constructor({ accountKey, people, peerKeys, ownEmail }) {
    this.#accountKey = accountKey;
    this.#people = people;
    this.#peerKeys = peerKeys;
    this.#ownEmail = ownEmail;
  }

  /**
   * @param {string} email
   * @returns {{ compared: "no" | "yes" | "differed" | "lost", atMs: number, forgotten: boolean }} atMs: when it was
   *   compared, or lost
   */
  state(email) {
    const row = this.#people.get(email);
    const lost = row?.changes.findLast(({ wasChecked }) => wasChecked);
    const forgotten = row?.forgotten ?? false;
    if (row?.differed && row.differed.identity === findKey(row, row.pinned)?.identity) {
      return { compared: "differed", atMs: row.differed.atMs, forgotten };
    }
    if (row?.checked && !losesCheck(row)) {
      return { compared: "yes", atMs: row.checked.atMs, forgotten };
    }
    return { compared: lost ? "lost" : "no", atMs: lost?.atMs ?? 0, forgotten };
  }

  /**
   * The warning stays until numbers match: with another key, whoever is in between would end it.
   * @param {string} email
   */
  warns(email) {
    return Boolean(this.#people.get(email)?.differed);
  }

  /**
   * The server is asked first: another key or statement that it names is to show before anything is compared.
   * @param {string} email
   * @returns {Promise<{ digits: string, code: string } | null>} null: no identity is known of them, or none is here
   */
  async numbers(email) {
    await Promise.race([this.#peerKeys.lookUp(email).catch(() => {}), pause(ASK_PATIENCE_MS)]);
    const people = this.#parties(this.#people.get(email));
    this.#shown.set(email, nameOf(people));
    return people && safetyNumber(people);
  }

  /**
   * @param {string} email
   * @param {string} text what was read from a QR code
   * @returns {Promise<"match" | "mismatch" | "foreign">}
   * @throws {Refusal} `key_changed`: the numbers are not those on the screen any more
   */
  async read(email, text) {
    return readCode(text, this.#asShown(this.#people.get(email)));
  }

  /**
   * The person has compared the numbers on the screen with the other's.
   * @param {string} email
   * @throws {Refusal} `key_changed`: they are others by now
   */
  markChecked(email) {
    return this.#mark(email, (row, compared) => {
      row.checked = compared;
      row.differed = undefined;
    });
  }

  /**
   * The person has compared them, and the other's are not the same: what was compared before holds no more.
   * @param {string} email
   * @throws {Refusal} `key_changed`: they are others by now
   */
  markDiffered(email) {
    return this.#mark(email, (row, compared) => {
      row.checked = null;
      row.differed = compared;
    });
  }

  /**
   * The numbers did not match, and the person writes all the same: they are not asked again.
   * @param {string} email
   */
  async mayWrite(email) {
    await this.#people.update(email, (row) => {
      row.differed &&= { ...row.differed, mayWrite: true };
    });
  }

  /**
   * @param {string} email
   * @param {(row: PersonRow, compared: { identity: string, atMs: number }) => void} change
   */
  async #mark(email, change) {
    await this.#people.update(email, (row) => {
      const { peer } = this.#asShown(row);
      change(row, { identity: toHex(peer.identityKeyBytes), atMs: Date.now() });
      row.forgotten = false;
    });
  }

  /**
   * @param {PersonRow | null} row
   * @returns {{ own: Party, peer: Party }}
   * @throws {Refusal} `key_changed`
   */
  #asShown(row) {
    const people = this.#parties(row);
    if (!people || !row || row.offered !== null || nameOf(people) !== this.#shown.get(row.email)) {
      throw new Refusal("key_changed");
    }
    return people;
  }

  /**
   * @param {PersonRow | null} row
   * @returns {{ own: Party, peer: Party } | null}
   */
  #parties(row) {
    const own = this.#accountKey.current?.identity;
    const identity = findKey(row, row?.pinned ?? null)?.identity;
    if (!row || !own || !identity) {
      return null;
    }
    return {
      own: { identityKeyBytes: own.publicKeyBytes, email: this.#ownEmail },
      peer: { identityKeyBytes: fromHex(identity), email: row.email },
    };
  }
}

/** @param {{ own: Party, peer: Party } | null} people */
function nameOf(people) {
  return people ? [people.own, people.peer].map(({ identityKeyBytes }) => toHex(identityKeyBytes)).join(" ") : "";
}
