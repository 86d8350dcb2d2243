/**
 * Applies the receipts of peers (docs/protocol.md §5.6): which of one's own messages they have, and how many they have sent.
 * The ticks come only from receipts.
 *
 * Event: `changed` {email, named} (named: the hash of the head that the receipt names).
 */
import { DecryptionError, KeyChangedError, ProtocolError } from "../../crypto/crypto-errors.js";
import { decodeReceipt } from "../../crypto/plaintext.js";
import { Emitter } from "../../lib/emitter.js";
import { Turns } from "../../lib/turns.js";
import { peerOf } from "../../storage/chat-ids.js";
import { all, chatOrNew, unsent, waitingReceipts } from "../../storage/queries.js";
import { headRecord, markContradicted } from "../history/heads.js";
import { has, rangesOf, union } from "../history/ranges.js";
import { receiptRecipients } from "../history/receipt-recipients.js";
import { BadAnswer, Refusal } from "../server/model-errors.js";

/** @import { ReceiptRow } from "../../storage/rows.js" */
/** @typedef {import("../../types/receipt-type.js").Receipt} Receipt */
/** @typedef {import("../../storage/rows.js").Ticks} Ticks */
/** @typedef {{ browser: string, receipt: Receipt }} Opened */
/** @typedef {{ browser: string, last: number, without: number[], isOther: (browser: string) => boolean }} Sent this browser's
 *   messages to that peer: last: the last counter in use; without: the counters that were not sent yet; isOther: whether it is
 *   another browser of the user's */

// Whoever has the peer's key can invent browsers without end.
const BROWSERS_LIMIT = 32;
const LOOK_UPS_AT_ONCE = 3;
/** @type {Ticks} */
const NO_TICKS = { delivered: [], read: [] };

export class PeerReceipts extends Emitter {
  #parts;
  #derivations = new Turns(1);
  #lookUps = new Turns(LOOK_UPS_AT_ONCE);
  /** @type {Map<ChatId, Promise<void>>} by chat: runs that have not begun */
  #waiting = new Map();

  /** @param {PeerReceiptParts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
  }

  /** Applies receipts that are stored: they came before this page, or under keys that were not accepted then. */
  async takeAll() {
    const rows = await this.#parts.database.read(["receipts"], (stores) => all(stores("receipts")));
    await Promise.all([...new Set(rows.map(({ chat }) => chat))].map((chat) => this.take(chat)));
  }

  /**
   * Decrypts the newest receipt that waits. It says all that earlier ones said, so one derivation is enough.
   * @param {ChatId} chatId
   * @returns {Promise<void>}
   */
  take(chatId) {
    const waiting = this.#waiting.get(chatId) ?? this.#takeInTurn(chatId).catch(() => {});
    this.#waiting.set(chatId, waiting);
    return waiting;
  }

  /** @param {ChatId} chatId */
  async #takeInTurn(chatId) {
    await undefined; // `take` notes the run before it begins
    await this.#derivations.run((aside) => this.#take(chatId, aside));
  }

  /**
   * @param {ChatId} chatId receipts of strangers are not decrypted, because they have no message to acknowledge
   * @param {import("../../lib/turns.js").Aside} aside
   */
  async #take(chatId, aside) {
    this.#waiting.delete(chatId);
    const { database, decryptQueue } = this.#parts;
    if (!(await receiptRecipients(this.#parts)).has(chatId)) {
      return;
    }
    const rows = await database.read(["receipts"], (stores) => waitingReceipts(stores("receipts"), chatId));
    for (const row of rows.reverse()) {
      await decryptQueue.calm();
      if (["taken", "later"].includes(await this.#open(row, aside))) {
        return;
      }
    }
  }

  /**
   * @param {ReceiptRow} row
   * @param {import("../../lib/turns.js").Aside} aside for key look-ups: a slow one delays no other peer's receipts
   * @returns {Promise<"taken" | "one" | "useless" | "later">} one: earlier ones may be of other browsers; later: there is no network, or a key waits for the person's decision
   */
  async #open(row, aside) {
    try {
      const { unsealer, people } = this.#parts;
      const { content, peerKey } = await unsealer.open({ ...row, mine: false }, (lookUp) => aside(() => this.#lookUps.run(lookUp)));
      const isPresent = people.get(row.peer)?.pinned === peerKey.fingerprint;
      const opened = { browser: content.browser, receipt: await decodeReceipt(content.body) };
      if (isPresent) {
        return (await this.#enter(row, opened)) ? "taken" : "one";
      }
      await this.#drop(row);
      return "useless";
    } catch (error) {
      if (!isFinal(error)) {
        return "later";
      }
      await this.#drop(row);
      return "useless";
    }
  }

  /** @param {ReceiptRow} row */
  #drop({ id }) {
    return this.#parts.database.write(["receipts"], async (stores) => void stores("receipts").delete(id));
  }

  /**
   * @param {ReceiptRow} row
   * @param {Opened} opened
   * @returns {Promise<boolean>} whether it says all that earlier ones have said: the peer has one browser
   */
  async #enter({ id, peer, chat: chatId }, opened) {
    const { chains, database, people, tabs, cipher } = this.#parts;
    let isAll = false;
    const { browser, receipt: { head } } = opened;
    const named = head && (await cipher.seal(headRecord(chatId, browser), head));
    await database.write(["receipts", "chats", "chains", "outbox"], async (stores) => {
      const waiting = await waitingReceipts(stores("receipts"), chatId);
      const chat = await chatOrNew(stores("chats"), chatId);
      isAll = isOnly(browser, Object.keys(chat.heads ?? {})) && isOnly(browser, people.get(peer)?.list?.ids ?? [browser]);
      waiting.filter((row) => row.id === id || (isAll && row.id < id)).forEach((row) => stores("receipts").delete(row.id));
      const unsealed = (await unsent(stores("outbox"), chatId)).filter((row) => row.envelope === null && !row.mayHaveLeft);
      const sent = { last: await chains.ownCounter(stores, chatId), without: unsealed.map(({ counter }) => counter) };
      const isOther = (/** @type {string} */ own) => own !== cipher.browser && people.isOwnBrowser(own);
      stores("chats").put(withReceipt(chat, { ...opened, named }, { browser: cipher.browser, isOther, ...sent }));
    });
    if (head) {
      await markContradicted({ database, cipher }, { chat: chatId, browser, head });
    }
    this.emit("changed", { email: peerOf(chatId), named: head?.hash ?? null });
    tabs.tell("chat", { email: peerOf(chatId) });
    return isAll;
  }
}

/**
 * @param {string} browser
 * @param {string[]} known
 */
function isOnly(browser, known) {
  return known.length === 1 && known[0] === browser;
}

/**
 * Merges a receipt into the chat. Receipts only add ticks, so their order does not matter.
 * @param {ChatRow} chat
 * @param {Opened & { named: Sealed | null }} opened named: the receipt's head
 * @param {Sent} sent
 * @returns {ChatRow}
 */
function withReceipt(chat, { browser, named, receipt: { head, seen } }, sent) {
  const { acknowledged: _, ...rest } = chat;
  const { [browser]: before, ...others } = chat.heads ?? {};
  const to = Math.max(before?.to ?? 0, head?.counter ?? 0);
  return {
    ...rest,
    ticks: seen.filter((entry) => entry.browser === sent.browser).reduce((ticks, entry) => merged(ticks, entry, sent), ticksOf(chat)),
    otherTicks: seen.filter((entry) => sent.isOther(entry.browser)).reduce(withOther, chat.otherTicks),
    heads: Object.fromEntries([
      ...Object.entries(others).slice(1 - BROWSERS_LIMIT),
      [browser, { from: before?.from ?? to, to, named: head?.counter === to ? named : before?.named }],
    ]),
  };
}

/**
 * @param {Record<string, Ticks> | undefined} others by own browser
 * @param {Receipt["seen"][number]} entry about messages of another browser of the user's
 * @returns {Record<string, Ticks>}
 */
function withOther(others, entry) {
  const { [entry.browser]: before = NO_TICKS, ...rest } = others ?? {};
  const ticks = merged(before, entry, { last: Infinity, without: [] });
  return Object.fromEntries([...Object.entries(rest).slice(1 - BROWSERS_LIMIT), [entry.browser, ticks]]);
}

/**
 * @param {Ticks} ticks
 * @param {Receipt["seen"][number]} entry
 * @param {Pick<Sent, "last" | "without">} sent messages that were not sent cannot have arrived, whatever a receipt says
 * @returns {Ticks}
 */
function merged(ticks, { from, delivered, read, missing }, { last, without }) {
  const upTo = (/** @type {number} */ counter) => rangesOf(from, Math.min(counter, last), [...missing, ...without]);
  return { delivered: union(ticks.delivered, upTo(delivered)), read: union(ticks.read, upTo(read)) };
}

/**
 * @param {ChatRow} chat
 * @returns {Ticks}
 */
export function ticksOf({ ticks, acknowledged = {} }) {
  const former = Object.values(acknowledged);
  return ticks ?? {
    delivered: former.flatMap(({ from, delivered, missing }) => rangesOf(from, delivered, missing)),
    read: former.flatMap(({ from, read, missing }) => rangesOf(from, read, missing)),
  };
}

/**
 * @param {unknown} error
 * @returns {boolean} whether decryption will never succeed
 */
function isFinal(error) {
  const isRefused = error instanceof Refusal && error.code !== "no_key";
  const isBroken = error instanceof ProtocolError || error instanceof DecryptionError || error instanceof BadAnswer;
  return (isRefused || isBroken) && !(error instanceof KeyChangedError);
}

/**
 * @param {ChatRow} chat
 * @param {{ browser?: string, counter?: number }} message one's own
 * @param {string} [here] this browser, if the message may be of another one
 * @returns {"sent" | "delivered" | "read"}
 */
export function acknowledgement(chat, { browser, counter = 0 }, here = browser) {
  const { delivered, read } = browser !== undefined && browser !== here ? (chat.otherTicks?.[browser] ?? NO_TICKS) : ticksOf(chat);
  if (has(read, counter)) {
    return "read";
  }
  return has(delivered, counter) ? "delivered" : "sent";
}
