/**
 * Checks a decrypted message against its neighbours in its chain (docs/protocol.md §7.3). A message that is here already, or
 * was cleared, is not shown again. Two messages that one browser cannot both have sent are a conflict. The hashes are stored
 * encrypted, so they are compared outside of transactions.
 */
import { chainPart, messagesAtCounter } from "../../storage/queries.js";
import { isPlaced } from "../../types/content-types.js";
import { messageRecord } from "../keys/storage-cipher.js";
import { namedHead } from "./heads.js";

// How many later messages are looked at to find one that came earlier.
const LATER_ONES = 100;
// A peer may give one counter to thousands of messages. Comparing each with these is enough to mark it.
const TWINS_COMPARED = 20;

/**
 * @typedef {object} ChainVerdict
 * @property {Set<number>} compared the ids of the messages that it was compared with
 * @property {MessageRow | undefined} first the same message, if it is here already
 * @property {boolean} isRepeated it is here already, or was cleared here
 * @property {boolean} hidden
 * @property {boolean} conflict
 * @property {boolean} late it came after a message that was written after it
 */

/**
 * @param {Stores} stores of a transaction with `messages`
 * @param {MessageRow} row
 * @param {StoredContent} content
 * @returns {Promise<MessageRow[]>} the messages with its counter and the adjacent ones, under other ids
 */
export async function neighbours(stores, row, { browser, counter }) {
  const counters = [counter - 1, counter, counter + 1];
  const found = counters.map((at) => messagesAtCounter(stores("messages"), row.chat, browser, at, TWINS_COMPARED));
  return (await Promise.all(found)).flat().filter(({ id }) => id !== row.id);
}

/**
 * @param {{ database: Database, cipher: StorageCipher, clearedMessages: ClearedMessages }} parts
 * @param {MessageRow} row
 * @param {StoredContent} content
 * @returns {Promise<ChainVerdict>}
 */
export async function checkChain({ database, cipher, clearedMessages }, row, content) {
  const rows = await database.read(["messages"], (stores) => neighbours(stores, row, content));
  const near = await Promise.all(rows.map(async (other) => ({ row: other, content: await contentOf(cipher, other) })));
  const gone = await clearedMessages.hashes(row.chat, content.browser);
  const { type, counter, hash } = content;
  const same = near.filter((other) => other.row.counter === counter && other.content?.hash === hash);
  // A hidden message may be the skip of the message that has come now.
  const first = (same.find((other) => !other.row.hidden) ?? same.find((other) => other.content?.type === type))?.row;
  const isContradicted = isConflict(content, near.flatMap((other) => other.content ?? []), gone)
    || isOtherHead(await namedHead({ database, cipher }, row.chat, content.browser), content);
  const conflict = !row.mine && isContradicted;
  const isRepeated = first !== undefined || gone.get(counter) === hash;
  return {
    compared: new Set(rows.map(({ id }) => id)),
    first,
    isRepeated,
    // A message in a conflict is shown, so that the conflict shows.
    hidden: isRepeated || (!isPlaced(content) && !conflict),
    late: !row.mine && (await isLate(database, row, content)),
    conflict,
  };
}

/**
 * @param {Database} database
 * @param {MessageRow} row
 * @param {StoredContent} content
 */
async function isLate(database, { chat, isLive, arrivedAtMs = 0 }, { browser, counter }) {
  const part = { from: counter + 1, to: counter + LATER_ONES };
  const later = isLive ? await database.read(["messages"], (stores) => chainPart(stores("messages"), chat, browser, part, LATER_ONES)) : [];
  return later.some((other) => (other.arrivedAtMs ?? Infinity) < arrivedAtMs);
}

/**
 * @param {StoredContent} content
 * @param {StoredContent[]} near
 * @param {Map<number, string>} gone
 * @returns {boolean} whether another message has its counter, or a neighbour names another message in its place
 */
function isConflict({ counter, hash, previous }, near, gone) {
  const at = (/** @type {number} */ number) => near.filter((other) => other.counter === number);
  const twins = at(counter).map((other) => other.hash);
  const before = at(counter - 1).map((other) => other.hash);
  const named = at(counter + 1).map((other) => other.previous);
  return isOther([...twins, ...valueOf(gone, counter)], hash)
    || isOther([...before, ...valueOf(gone, counter - 1)], previous)
    || isOther(named, hash);
}

/**
 * @param {import("./heads.js").Head | null} head of its browser
 * @param {StoredContent} content
 */
function isOtherHead(head, { counter, hash }) {
  return head?.counter === counter && head.hash !== hash;
}

/**
 * @param {Map<number, string>} gone
 * @param {number} counter
 */
function valueOf(gone, counter) {
  const hash = gone.get(counter);
  return hash === undefined ? [] : [hash];
}

/**
 * @param {(string | null)[]} known
 * @param {string | null} value
 * @returns {boolean} whether values are known, and this one is not among them
 */
function isOther(known, value) {
  return known.length > 0 && !known.includes(value);
}

/**
 * @param {StorageCipher} cipher
 * @param {MessageRow | OutboxRow} row with a sealed content
 * @returns {Promise<StoredContent | null>} null: it cannot be decrypted any more
 */
export async function contentOf(cipher, row) {
  try {
    return await cipher.open(messageRecord(row), /** @type {Sealed} */ (row.sealed));
  } catch {
    return null;
  }
}
