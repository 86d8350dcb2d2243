/** Safety numbers, and whether the person has compared them. */
import { fromHex, toHex } from "../../lib/bytes.js";
import { once } from "../../lib/once.js";
import { pause } from "../../lib/timing.js";
import { Refusal } from "../server/model-errors.js";
import { findKey, losesCheck } from "./pinning.js";

/** @typedef {{ identityKeyBytes: Bytes, email: string }} Party */

// If the server does not answer in this time, the safety number of the pinned key is shown.
const ASK_PATIENCE_MS = 3000;
// The first screen needs no safety numbers.
const loadNumbers = once(() => import("../../crypto/safety-number.js"));

export class Safety {
  #accountKey;
  #people;
  #peerKeys;
  #ownEmail;
  /** @type {Map<string, string>} by email: the identities of the safety number that was shown last */
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
   * Whether to warn. The warning stays until safety numbers match: an attacker could end it with another key otherwise.
   * @param {string} email
   */
  warns(email) {
    return Boolean(this.#people.get(email)?.differed);
  }

  /**
   * Computes the safety number. It asks the server first, so that a new key or statement shows before the comparison.
   * @param {string} email
   * @returns {Promise<{ digits: string, code: string } | null>} null: the identity of one of the two is not known
   */
  async numbers(email) {
    await Promise.race([this.#peerKeys.lookUp(email).catch(() => {}), pause(ASK_PATIENCE_MS)]);
    const people = this.#parties(this.#people.get(email));
    this.#shown.set(email, nameOf(people));
    return people && (await loadNumbers()).safetyNumber(people);
  }

  /**
   * @param {string} email
   * @param {string} text what was read from a QR code
   * @returns {Promise<"match" | "mismatch" | "foreign">}
   * @throws {Refusal} `key_changed`: the safety number on the screen is out of date
   */
  async read(email, text) {
    const shown = this.#asShown(this.#people.get(email));
    return (await loadNumbers()).readCode(text, shown);
  }

  /**
   * The person has compared the safety number on the screen, and it matches.
   * @param {string} email
   * @throws {Refusal} `key_changed`: the safety number on the screen is out of date
   */
  markChecked(email) {
    return this.#mark(email, (row, compared) => {
      row.checked = compared;
      row.differed = undefined;
    });
  }

  /**
   * The person has compared the safety number on the screen, and it differs. An earlier match is void.
   * @param {string} email
   * @throws {Refusal} `key_changed`: the safety number on the screen is out of date
   */
  markDiffered(email) {
    return this.#mark(email, (row, compared) => {
      row.checked = null;
      row.differed = compared;
    });
  }

  /**
   * The person writes although the safety numbers differ. They are not asked again.
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
