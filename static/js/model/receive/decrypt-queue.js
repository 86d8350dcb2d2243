/**
 * Decrypts messages: first those that a screen waits for, then the others one by one. The contents are stored, so that no
 * message is decrypted twice.
 *
 * Events: `opened` {row, text, content}, `repeated` {row} (it is not shown, or was shown before), `failed` {row}, and `named` {email,
 * hash} (a decrypted message names another one by its hash).
 */
import { DecryptionError, ProtocolError } from "../../crypto/crypto-errors.js";
import { CryptoManager } from "../../crypto/crypto.js";
import { addedMembers } from "../../crypto/content.js";
import { BoundedMap } from "../../lib/bounded-map.js";
import { utf8Encode } from "../../lib/bytes.js";
import { Emitter } from "../../lib/emitter.js";
import { Turns } from "../../lib/turns.js";
import { textOf, typeOf } from "../../types/content-types.js";
import { identityOf, SEALED_BY, stampOf } from "../history/message-rows.js";
import { Refusal } from "../server/model-errors.js";
import { Backlog } from "./backlog.js";
import { explain } from "./unopened.js";

// Bounds for memory.
const HELD_LIMIT = 1000;
const NAMED_LIMIT = 1000;
const DAMAGED_LIMIT = 1000;
// Key derivation runs on the browser's own threads. More at once would only delay the first.
const AT_ONCE = 3;
const LOOK_UPS_AT_ONCE = 3;

export class DecryptQueue extends Emitter {
  #messageStore;
  #chains;
  #people;
  #retiredKeys;
  #unsealer;
  /** @type {Map<string, Promise<void>>} by identity: running decryptions */
  #running = new Map();
  /** @type {Map<string, unknown>} by identity: the errors of failed decryptions */
  #failures = new Map();
  /** @type {BoundedMap<string, MessageRow>} by peer and hash: messages under a retired key that nothing has named yet */
  #held = new BoundedMap(HELD_LIMIT);
  /** @type {BoundedMap<string, true>} by peer and hash: what was named lately while no message was held for it */
  #named = new BoundedMap(NAMED_LIMIT);
  #derivations = new Turns(AT_ONCE);
  #lookUps = new Turns(LOOK_UPS_AT_ONCE);
  /** @type {Map<string, number>} by identity: how many screens wait for the message */
  #awaited = new Map();
  /** @type {Set<string>} identities of messages that wait for a key look-up */
  #lookingUp = new Set();
  /** @type {(() => void)[]} */
  #calmWaiters = [];
  /** @type {Map<string, (value?: unknown) => void>} by identity: called when the message waits for a key look-up */
  #lookUpWaiters = new Map();
  /** @type {BoundedMap<string, true>} by hash: envelopes that can never be decrypted */
  #damaged = new BoundedMap(DAMAGED_LIMIT);
  /** Counts the calls of `forgetFailures`. */
  #round = 0;
  #backlog;

  /** @param {{ messageStore: MessageStore, chains: Chains, people: People, retiredKeys: RetiredKeys, unsealer: Unsealer }} parts */
  constructor({ messageStore, chains, people, retiredKeys, unsealer }) {
    super();
    this.#messageStore = messageStore;
    this.#chains = chains;
    this.#people = people;
    this.#retiredKeys = retiredKeys;
    this.#unsealer = unsealer;
    people.on("changed", () => this.catchUp().catch(() => {}));
    this.#backlog = new Backlog({ messageStore, chains, people, open: (row) => this.#openWhenCalm(row) });
  }

  /**
   * @param {MessageRow} row
   * @returns {Unopened | null} why decryption failed; null: it has not failed
   */
  failure(row) {
    const error = this.#failures.get(identityOf(row)) ?? (row.damaged ? new DecryptionError() : undefined);
    return error === undefined ? null : explain(error, { mine: row.mine, name: this.#people.nameOf(row.peer) });
  }

  /** Forgets the failures, because keys have changed or the network is back. */
  forgetFailures() {
    this.#round += 1;
    this.#failures.clear();
  }

  /**
   * Decrypts messages for a screen, in this order and before all that were requested earlier. An event follows for each.
   * @param {MessageRow[]} rows with `raw`
   */
  openAll(rows) {
    rows.forEach((row) => this.#openAwaited(row).catch(() => {}));
    this.#derivations.prefer(rows.map(identityOf));
  }

  /** @param {MessageRow} row */
  async #openAwaited(row) {
    const key = identityOf(row);
    this.#awaited.set(key, (this.#awaited.get(key) ?? 0) + 1);
    await this.#openOnce(row).finally(() => {
      const others = (this.#awaited.get(key) ?? 0) - 1;
      if (others > 0) {
        this.#awaited.set(key, others);
      } else {
        this.#awaited.delete(key);
      }
      this.#tellIfCalm();
    });
  }

  /** Whether a screen waits for a message that does not wait for a key look-up. */
  get #isBusy() {
    return [...this.#awaited.keys()].some((key) => !this.#lookingUp.has(key));
  }

  /** @returns {Promise<void>} resolves when no screen waits for a message, other than for a key look-up */
  calm() {
    return this.#isBusy ? new Promise((resolve) => this.#calmWaiters.push(resolve)) : Promise.resolve();
  }

  #tellIfCalm() {
    if (!this.#isBusy) {
      this.#calmWaiters.splice(0).forEach((tell) => tell());
    }
  }

  /**
   * @param {MessageRow} row that no screen waits for
   * @returns {Promise<void>} resolves when it was tried, or waits for a key look-up
   */
  async #openWhenCalm(row) {
    const key = identityOf(row);
    await this.calm();
    if (this.#lookingUp.has(key)) {
      return;
    }
    const lookingUp = new Promise((resolve) => this.#lookUpWaiters.set(key, resolve));
    await Promise.race([this.#openOnce(row), lookingUp]);
    this.#lookUpWaiters.delete(key);
  }

  /** @param {MessageRow} row */
  #openOnce(row) {
    const key = identityOf(row);
    let running = this.#running.get(key);
    if (!running) {
      running = this.#open(row).finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    return running;
  }

  /** Tries, one by one, all messages for which decryption was not tried yet. */
  catchUp() {
    return this.#backlog.catchUp();
  }

  /**
   * Runs a key look-up without a place among the derivations, so that a slow one delays no other message.
   * @template Result
   * @param {string} key
   * @param {() => Promise<Result>} lookUp
   * @returns {Promise<Result>}
   */
  async #lookUp(key, lookUp) {
    this.#lookingUp.add(key);
    this.#lookUpWaiters.get(key)?.();
    this.#tellIfCalm();
    try {
      return await this.#lookUps.run(lookUp);
    } finally {
      this.#lookingUp.delete(key);
    }
  }

  /** @param {MessageRow} row */
  async #open(row) {
    const round = this.#round;
    try {
      const key = identityOf(row);
      const content = await this.#derivations.run(
        (aside) => this.#contentOf(row, (lookUp) => aside(() => this.#lookUp(key, lookUp))),
        key,
      );
      if (!row.mine) {
        await this.#people.hear(row.peer, content);
      }
      const kept = await this.#messageStore.keepOpened(row, content);
      this.#failures.delete(identityOf(row));
      this.#tell(row, kept, content);
      this.openNamed(row.peer, content.previous);
      this.emit("named", { email: row.peer, hash: content.previous });
      if (kept && !row.mine) {
        await this.#chains.advance(row.chat, content.browser);
      }
    } catch (error) {
      // It began before the keys changed or the network came back.
      await (round === this.#round ? this.#failed(row, error) : this.#open(row));
    }
  }

  /**
   * @param {MessageRow} row
   * @param {MessageRow | null} kept null: the server has given its id to another message, which is decrypted in its turn
   * @param {StoredContent} content
   */
  #tell(row, kept, content) {
    if (kept) {
      const text = textOf(content);
      this.emit(kept.hidden ? "repeated" : text === null ? "failed" : "opened", { row, text, content });
    }
  }

  /**
   * @param {MessageRow} row
   * @param {unknown} error
   */
  async #failed(row, error) {
    const isFinal = explain(error, { mine: row.mine, name: "" }) !== null;
    if (isDamage(error)) {
      // The same envelope may come again under other ids. It costs no further derivation.
      this.#damaged.set(await envelopeHash(row), true);
    }
    if (isFinal) {
      this.#failures.set(identityOf(row), error);
    }
    await this.#messageStore.keepTried(row, { isFinal, isDamaged: isDamage(error) });
    if (isFinal) {
      this.emit("failed", { row });
    }
  }

  /**
   * @param {MessageRow} row
   * @param {import("../../lib/turns.js").Aside} aside
   * @returns {Promise<StoredContent>}
   */
  async #contentOf(row, aside) {
    if (this.#damaged.size > 0 && this.#damaged.has(await envelopeHash(row))) {
      throw new DecryptionError();
    }
    const opened = await this.#unsealer.open({ ...row, raw: row.raw }, aside);
    const { v, type, body, browser, counter, previous, received, sent_at } = opened.content;
    // A skip has the place in the chain, and the hash, of the message that was taken back.
    const hash = typeOf(type, v).chainHash?.(body) ?? opened.hash;
    const content = { type, body, browser, counter, previous, received, sent_at, hash, ...addedMembers(opened.content), ...stampOf(row) };
    if (await this.#retiredKeys.refuses(row, content, opened.peerKey.fingerprint)) {
      this.#hold(row, hash);
      throw new Refusal("retired_key");
    }
    return content;
  }

  /**
   * @param {MessageRow} row under a retired key
   * @param {string} hash by which a later message may name it
   */
  #hold(row, hash) {
    const name = `${row.peer} ${hash}`;
    // It may have been named after the database was read. Each naming leads to one more attempt at most.
    if (this.#named.delete(name)) {
      this.#openAgain(row).catch(() => {});
    } else {
      this.#held.set(name, row);
    }
  }

  /**
   * Decrypts a message under a retired key, because a decrypted message or receipt names its hash.
   * @param {string} peer
   * @param {string | null} hash
   */
  openNamed(peer, hash) {
    const name = `${peer} ${hash}`;
    const row = this.#held.get(name);
    if (row) {
      this.#held.delete(name);
      this.#openAgain(row).catch(() => {});
    } else if (hash !== null) {
      this.#named.set(name, true);
    }
  }

  /**
   * Decrypts a message once more. An attempt that is running now may have begun before the message was named.
   * @param {MessageRow} row
   */
  async #openAgain(row) {
    await this.#running.get(identityOf(row))?.catch(() => {});
    await this.#openOnce(row);
  }
}

/**
 * @param {unknown} error
 * @returns {boolean} whether the same envelope fails each time, with whatever keys, and costs a derivation each time
 */
function isDamage(error) {
  const mayBeNewer = error instanceof ProtocolError && ["unknown_suite", "unknown_version", "type", "not_our_key"].includes(error.reason);
  return error instanceof DecryptionError || (error instanceof ProtocolError && !mayBeNewer);
}

/**
 * @param {MessageRow} row with `raw`
 * @returns {Promise<string>}
 */
function envelopeHash({ peer, mine, raw }) {
  return CryptoManager.sha256Hex(utf8Encode(JSON.stringify([peer, mine, raw.client_id, ...SEALED_BY.map((name) => raw[name])])));
}
