/**
 * What the others' browsers say that they have of one's own messages, and how much they have sent (docs/protocol.md §5.6).
 * The ticks come from here alone.
 *
 * Event: `changed` {email}.
 */
import { DecryptionError, KeyChangedError, ProtocolError } from "../crypto/errors.js";
import { decodeReceipt } from "../crypto/later.js";
import { Emitter } from "../lib/emitter.js";
import { Sequence } from "../lib/timing.js";
import { all, chatOrNew, waitingReceipts } from "../storage/queries.js";
import { BadAnswer, Refusal } from "./errors.js";

/** @import { ReceiptRow } from "../storage/rows.js" */
/** @typedef {import("../crypto/plaintext.js").Receipt} Receipt */
/** @typedef {{ browser: string, counter: number, receipt: Receipt }} Opened */

export class PeerReceipts extends Emitter {
  #parts;
  #inTurn = new Sequence();

  /** @param {PeerReceiptParts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
  }

  /** Those that came before this page, or under keys that were not decided about. */
  async takeAll() {
    const rows = await this.#parts.database.read(["receipts"], (stores) => all(stores("receipts")));
    await Promise.all([...new Set(rows.map(({ peer }) => peer))].map((peer) => this.take(peer)));
  }

  /**
   * Each says all that the ones before it did, so that one derivation does for all that wait.
   * @param {string} peer
   * @returns {Promise<void>}
   */
  take(peer) {
    return this.#inTurn.run(() => this.#take(peer)).catch(() => {});
  }

  /** @param {string} peer */
  async #take(peer) {
    const { database, opener } = this.#parts;
    const rows = await database.read(["receipts"], (stores) => waitingReceipts(stores("receipts"), peer));
    for (const row of rows.reverse()) {
      await opener.calm();
      if ((await this.#open(row)) !== "useless") {
        return;
      }
    }
  }

  /**
   * @param {ReceiptRow} row
   * @returns {Promise<"taken" | "useless" | "later">} later: there is no network, or the person has to decide first
   */
  async #open(row) {
    try {
      const { unsealer, people } = this.#parts;
      const { content, peerKey } = await unsealer.open({ ...row, mine: false });
      const isPresent = people.get(row.peer)?.pinned === peerKey.fingerprint;
      const opened = { browser: content.browser, counter: content.counter, receipt: await decodeReceipt(content.body) };
      await (isPresent ? this.#enter(row, opened) : this.#drop(row));
      return isPresent ? "taken" : "useless";
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
   */
  async #enter({ id, peer }, opened) {
    const { database, tabs, vault } = this.#parts;
    await database.write(["receipts", "chats"], async (stores) => {
      const waiting = await waitingReceipts(stores("receipts"), peer);
      waiting.filter((row) => row.id <= id).forEach((row) => stores("receipts").delete(row.id));
      const chat = await chatOrNew(stores("chats"), peer);
      stores("chats").put(withReceipt(chat, opened, vault.browser));
    });
    this.emit("changed", { email: peer });
    tabs.tell("chat", { email: peer });
  }
}

/**
 * @param {ChatRow} chat
 * @param {Opened} opened
 * @param {string} own this browser's id
 * @returns {ChatRow} an older receipt than the last one of that browser changes nothing
 */
function withReceipt(chat, { browser, counter, receipt: { head, seen } }, own) {
  if (counter <= (chat.acknowledged?.[browser]?.counter ?? 0)) {
    return chat;
  }
  const none = { from: 1, delivered: 0, read: 0, missing: [] };
  const { from, delivered, read, missing } = seen.find((entry) => entry.browser === own) ?? none;
  const before = chat.heads?.[browser];
  const to = Math.max(before?.to ?? 0, head?.counter ?? 0);
  return {
    ...chat,
    acknowledged: { ...chat.acknowledged, [browser]: { counter, from, delivered, read, missing } },
    heads: { ...chat.heads, [browser]: { from: before?.from ?? to, to } },
  };
}

/**
 * @param {unknown} error
 * @returns {boolean} whether it will never open
 */
function isFinal(error) {
  const isRefused = error instanceof Refusal && error.code !== "no_key";
  const isBroken = error instanceof ProtocolError || error instanceof DecryptionError || error instanceof BadAnswer;
  return (isRefused || isBroken) && !(error instanceof KeyChangedError);
}

/**
 * @param {ChatRow} chat
 * @param {{ browser?: string, counter?: number }} message one's own, as it was numbered here
 * @returns {"sent" | "delivered" | "read"}
 */
export function acknowledgement({ acknowledged = {} }, { counter = 0 }) {
  const having = Object.values(acknowledged).filter(({ from, delivered, missing }) =>
    counter >= from && counter <= delivered && !missing.includes(counter));
  if (having.some(({ read }) => counter <= read)) {
    return "read";
  }
  return having.length > 0 ? "delivered" : "sent";
}
