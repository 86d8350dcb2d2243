/**
 * Each browser numbers its messages to each person and names the one before by its hash. This is where both ends of
 * these chains are kept: the last message written here, and how far those of the peer's browsers have been opened.
 */
import { get, chatOrNew, countMarked, messageInChain, theirChains } from "../storage/queries.js";
import { messageRecord } from "./vault.js";

/** @typedef {{ counter: number, hash: string | null }} ChainEnd */
/** @typedef {ChainEnd & { row: ChainRow | undefined }} OwnEnd with the row that says so */

const REPORTED_LIMIT = 8;

export class Chains {
  #database;
  #vault;

  /** @param {{ database: Database, vault: Vault }} parts */
  constructor({ database, vault }) {
    this.#database = database;
    this.#vault = vault;
  }

  /**
   * @param {string} peer
   * @returns {Promise<OwnEnd>} the last message written here to that person; 0 and null where there is none
   */
  async own(peer) {
    const row = await this.#database.read(["chains"], (stores) => get(stores("chains"), this.#ownKey(peer)));
    return { ...(row ? await this.#open(row) : { counter: 0, hash: null }), row };
  }

  /**
   * @param {string} peer
   * @param {ChainEnd & { hash: string }} end
   * @returns {Promise<ChainRow>} to be stored in the transaction that stores the message
   */
  ownRow(peer, end) {
    return this.#seal({ peer, side: "own", browser: this.#vault.browser }, end);
  }

  /**
   * The counter alone does not tell: it may have been given back and given to another message meanwhile.
   * @param {Stores} stores of a transaction with `chains`
   * @param {string} peer
   * @param {ChainRow | undefined} row as it was read
   * @returns {Promise<boolean>} whether the chain still ends there
   */
  async isStillOwn(stores, peer, row) {
    const found = await get(stores("chains"), this.#ownKey(peer));
    // Each writing draws a new nonce.
    return found?.counter === row?.counter && String(found?.sealed.nonce) === String(row?.sealed.nonce);
  }

  /**
   * @param {Stores} stores of a transaction with `chains`
   * @param {string} peer
   * @returns {Promise<number>} the last counter given
   */
  async ownCounter(stores, peer) {
    return (await get(stores("chains"), this.#ownKey(peer)))?.counter ?? 0;
  }

  /**
   * @param {Stores} stores of a transaction with `chains`
   * @param {string} peer
   * @param {ChainRow | null} row null: nothing was written yet
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
   * @returns {Promise<{ browser: string, counter: number, hash: string }[]>} what a message to that person reports as
   *   received: up to where each of their browsers' messages were all opened here; the last active browsers
   */
  async received(peer) {
    const rows = await this.#database.read(["chains"], (stores) => theirChains(stores("chains"), peer));
    const latest = rows.sort((left, right) => right.atMs - left.atMs).slice(0, REPORTED_LIMIT);
    const opened = latest.map(async (row) => ({ browser: row.browser, ...(await this.#open(row)) }));
    return /** @type {Promise<any[]>} */ (Promise.all(opened));
  }

  /**
   * Moves a peer's chain as far as it has been opened without a hole.
   * @param {string} peer
   * @param {string} browser
   */
  async advance(peer, browser) {
    const last = await this.#lastWithoutHole(peer, browser);
    if (!last?.sealed) {
      return;
    }
    const { counter, hash } = await this.#vault.open(messageRecord(last), last.sealed);
    const row = await this.#seal({ peer, side: "theirs", browser }, { counter, hash });
    await this.#database.write(["chains"], async (stores) => {
      const found = await get(stores("chains"), [peer, "theirs", browser]);
      if ((found?.counter ?? 0) < counter) {
        stores("chains").put(row);
      }
    });
  }

  /**
   * @param {string} peer
   * @param {string} browser
   * @returns {Promise<MessageRow | null>} null where the chain does not get any further
   */
  #lastWithoutHole(peer, browser) {
    return this.#database.read(["chains", "chats", "messages"], async (stores) => {
      const messages = stores("messages");
      let counter = await endOfChain(stores, peer, browser);
      let last = null;
      for (;;) {
        const next = counter === null ? undefined : await messageInChain(messages, peer, browser, counter + 1);
        if (counter === null || next?.counter !== counter + 1) {
          return last;
        }
        last = next;
        counter += 1;
      }
    });
  }

  /**
   * @param {Pick<ChainRow, "peer" | "side" | "browser">} chain
   * @param {ChainEnd} end
   * @returns {Promise<ChainRow>}
   */
  async #seal(chain, { counter, hash }) {
    const sealed = await this.#vault.seal(chainRecord(chain), { counter, hash });
    return { ...chain, counter, atMs: Date.now(), sealed };
  }

  /**
   * @param {ChainRow} row
   * @returns {Promise<ChainEnd>}
   */
  #open(row) {
    return this.#vault.open(chainRecord(row), row.sealed);
  }

  /** @param {string} peer */
  #ownKey(peer) {
    return [peer, "own", this.#vault.browser];
  }
}

/**
 * Where nothing of the chain is known yet, it begins with the counter 1. Only a browser that came later than the chat
 * begins with the first message that it can have, and only once it has tried all that are there.
 * @param {Stores} stores
 * @param {string} peer
 * @param {string} browser
 * @returns {Promise<number | null>} the last counter without a hole; null: not to be told yet
 */
async function endOfChain(stores, peer, browser) {
  const chain = await get(stores("chains"), [peer, "theirs", browser]);
  if (chain) {
    return chain.counter;
  }
  const first = await messageInChain(stores("messages"), peer, browser, 1);
  const { startId } = await chatOrNew(stores("chats"), peer);
  const isLater = first !== undefined && startId > 0 && first.id > startId;
  if (first?.counter === 1 || !isLater || (await countMarked(stores("messages"), "pending", peer)) > 0) {
    return first?.counter === 1 ? 0 : null;
  }
  return (first.counter ?? 1) - 1;
}

/** @param {Pick<ChainRow, "peer" | "side" | "browser">} chain */
function chainRecord({ peer, side, browser }) {
  return `chain ${peer} ${side} ${browser}`;
}
