/**
 * Stores the ends of the chains. A chain is the messages of one browser to one peer: each has a counter and the hash of the
 * one before. The end of an own chain is the last message written here. The end of a peer's chain is the last message up to
 * which all were decrypted.
 */
import { SerialQueue } from "../../lib/timing.js";
import { all, get, countMarked, messageInChain, theirChains } from "../../storage/queries.js";
import { messageRecord } from "../keys/storage-cipher.js";

/** @typedef {{ counter: number, hash: string | null }} ChainEnd */
/** @typedef {ChainEnd & { row: ChainRow | undefined }} OwnEnd with its stored row */
/** @typedef {"own" | "receipts"} OwnSide messages and receipts have separate counters */

const REPORTED_LIMIT = 8;

export class Chains {
  #database;
  #cipher;
  #clearedMessages;
  #advances = new SerialQueue();
  /** @type {Map<string, Promise<void>>} by chain: runs of `advance` that have not begun */
  #waiting = new Map();

  /** @param {{ database: Database, cipher: StorageCipher, clearedMessages: ClearedMessages }} parts */
  constructor({ database, cipher, clearedMessages }) {
    this.#database = database;
    this.#cipher = cipher;
    this.#clearedMessages = clearedMessages;
  }

  /**
   * @param {string} peer
   * @param {OwnSide} [side]
   * @returns {Promise<OwnEnd>} the last message written here to that peer; counter 0 and hash null if there is none
   */
  async own(peer, side = "own") {
    const row = await this.#database.read(["chains"], (stores) => get(stores("chains"), this.#ownKey(peer, side)));
    return { ...(row ? await this.#open(row) : { counter: 0, hash: null }), row };
  }

  /** @returns {Promise<string[]>} the peers to whom a message was written here */
  async writtenTo() {
    const rows = await this.#database.read(["chains"], (stores) => all(stores("chains")));
    return rows.filter(({ side, counter }) => side === "own" && counter > 0).map(({ peer }) => peer);
  }

  /**
   * @param {string} peer
   * @param {ChainEnd & { hash: string }} end
   * @param {OwnSide} [side]
   * @returns {Promise<ChainRow>} to be stored in the transaction that stores the message
   */
  ownRow(peer, end, side = "own") {
    return this.#seal({ peer, side, browser: this.#cipher.browser }, end);
  }

  /**
   * Compares the nonce too, because a counter may have been returned and given to another message meanwhile.
   * @param {Stores} stores of a transaction with `chains`
   * @param {string} peer
   * @param {ChainRow | undefined} row as read before
   * @param {OwnSide} [side]
   * @returns {Promise<boolean>} whether the chain still ends there
   */
  async isStillOwn(stores, peer, row, side = "own") {
    const found = await get(stores("chains"), this.#ownKey(peer, side));
    // Each write draws a new nonce.
    return found?.counter === row?.counter && String(found?.sealed.nonce) === String(row?.sealed.nonce);
  }

  /**
   * @param {Stores} stores of a transaction with `chains`
   * @param {string} peer
   * @returns {Promise<number>} the last counter in use
   */
  async ownCounter(stores, peer) {
    return (await get(stores("chains"), this.#ownKey(peer)))?.counter ?? 0;
  }

  /**
   * @param {Stores} stores of a transaction with `chains`
   * @param {string} peer
   * @param {ChainRow | null} row null: no message was written yet
   */
  setOwn(stores, peer, row) {
    if (row) {
      stores("chains").put(row);
    } else {
      stores("chains").delete(this.#ownKey(peer));
    }
  }

  /**
   * @param {string} peer
   * @returns {Promise<{ browser: string, counter: number, hash: string }[]>} the `received` of a message to that peer: the
   *   ends of the chains of their most recently active browsers
   */
  async received(peer) {
    const rows = await this.#database.read(["chains"], (stores) => theirChains(stores("chains"), peer));
    const latest = rows.sort((left, right) => right.atMs - left.atMs).slice(0, REPORTED_LIMIT);
    const opened = latest.map(async (row) => ({ browser: row.browser, ...(await this.#open(row)) }));
    return /** @type {Promise<any[]>} */ (Promise.all(opened));
  }

  /**
   * Moves the end of a peer's chain to the last message before a gap. Calls for one chain share a run that has not begun.
   * @param {string} peer
   * @param {string} browser
   * @returns {Promise<void>}
   */
  advance(peer, browser) {
    const key = `${peer} ${browser}`;
    const waiting = this.#waiting.get(key) ?? this.#advances.run(() => {
      this.#waiting.delete(key);
      return this.#advance(peer, browser);
    });
    this.#waiting.set(key, waiting);
    return waiting;
  }

  /**
   * @param {string} peer
   * @param {string} browser
   */
  async #advance(peer, browser) {
    const gone = await this.#clearedMessages.hashes(peer, browser);
    const found = await this.#database.read(["chains", "chats", "messages", "state"], (stores) => walk(stores, { peer, browser, gone }));
    if (found === null) {
      return;
    }
    const { counter, from, last } = found;
    const hash = last ? (await this.#cipher.open(messageRecord(last), /** @type {Sealed} */ (last.sealed))).hash : gone.get(counter);
    const row = { ...(await this.#seal({ peer, side: "theirs", browser }, { counter, hash })), from };
    await this.#database.write(["chains"], async (stores) => {
      const standing = await get(stores("chains"), [peer, "theirs", browser]);
      if ((standing?.counter ?? 0) < counter) {
        stores("chains").put(row);
      }
    });
  }

  /**
   * @param {Pick<ChainRow, "peer" | "side" | "browser">} chain
   * @param {ChainEnd} end
   * @returns {Promise<ChainRow>}
   */
  async #seal(chain, { counter, hash }) {
    const sealed = await this.#cipher.seal(chainRecord(chain), { counter, hash });
    return { ...chain, counter, atMs: Date.now(), sealed };
  }

  /**
   * @param {ChainRow} row
   * @returns {Promise<ChainEnd>}
   */
  #open(row) {
    return this.#cipher.open(chainRecord(row), row.sealed);
  }

  /**
   * @param {string} peer
   * @param {OwnSide} [side]
   */
  #ownKey(peer, side = "own") {
    return [peer, side, this.#cipher.browser];
  }
}

/** @typedef {{ counter: number, from: number, last: MessageRow | null }} Reached last: null if that message was cleared */

/**
 * @param {Stores} stores
 * @param {{ peer: string, browser: string, gone: Map<number, string> }} chain
 * @returns {Promise<Reached | null>} null: the end does not move
 */
async function walk(stores, { peer, browser, gone }) {
  const start = await endOfChain(stores, peer, browser);
  if (start === null) {
    return null;
  }
  let { counter } = start;
  /** @type {MessageRow | null} */
  let last = null;
  for (;;) {
    const next = await messageInChain(stores("messages"), peer, browser, counter + 1);
    const isThere = next?.counter === counter + 1;
    if (!isThere && !gone.has(counter + 1)) {
      return counter === start.counter ? null : { counter, from: start.from, last };
    }
    last = isThere ? next : null;
    counter += 1;
  }
}

/**
 * A new chain begins with counter 1. In a browser that is not the account's first, it begins after the head that a receipt
 * has named, or with the first message that this browser can decrypt, once it has tried all messages that are here.
 * @param {Stores} stores
 * @param {string} peer
 * @param {string} browser
 * @returns {Promise<{ counter: number, from: number } | null>} the last counter before a gap, and the first one; null: not
 *   known yet
 */
async function endOfChain(stores, peer, browser) {
  const chain = await get(stores("chains"), [peer, "theirs", browser]);
  if (chain) {
    return { counter: chain.counter, from: chain.from ?? 1 };
  }
  const first = await messageInChain(stores("messages"), peer, browser, 1);
  if (first?.counter === 1 || (await isFirstBrowser(stores))) {
    return { counter: 0, from: 1 };
  }
  if (!first || (await countMarked(stores("messages"), "pending", peer)) > 0) {
    return null;
  }
  const head = (await get(stores("chats"), peer))?.heads?.[browser];
  const before = Math.min(head?.from ?? Infinity, (first.counter ?? 1) - 1);
  return { counter: before, from: before + 1 };
}

/**
 * @param {Stores} stores of a transaction with `state`
 * @returns {Promise<boolean>} whether the account's first key was made here, so that no earlier message exists
 */
export async function isFirstBrowser(stores) {
  return (await get(stores("state"), "origin")) === "first";
}

/** @param {Pick<ChainRow, "peer" | "side" | "browser">} chain */
function chainRecord({ peer, side, browser }) {
  return `chain ${peer} ${side} ${browser}`;
}
