/**
 * Whether a peer's message names one of this browser's that this browser has not sent (docs/protocol.md §7.3). Then somebody
 * writes with a copy of its storage, its storage was put back to an older state, or the peer's client invents it.
 */
import { get, messagesAtCounter, unsent } from "../../storage/queries.js";
import { contentOf } from "./chain-check.js";

// Own messages have different counters, unless the storage was copied.
const TWINS_COMPARED = 20;

/**
 * @param {{ database: Database, cipher: StorageCipher, clearedMessages: ClearedMessages }} parts
 * @param {MessageRow} row
 * @param {StoredContent} content
 * @returns {Promise<boolean>} false as well if nothing is stored here of the message that it names
 */
export async function namesUnsent(parts, row, { received }) {
  const { browser } = parts.cipher;
  const named = row.mine ? undefined : received.find((entry) => entry.browser === browser);
  if (!named) {
    return false;
  }
  const { last, hashes } = await ownAt(parts, row.chat, named.counter);
  return hashes.length > 0 ? !hashes.includes(named.hash) : named.counter > last;
}

/**
 * @param {{ database: Database, cipher: StorageCipher, clearedMessages: ClearedMessages }} parts
 * @param {ChatId} chat
 * @param {number} counter
 * @returns {Promise<{ last: number, hashes: string[] }>} last: the last counter that was given; hashes: of all that is stored
 *   here of the own message with that counter
 */
async function ownAt({ database, cipher, clearedMessages }, chat, counter) {
  const { browser } = cipher;
  const { last, rows } = await database.read(["chains", "messages", "outbox"], async (stores) => {
    const sent = await messagesAtCounter(stores("messages"), chat, browser, counter, TWINS_COMPARED);
    const waiting = (await unsent(stores("outbox"), chat)).filter((row) => row.counter === counter);
    const chain = await get(stores("chains"), [chat, "own", browser]);
    return { last: chain?.counter ?? 0, rows: [...sent.filter(({ mine }) => mine), ...waiting] };
  });
  const contents = await Promise.all(rows.map((row) => contentOf(cipher, row)));
  const cleared = (await clearedMessages.hashes(chat, browser)).get(counter);
  return { last, hashes: [...contents.flatMap((content) => content?.hash ?? []), ...(cleared === undefined ? [] : [cleared])] };
}
