/**
 * Opens messages: those that somebody waits for first, the others one by one when there is time. What was opened is
 * kept, so that no message is opened twice.
 *
 * Events: `opened` {row, text}, `repeated` {row} (it was opened before, under another id), and `failed` {row}.
 */
import { openMessage, peerFingerprintOf } from "../crypto/envelope.js";
import { Emitter } from "../lib/emitter.js";
import { identityOf } from "./message-rows.js";
import { explain, NewerType } from "./unopened.js";

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
  /** @type {Map<string, Promise<void>>} by identity: those that are being opened */
  #running = new Map();
  /** @type {Map<string, Unopened>} by identity: those that could not be */
  #failures = new Map();
  /** @type {(() => void)[]} */
  #queue = [];
  #active = 0;
  #awaited = 0;
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
    return this.#failures.get(identityOf(row)) ?? null;
  }

  /** What failed may go well now: the keys are others, or the network is back. */
  forgetFailures() {
    this.#failures.clear();
  }

  /**
   * For a screen: before those that nobody is waiting for.
   * @param {MessageRow} row one with `raw`
   * @returns {Promise<void>} when it was opened, or could not be; an event has told which
   */
  async open(row) {
    this.#awaited += 1;
    await this.#openOnce(row).finally(() => (this.#awaited -= 1));
  }

  /** @returns {Promise<void>} when all screens have what they wait for */
  async calm() {
    while (this.#awaited > 0) {
      await Promise.allSettled(this.#running.values());
    }
  }

  /** @param {MessageRow} row */
  #openOnce(row) {
    const key = identityOf(row);
    const running = this.#running.get(key) ?? this.#inTurn(() => this.#open(row));
    this.#running.set(key, running);
    return running.finally(() => this.#running.delete(key));
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
        await this.calm();
        await this.#openOnce(row);
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
      const kept = await this.#archive.keepOpened(row, content);
      this.#failures.delete(identityOf(row));
      this.#tell(row, kept, content.body);
      if (kept && !row.mine) {
        await this.#chains.advance(row.peer, content.browser);
      }
    } catch (error) {
      await this.#failed(row, error);
    }
  }

  /**
   * @param {MessageRow} row
   * @param {MessageRow | null} kept null: the server has given its id to another one, which is opened in its turn
   * @param {string} text
   */
  #tell(row, kept, text) {
    if (kept) {
      this.emit(kept.repeats ? "repeated" : "opened", { row, text });
    }
  }

  /**
   * @param {MessageRow} row
   * @param {unknown} error
   */
  async #failed(row, error) {
    const failure = explain(error, { mine: row.mine, name: this.#people.nameOf(row.peer) });
    if (failure) {
      this.#failures.set(identityOf(row), failure);
      await this.#archive.keepTried(row);
      this.emit("failed", { row });
    }
  }

  /**
   * @param {MessageRow} row
   * @returns {Promise<StoredContent>}
   */
  async #contentOf({ raw, peer, mine }) {
    const ownFingerprint = mine ? raw.sender_fingerprint : raw.recipient_fingerprint;
    const own = this.#accountKey.pair(ownFingerprint);
    if (!own) {
      this.#accountKey.heardOf(ownFingerprint).catch(() => {});
    }
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
