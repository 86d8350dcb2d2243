/** What a receipt says: how much of each of the other person's browsers is here, and how much this one has sent. */
import { chainPart, chatOrNew, messageInChain, theirChains, unsent } from "../storage/queries.js";
import { messageRecord } from "./vault.js";

/** @typedef {import("../crypto/plaintext.js").Receipt} Receipt */
/** @typedef {Receipt["seen"][number]} Seen */

const BROWSERS_LIMIT = 8;
const MISSING_LIMIT = 64;

/**
 * @param {{ chains: Chains, database: Database, vault: Vault }} parts
 * @param {string} peer
 * @param {{ isReadTold: boolean }} choice
 * @returns {Promise<Receipt>}
 */
export async function receiptOf({ chains, database, vault }, peer, { isReadTold }) {
  const seen = await database.read(["chains", "chats", "messages"], async (stores) => {
    const chat = await chatOrNew(stores("chats"), peer);
    const rows = await theirChains(stores("chains"), peer);
    const known = new Map(rows.map((row) => [row.browser, row]));
    const latest = rows.sort((left, right) => right.atMs - left.atMs).map(({ browser }) => browser);
    const browsers = [...new Set([...latest, ...Object.keys(chat.seen ?? {})])].slice(0, BROWSERS_LIMIT);
    const entries = await Promise.all(browsers.map((browser) => entryOf(stores, { peer, browser, row: known.get(browser) })));
    return entries.flatMap((entry) => (entry ? [{ ...entry, read: isReadTold ? readOf(entry, chat.seen) : 0 }] : []));
  });
  return { head: await headOf({ chains, database, vault }, peer), seen };
}

/**
 * @param {Stores} stores
 * @param {{ peer: string, browser: string, row: ChainRow | undefined }} chain
 * @returns {Promise<Seen | null>} null: nothing of it is here
 */
async function entryOf(stores, { peer, browser, row }) {
  const messages = stores("messages");
  const from = row?.from ?? (row ? 1 : (await messageInChain(messages, peer, browser, 1))?.counter);
  if (from === undefined) {
    return null;
  }
  const whole = row?.counter ?? from - 1;
  const beyond = (await chainPart(messages, peer, browser, { from: whole + 1 })).map(({ counter = 0 }) => counter);
  const part = latestPart(from, [...new Set([whole, ...beyond])]);
  return part.delivered < from ? null : { browser, read: 0, ...part };
}

/**
 * @param {number} from where the chain begins here
 * @param {number[]} here ascending: up to the first of these nothing is missing, and what is here after that
 * @returns {Pick<Seen, "from" | "delivered" | "missing">} the latest part of it that lacks no more than the limit
 */
function latestPart(from, here) {
  const delivered = here.at(-1) ?? 0;
  /** @type {number[]} falling */
  const missing = [];
  let lowest = delivered;
  for (const counter of here.toReversed().slice(1)) {
    if (missing.length + lowest - counter - 1 > MISSING_LIMIT) {
      return { from: lowest, delivered, missing: missing.reverse() };
    }
    for (let absent = lowest - 1; absent > counter; absent -= 1) {
      missing.push(absent);
    }
    lowest = counter;
  }
  return { from, delivered, missing: missing.reverse() };
}

/**
 * @param {Seen} entry
 * @param {Record<string, number>} [seen]
 * @returns {number} at most what was delivered; 0: none
 */
function readOf({ browser, from, delivered }, seen = {}) {
  const read = Math.min(delivered, seen[browser] ?? 0);
  return read >= from ? read : 0;
}

/**
 * @param {{ chains: Chains, database: Database, vault: Vault }} parts
 * @param {string} peer
 * @returns {Promise<Receipt["head"]>} the last of one's own that has left; null: none has
 */
async function headOf({ chains, database, vault }, peer) {
  let { counter, hash } = await chains.own(peer);
  const waiting = await database.read(["outbox"], (stores) => unsent(stores("outbox"), peer));
  // Those that stand at the end: one that failed may stand below others that have left.
  for (const row of waiting.sort((left, right) => right.counter - left.counter)) {
    if (row.counter === counter) {
      hash = (await vault.open(messageRecord(row), row.sealed)).previous;
      counter -= 1;
    }
  }
  return hash === null ? null : { counter, hash };
}
