/**
 * Stores the ends of the chains. A chain is the messages of one browser in one chat: each has a counter and the hash of the
 * one before. The end of an own chain is the last message written here. The end of a peer's chain is the last message up to
 * which all were decrypted.
 */
import { SerialQueue } from "../../lib/timing.js";
import { all, chatOrNew, countMarked, get, messageInChain, theirChains } from "../../storage/queries.js";
import { messageRecord } from "../keys/storage-cipher.js";
import { withDeleted } from "./deleted-places.js";
import { hasManySkips, pruneSkips } from "./skips.js";
import { isBlocked, isOwn } from "./standing.js";

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
   * @param {ChatId} chat
   * @param {OwnSide} [side]
   * @returns {Promise<OwnEnd>} the last message written here in that chat; counter 0 and hash null if there is none
   */
  async own(chat, side = "own") {
    const row = await this.#database.read(["chains"], (stores) => get(stores("chains"), this.#ownKey(chat, side)));
    return { ...(row ? await this.#open(row) : { counter: 0, hash: null }), row };
  }

  /** @returns {Promise<{ known: ChatId[], blocked: ChatId[] }>} known: the chats that were accepted, or in which the user has written */
  async standing() {
    const [rows, chats] = await this.#database.read(["chains", "chats"], (stores) =>
      Promise.all([all(stores("chains")), all(stores("chats"))]));
    const here = rows.filter(isOwn).map(({ chat }) => chat);
    const ids = (/** @type {ChatRow[]} */ some) => some.map(({ id }) => id);
    const known = chats.filter(({ accepted, writtenElsewhere }) => accepted || writtenElsewhere);
    return { known: [...here, ...ids(known)], blocked: ids(chats.filter(isBlocked)) };
  }

  /**
   * @param {ChatId} chat
   * @param {ChainEnd & { hash: string }} end
   * @param {OwnSide} [side]
   * @returns {Promise<ChainRow>} to be stored in the transaction that stores the message
   */
  ownRow(chat, end, side = "own") {
    return this.#seal({ chat, side, browser: this.#cipher.browser }, end);
  }

  /**
   * Compares the nonce too, because a counter may have been returned and given to another message meanwhile.
   * @param {Stores} stores of a transaction with `chains`
   * @param {ChatId} chat
   * @param {ChainRow | undefined} row as read before
   * @param {OwnSide} [side]
   * @returns {Promise<boolean>} whether the chain still ends there
   */
  async isStillOwn(stores, chat, row, side = "own") {
    const found = await get(stores("chains"), this.#ownKey(chat, side));
    // Each write draws a new nonce.
    return found?.counter === row?.counter && String(found?.sealed.nonce) === String(row?.sealed.nonce);
  }

  /**
   * @param {Stores} stores of a transaction with `chains`
   * @param {ChatId} chat
   * @returns {Promise<number>} the last counter in use
   */
  async ownCounter(stores, chat) {
    return (await get(stores("chains"), this.#ownKey(chat)))?.counter ?? 0;
  }

  /**
   * @param {Stores} stores of a transaction with `chains`
   * @param {ChatId} chat
   * @param {ChainRow | null} row null: no message was written yet
   */
  setOwn(stores, chat, row) {
    if (row) {
      stores("chains").put(row);
    } else {
      stores("chains").delete(this.#ownKey(chat));
    }
  }

  /**
   * @param {ChatId} chat
   * @returns {Promise<{ browser: string, counter: number, hash: string }[]>} the `received` of a message in that chat: the
   *   ends of the chains of their most recently active browsers
   */
  async received(chat) {
    const rows = await this.#database.read(["chains"], (stores) => theirChains(stores("chains"), chat));
    const latest = rows.sort((left, right) => right.atMs - left.atMs).slice(0, REPORTED_LIMIT);
    const opened = latest.map(async (row) => ({ browser: row.browser, ...(await this.#open(row)) }));
    return /** @type {Promise<any[]>} */ (Promise.all(opened));
  }

  /**
   * Moves the end of a peer's chain to the last message before a gap. Calls for one chain share a run that has not begun.
   * @param {ChatId} chat
   * @param {string} browser
   * @returns {Promise<void>}
   */
  advance(chat, browser) {
    const key = `${chat} ${browser}`;
    const waiting = this.#waiting.get(key) ?? this.#advances.run(() => {
      this.#waiting.delete(key);
      return this.#advance(chat, browser);
    });
    this.#waiting.set(key, waiting);
    return waiting;
  }

  /**
   * @param {ChatId} chat
   * @param {string} browser
   */
  async #advance(chat, browser) {
    const cleared = await this.#clearedMessages.hashes(chat, browser);
    const found = await this.#database.read(["chains", "chats", "messages", "state"], (stores) => walk(stores, { chat, browser, cleared }));
    if (found === null) {
      return;
    }
    const { counter, from, gone, last } = found;
    const hash = last ? (await this.#cipher.open(messageRecord(last), /** @type {Sealed} */ (last.sealed))).hash : gone.get(counter);
    const row = { ...(await this.#seal({ chat, side: "theirs", browser }, { counter, hash })), from };
    await this.#database.write(["chains"], async (stores) => {
      const standing = await get(stores("chains"), [chat, "theirs", browser]);
      if ((standing?.counter ?? 0) < counter) {
        stores("chains").put(row);
      }
    });
    if (found.hasManySkips) {
      await this.#database.write(["chains", "chats", "messages"], (stores) => pruneSkips(stores, chat));
    }
  }

  /**
   * @param {Pick<ChainRow, "chat" | "side" | "browser">} chain
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
   * @param {ChatId} chat
   * @param {OwnSide} [side]
   */
  #ownKey(chat, side = "own") {
    return [chat, side, this.#cipher.browser];
  }
}

/** @typedef {{ counter: number, from: number, gone: Map<number, string>, last: MessageRow | null, hasManySkips: boolean }} Reached
 *   last: null if that message was cleared here, or deleted for both; then `gone` has its hash */

/**
 * @param {Stores} stores
 * @param {{ chat: ChatId, browser: string, cleared: Map<number, string> }} chain
 * @returns {Promise<Reached | null>} null: the end does not move
 */
async function walk(stores, { chat, browser, cleared }) {
  const start = await endOfChain(stores, chat, browser);
  if (start === null) {
    return null;
  }
  const row = await chatOrNew(stores("chats"), chat);
  const gone = withDeleted(row, browser, cleared);
  let { counter } = start;
  /** @type {MessageRow | null} */
  let last = null;
  for (;;) {
    const next = await messageInChain(stores("messages"), chat, browser, counter + 1);
    const isThere = next?.counter === counter + 1;
    if (!isThere && !gone.has(counter + 1)) {
      return counter === start.counter ? null : { counter, from: start.from, gone, last, hasManySkips: hasManySkips(row) };
    }
    last = isThere ? next : null;
    counter += 1;
  }
}

/**
 * A new chain begins with counter 1. In a browser that is not the account's first, it begins after the head that a receipt
 * has named, or with the first message that this browser can decrypt, once it has tried all messages that are here.
 * @param {Stores} stores
 * @param {ChatId} chat
 * @param {string} browser
 * @returns {Promise<{ counter: number, from: number } | null>} the last counter before a gap, and the first one; null: not
 *   known yet
 */
async function endOfChain(stores, chat, browser) {
  const chain = await get(stores("chains"), [chat, "theirs", browser]);
  if (chain) {
    return { counter: chain.counter, from: chain.from ?? 1 };
  }
  const first = await messageInChain(stores("messages"), chat, browser, 1);
  if (first?.counter === 1 || (await isFirstBrowser(stores))) {
    return { counter: 0, from: 1 };
  }
  if (!first || (await countMarked(stores("messages"), "pending", chat)) > 0) {
    return null;
  }
  const head = (await get(stores("chats"), chat))?.heads?.[browser];
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

/** @param {Pick<ChainRow, "chat" | "side" | "browser">} chain */
function chainRecord({ chat, side, browser }) {
  return `chain ${chat} ${side} ${browser}`;
}
