/**
 * Decrypts messages: first those that a screen waits for, then the others one by one. The contents are stored, so that no
 * message is decrypted twice.
 *
 * Events: `opened` {row, text}, `repeated` {row} (it is not shown, or was shown before), and `failed` {row}.
 */
import { DecryptionError, ProtocolError } from "../../crypto/crypto-errors.js";
import { CryptoManager } from "../../crypto/crypto.js";
import { utf8Encode } from "../../lib/bytes.js";
import { Emitter } from "../../lib/emitter.js";
import { textOf, typeOf } from "../../types/content-types.js";
import { identityOf, SEALED_BY } from "../history/message-rows.js";
import { Refusal } from "../server/model-errors.js";
import { Backlog } from "./backlog.js";
import { explain } from "./unopened.js";

// How many messages under retired keys are remembered until something names them. A bound for memory.
const HELD_LIMIT = 1000;
// Key derivation runs on the browser's own threads. More at once would only delay the first.
const AT_ONCE = 3;
const DAMAGED_LIMIT = 1000;

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
  /** @type {Map<string, MessageRow>} by peer and hash: messages under a retired key that nothing has named yet */
  #held = new Map();
  /** @type {Map<string, () => void>} by identity, in their order: messages that wait for their turn */
  #queue = new Map();
  #active = 0;
  #awaited = 0;
  /** @type {Set<string>} hashes of envelopes that can never be decrypted */
  #damaged = new Set();
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
    const before = this.#queue;
    this.#queue = new Map();
    for (const row of rows) {
      const key = identityOf(row);
      const begin = before.get(key);
      if (begin) {
        this.#queue.set(key, begin);
      }
      this.#openAwaited(row).catch(() => {});
    }
    // A message that waits already moves to the new place.
    before.forEach((begin, key) => this.#queue.set(key, begin));
  }

  /** @param {MessageRow} row */
  async #openAwaited(row) {
    this.#awaited += 1;
    await this.#openOnce(row).finally(() => (this.#awaited -= 1));
  }

  /** @returns {Promise<void>} resolves when no screen waits for a message */
  async calm() {
    while (this.#awaited > 0) {
      await Promise.allSettled(this.#running.values());
    }
  }

  /** @param {MessageRow} row that no screen waits for */
  async #openWhenCalm(row) {
    await this.calm();
    await this.#openOnce(row);
  }

  /** @param {MessageRow} row */
  #openOnce(row) {
    const key = identityOf(row);
    const running = this.#running.get(key) ?? this.#open(row);
    this.#running.set(key, running);
    return running.finally(() => this.#running.delete(key));
  }

  /** Tries, one by one, all messages for which decryption was not tried yet. */
  catchUp() {
    return this.#backlog.catchUp();
  }

  /**
   * @template Result
   * @param {string} key
   * @param {() => Promise<Result>} work
   * @returns {Promise<Result>}
   */
  async #inTurn(key, work) {
    if (this.#active >= AT_ONCE) {
      await new Promise((resolve) => this.#queue.set(key, () => resolve(undefined)));
    }
    this.#active += 1;
    try {
      return await work();
    } finally {
      this.#active -= 1;
      this.#beginNext();
    }
  }

  #beginNext() {
    for (const [key, begin] of this.#queue) {
      this.#queue.delete(key);
      return begin();
    }
  }

  /** @param {MessageRow} row */
  async #open(row) {
    const round = this.#round;
    try {
      const content = await this.#inTurn(identityOf(row), () => this.#contentOf(row));
      const kept = await this.#messageStore.keepOpened(row, content);
      this.#failures.delete(identityOf(row));
      this.#tell(row, kept, textOf(content));
      this.openNamed(row.peer, content.previous);
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
   * @param {string | null} text null: there is no text to announce
   */
  #tell(row, kept, text) {
    if (kept) {
      this.emit(kept.hidden ? "repeated" : text === null ? "failed" : "opened", { row, text });
    }
  }

  /**
   * @param {MessageRow} row
   * @param {unknown} error
   */
  async #failed(row, error) {
    const isFinal = explain(error, { mine: row.mine, name: "" }) !== null;
    if (isDamage(error)) {
      await this.#rememberDamage(row);
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
   * The same envelope may come again under other ids. It costs no further derivation.
   * @param {MessageRow} row
   */
  async #rememberDamage(row) {
    const [oldest] = this.#damaged;
    if (this.#damaged.size >= DAMAGED_LIMIT) {
      this.#damaged.delete(oldest ?? "");
    }
    this.#damaged.add(await envelopeHash(row));
  }

  /**
   * @param {MessageRow} row
   * @returns {Promise<StoredContent>}
   */
  async #contentOf(row) {
    if (this.#damaged.size > 0 && this.#damaged.has(await envelopeHash(row))) {
      throw new DecryptionError();
    }
    const opened = await this.#unsealer.open({ ...row, raw: row.raw });
    const { type, body, browser, counter, previous, received, sent_at } = opened.content;
    // A skip has the place in the chain, and the hash, of the message that was taken back.
    const hash = typeOf(type).chainHash?.(body) ?? opened.hash;
    const content = { type, body, browser, counter, previous, received, sent_at, hash };
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
    const [oldest] = this.#held.keys();
    if (this.#held.size >= HELD_LIMIT && oldest !== undefined) {
      this.#held.delete(oldest);
    }
    this.#held.set(`${row.peer} ${hash}`, row);
  }

  /**
   * Decrypts a message under a retired key, because a decrypted message or receipt names its hash.
   * @param {string} peer
   * @param {string | null} hash
   */
  openNamed(peer, hash) {
    const row = this.#held.get(`${peer} ${hash}`);
    if (row) {
      this.#held.delete(`${peer} ${hash}`);
      this.#openOnce(row).catch(() => {});
    }
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
