/**
 * Sends encrypted receipts to peers: which of their messages were decrypted and seen here (docs/protocol.md §5.6). A receipt
 * says all that earlier ones said, so none has to be stored until it has arrived.
 */
import { CryptoManager } from "../../crypto/crypto.js";
import { sealMessage } from "../../crypto/envelope.js";
import { encodeReceipt } from "../../crypto/plaintext.js";
import { after, backoffMs } from "../../lib/timing.js";
import { peerOf } from "../../storage/chat-ids.js";
import { ApiError, patienceMs } from "../../net/net-errors.js";
import { all, chatOrNew } from "../../storage/queries.js";
import { receipt } from "../../types/receipt-type.js";
import { receiptRecipients } from "../history/receipt-recipients.js";
import { waitReason } from "../keys/pinning.js";
import { Refusal } from "../server/model-errors.js";
import { retryDecision } from "../server/retry-policy.js";
import { receiptOf } from "./receipt-content.js";

const COLLECT_MS = 400;
// During busy times receipts are collected for longer, up to this: each costs a derivation on both sides.
const LONGEST_COLLECT_MS = 3200;
const SHORTEST_LOOK_MS = 5000;

export class ReceiptWriter {
  #parts;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #stopping = new AbortController();
  #attempt = 0;
  #streak = 0;
  #lastMs = -Infinity;
  #notBeforeMs = 0;

  /** @param {ReceiptWriterParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** Called when a receipt may be due. */
  note() {
    if (!this.#stopping.signal.aborted) {
      this.#timer ??= after(this.#delayMs(), () => void this.#write());
    }
  }

  /** Sends at once: the network is back, or the person has decided about a key. */
  hurry() {
    this.#attempt = 0;
    this.note();
  }

  stop() {
    this.#stopping.abort();
    clearTimeout(this.#timer);
  }

  #delayMs() {
    if (this.#attempt > 0) {
      return Math.max(backoffMs(this.#attempt), this.#notBeforeMs - performance.now());
    }
    this.#streak = performance.now() - this.#lastMs < SHORTEST_LOOK_MS ? this.#streak + 1 : 0;
    return Math.min(LONGEST_COLLECT_MS, COLLECT_MS * 2 ** Math.min(this.#streak, 10));
  }

  async #write() {
    this.#timer = undefined;
    this.#lastMs = performance.now();
    try {
      const { locks, ownEmail } = this.#parts;
      await locks.request(`vibechat receipts ${ownEmail}`, { signal: this.#stopping.signal }, () => this.#writeDue());
      this.#attempt = 0;
    } catch (error) {
      this.#attempt += 1;
      this.#notBeforeMs = performance.now() + patienceMs(error);
      this.note();
    }
  }

  async #writeDue() {
    const chats = await this.#parts.database.read(["chats"], (stores) => all(stores("chats")));
    const known = await receiptRecipients(this.#parts);
    /** @type {unknown} */
    let refusal = null;
    for (const chat of chats.filter(({ id, receiptDue }) => receiptDue && known.has(id))) {
      if (!this.#stopping.signal.aborted && this.#isDecided(peerOf(chat.id))) {
        refusal = (await this.#tellUnlessRefused(chat)) ?? refusal;
      }
    }
    if (refusal !== null) {
      throw refusal;
    }
  }

  /**
   * @param {ChatRow} chat
   * @returns {Promise<Refusal | null>} the problem with this peer's keys; receipts to other peers are still sent
   */
  async #tellUnlessRefused(chat) {
    try {
      await this.#tell(chat);
      return null;
    } catch (error) {
      if (error instanceof Refusal) {
        return error;
      }
      throw error;
    }
  }

  /**
   * Whether the peer's key is accepted and signed. No receipt is sent otherwise.
   * @param {string} email
   */
  #isDecided(email) {
    const person = this.#parts.people.get(email);
    const isUsable = Boolean(person?.pinned) && !person?.offered && waitReason(person) !== "unsigned_key";
    return isUsable && this.#parts.accountKey.current !== null;
  }

  /** @param {ChatRow} chat */
  async #tell({ id, receiptDue = 0 }) {
    try {
      await this.#parts.transport.send(await this.#sealed(id));
    } catch (error) {
      if (error instanceof ApiError && error.code === "stale_key") {
        await this.#parts.peerKeys.lookUp(peerOf(id));
        return;
      }
      if (!retryDecision(error, { attempt: this.#attempt, ageMs: Date.now() - receiptDue }).isFinal) {
        throw error;
      }
    }
    await this.#told(id, receiptDue);
  }

  /**
   * Removes the mark unless a later receipt is due by now.
   * @param {ChatId} id
   * @param {number} due
   */
  #told(id, due) {
    return this.#parts.database.write(["chats"], async (stores) => {
      const chat = await chatOrNew(stores("chats"), id);
      if (chat.receiptDue === due) {
        stores("chats").put({ ...chat, receiptDue: undefined });
      }
    });
  }

  /**
   * @param {ChatId} chatId
   * @returns {Promise<SealedMessage>}
   */
  async #sealed(chatId) {
    const { accountKey, database, chains, ownEmail, peerKeys, preferences, cipher } = this.#parts;
    const peer = peerOf(chatId);
    const key = await peerKeys.keyFor(peer);
    const own = /** @type {KeyRow} */ (accountKey.current);
    const body = await encodeReceipt(await receiptOf({ chains, database, cipher }, chatId, { isReadTold: preferences.readReceipts }));
    const { counter, previous } = await this.#nextCounter(chatId);
    const { envelope, hash } = await sealMessage({
      ownKeyPair: own,
      ownFingerprint: own.fingerprint,
      peerPublicKeyBytes: key.publicKeyBytes,
      peerFingerprint: key.fingerprint,
      senderEmail: ownEmail,
      recipientEmail: peer,
      clientId: CryptoManager.randomUuid(),
      content: { type: receipt.name, browser: cipher.browser, counter, previous, received: [], sent_at: Date.now(), body },
    });
    // Stored before it is sent, so that no counter is used twice.
    const row = await chains.ownRow(chatId, { counter, hash }, "receipts");
    await database.write(["chains"], async (stores) => void stores("chains").put(row), { durability: "strict" });
    return envelope;
  }

  /** @param {ChatId} chatId */
  async #nextCounter(chatId) {
    const { counter, hash } = await this.#parts.chains.own(chatId, "receipts");
    return { counter: counter + 1, previous: hash };
  }
}
