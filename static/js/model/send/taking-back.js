/** Takes back an unsent message, without leaving a gap in the chain (docs/protocol.md §5.5). */
import { CryptoManager } from "../../crypto/crypto.js";
import { get } from "../../storage/queries.js";
import { skip as skipType } from "../../types/skip-type.js";
import { FRESH } from "../history/message-rows.js";
import { messageRecord } from "../keys/storage-cipher.js";

/**
 * @typedef {{ database: Database, cipher: StorageCipher, chains: Chains, isWaiting: (peer: string) => boolean }} Parts
 *   isWaiting: whether messages to the peer wait for a key
 */
/** @typedef {{ before: ChainRow | null, skip: OutboxRow }} Instead before: the end of the chain before it; skip: in its place */

/**
 * Takes back a message that has failed, is held or waits for a key. One that is being sent may have arrived.
 * @param {Parts} parts
 * @param {string} clientId
 */
export async function takeBack({ database, cipher, chains, isWaiting }, clientId) {
  const row = await database.read(["outbox"], (stores) => get(stores("outbox"), clientId));
  if (!row || row.isSkip || (row.state === "sending" && !isWaiting(row.peer))) {
    return;
  }
  /** @type {StoredContent} */
  const content = await cipher.open(messageRecord(row), row.sealed);
  const [before, skip] = await Promise.all([endBefore(chains, row.chat, content), skipOf(cipher, row, content)]);
  await database.write(["outbox", "chains"], async (stores) => {
    const found = await get(stores("outbox"), clientId);
    // Another tab may have sent it again meanwhile, or it may have been sealed, and then it may be with the server.
    if (found?.state === row.state && (found.envelope === null) === (row.envelope === null)) {
      stores("outbox").delete(clientId);
      await closeChain(stores, chains, found, { before, skip });
    }
  }, { durability: "strict" });
}

/**
 * The last message of a chain returns its counter, if it was never sealed. Any other message is replaced by a skip.
 * @param {Stores} stores
 * @param {Chains} chains
 * @param {OutboxRow} row
 * @param {Instead} instead
 */
async function closeChain(stores, chains, row, { before, skip }) {
  if (row.envelope === null && (await chains.ownCounter(stores, row.chat)) === row.counter) {
    chains.setOwn(stores, row.chat, before);
  } else {
    stores("outbox").put(skip);
  }
}

/**
 * @param {Chains} chains
 * @param {ChatId} chat
 * @param {StoredContent} content
 */
async function endBefore(chains, chat, { counter, previous }) {
  return previous === null ? null : chains.ownRow(chat, { counter: counter - 1, hash: previous });
}

/**
 * @param {StorageCipher} cipher
 * @param {OutboxRow} row
 * @param {StoredContent} content
 * @returns {Promise<OutboxRow>} a skip with the same counter; its body is the hash of the message
 */
async function skipOf(cipher, { chat, peer, browser, counter, atMs, envelope }, content) {
  const clientId = CryptoManager.randomUuid();
  const sealed = await cipher.seal(messageRecord({ peer, clientId }), { ...content, v: undefined, type: skipType.name, body: content.hash });
  return { ...FRESH, clientId, chat, peer, browser, counter, atMs, sealed, ...skipType.marks, mayHaveLeft: envelope !== null };
}
