/** Takes back what was written and has not gone out, so that nothing seems to be missing (docs/protocol.md §5.5). */
import { CryptoManager } from "../../crypto/crypto.js";
import { get } from "../../storage/queries.js";
import { skip } from "../../types/skip-type.js";
import { FRESH } from "../history/message-rows.js";
import { messageRecord } from "../keys/storage-cipher.js";

/** @typedef {{ database: Database, cipher: StorageCipher, chains: Chains }} Parts */
/** @typedef {{ before: ChainRow | null, skip: OutboxRow }} Instead the chain's end before it, and what says that it is gone */

/**
 * Only what has failed or is held can be taken back; what is on its way may have arrived.
 * @param {Parts} parts
 * @param {string} clientId
 */
export async function takeBack({ database, cipher, chains }, clientId) {
  const row = await database.read(["outbox"], (stores) => get(stores("outbox"), clientId));
  if (!row || row.state === "sending" || row.isSkip) {
    return;
  }
  /** @type {StoredContent} */
  const content = await cipher.open(messageRecord(row), row.sealed);
  const [before, skip] = await Promise.all([endBefore(chains, row.peer, content), skipOf(cipher, row, content)]);
  await database.write(["outbox", "chains"], async (stores) => {
    const found = await get(stores("outbox"), clientId);
    // Another tab may have tried it again meanwhile, and then it may be with the server.
    if (found?.state === row.state) {
      stores("outbox").delete(clientId);
      await closeChain(stores, chains, found, { before, skip });
    }
  }, { durability: "strict" });
}

/**
 * The last message of a chain that was never sealed gives its counter back. For any other one a `skip` says that nothing
 * is missing.
 * @param {Stores} stores
 * @param {Chains} chains
 * @param {OutboxRow} row
 * @param {Instead} instead
 */
async function closeChain(stores, chains, row, { before, skip }) {
  if (row.envelope === null && (await chains.ownCounter(stores, row.peer)) === row.counter) {
    chains.setOwn(stores, row.peer, before);
  } else {
    stores("outbox").put(skip);
  }
}

/**
 * @param {Chains} chains
 * @param {string} peer
 * @param {StoredContent} content
 */
async function endBefore(chains, peer, { counter, previous }) {
  return previous === null ? null : chains.ownRow(peer, { counter: counter - 1, hash: previous });
}

/**
 * @param {StorageCipher} cipher
 * @param {OutboxRow} row
 * @param {StoredContent} content
 * @returns {Promise<OutboxRow>} with the same counter; its body names what was taken back
 */
async function skipOf(cipher, { peer, browser, counter, atMs, envelope }, content) {
  const clientId = CryptoManager.randomUuid();
  const sealed = await cipher.seal(messageRecord({ peer, clientId }), { ...content, type: skip.name, body: content.hash });
  return { ...FRESH, clientId, peer, browser, counter, atMs, sealed, ...skip.marks, mayHaveLeft: envelope !== null };
}
