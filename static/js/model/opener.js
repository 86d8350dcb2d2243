/**
 * Opens messages: those that somebody waits for first, the others one by one when there is time. What was opened is
 * kept, so that no message is opened twice.
 *
 * Event: `opened` {row, text} and `failed` {row}.
 */
import { openMessage, peerFingerprintOf } from "../crypto/envelope.js";
import { Emitter } from "../lib/emitter.js";
import { explain, NewerType } from "./unopened.js";

/** @import { KeyRow, MessageRow, StoredContent } from "../storage/rows.js" */
/** @import { AccountKey } from "./account-key.js" */
/** @import { Archive } from "./archive.js" */
/** @import { Chains } from "./chains.js" */
/** @import { PeerKeys } from "./peer-keys.js" */
/** @import { People } from "./people.js" */
/** @import { Unopened } from "./unopened.js" */

// Key derivation runs on the browser's own threads: a few at once use them, more would only delay the first.
const AT_ONCE = 3;
const BATCH = 20;

export class Opener extends Emitter {
  #archive;
  #chains;
  #accountKey;
  #peerKeys;
  #people;
  #ownEmail;
  /** @type {Map<number, Promise<void>>} by id: those that are being opened */
  #running = new Map();
  /** @type {Map<number, Unopened>} by id: those that could not be */
  #failures = new Map();
  /** @type {(() => void)[]} */
  #queue = [];
  #active = 0;
  #isAskedFor = false;
  /** @type {Promise<void> | null} */
  #catchingUp = null;

  /**
   * @param {{ archive: Archive, chains: Chains, accountKey: AccountKey, peerKeys: PeerKeys, people: People,
   *   ownEmail: string }} parts
   */
  constructor({ archive, chains, accountKey, peerKeys, people, ownEmail }) {
    super();
    this.#archive = archive;
    this.#chains = chains;
    this.#accountKey = accountKey;
    this.#peerKeys = peerKeys;
    this.#people = people;
    this.#ownEmail = ownEmail;
  }

  /**
   * @param {MessageRow} row
   * @returns {Unopened | null} why it could not be opened, if it was tried
   */
  failure(row) {
    return this.#failures.get(row.id) ?? null;
  }

  /** What failed may go well now: the keys are others, or the network is back. */
  forgetFailures() {
    this.#failures.clear();
  }

  /**
   * @param {MessageRow} row one with `raw`
   * @returns {Promise<void>} when it was opened, or could not be; an event has told which
   */
  open(row) {
    const running = this.#running.get(row.id) ?? this.#inTurn(() => this.#open(row));
    this.#running.set(row.id, running);
    return running.finally(() => this.#running.delete(row.id));
  }

  /** Tries, one by one, all that nobody has tried yet. */
  catchUp() {
    this.#isAskedFor = true;
    this.#catchingUp ??= this.#catchUp().finally(() => (this.#catchingUp = null));
    return this.#catchingUp;
  }

  async #catchUp() {
    while (this.#isAskedFor) {
      this.#isAskedFor = false;
      await this.#openUntried();
    }
  }

  async #openUntried() {
    let before = "";
    for (;;) {
      const rows = await this.#archive.untried(BATCH);
      const ids = rows.map(({ id }) => id).join();
      // The same ones again: there is no network, say.
      if (ids === "" || ids === before) {
        return;
      }
      before = ids;
      for (const row of rows) {
        await this.open(row);
      }
    }
  }

  /**
   * @param {() => Promise<void>} work
   * @returns {Promise<void>}
   */
  async #inTurn(work) {
    if (this.#active >= AT_ONCE) {
      await new Promise((resolve) => this.#queue.push(() => resolve(undefined)));
    }
    this.#active += 1;
    try {
      await work();
    } finally {
      this.#active -= 1;
      this.#queue.shift()?.();
    }
  }

  /** @param {MessageRow} row */
  async #open(row) {
    try {
      const content = await this.#contentOf(row);
      await this.#archive.keepOpened(row, content);
      this.#failures.delete(row.id);
      this.emit("opened", { row, text: content.body });
      if (!row.mine) {
        await this.#chains.advance(row.peer, content.browser);
      }
    } catch (error) {
      await this.#failed(row, error);
    }
  }

  /**
   * @param {MessageRow} row
   * @param {unknown} error
   */
  async #failed(row, error) {
    const failure = explain(error, { mine: row.mine, name: this.#people.nameOf(row.peer) });
    if (failure) {
      this.#failures.set(row.id, failure);
      await this.#archive.keepTried(row);
      this.emit("failed", { row });
    }
  }

  /**
   * @param {MessageRow} row
   * @returns {Promise<StoredContent>}
   */
  async #contentOf({ raw, peer, mine }) {
    const own = this.#accountKey.pair(mine ? raw.sender_fingerprint : raw.recipient_fingerprint);
    const peerFingerprint = peerFingerprintOf(raw, own?.fingerprint ?? "");
    const ownKeyPair = /** @type {KeyRow} */ (own);
    const opened = await openMessage({
      ownKeyPair,
      ownFingerprint: ownKeyPair.fingerprint,
      ownEmail: this.#ownEmail,
      peerEmail: peer,
      message: raw,
      peerPublicKeyBytes: await this.#peerKeys.named(peer, peerFingerprint),
    });
    if (!opened.supported) {
      throw new NewerType();
    }
    const { type, body, browser, counter, previous, received, sent_at } = opened.content;
    return { type, body, browser, counter, previous, received, sent_at, hash: opened.hash };
  }
}
