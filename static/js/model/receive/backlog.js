/**
 * Decrypts, one by one, the messages that no screen waits for: each peer's newest first, and known peers before strangers.
 * Each message costs a key derivation, so their number is bounded for each stranger. The rest is decrypted when the chat is
 * opened.
 */
import { identityOf } from "../history/message-rows.js";
import { receiptRecipients } from "../history/receipt-recipients.js";

/** @typedef {{ chat: ChatId, below: number, left: number }} Pile below: the lowest id that was tried; left: how many may follow */

const BATCH = 20;
const DERIVATIONS_PER_STRANGER = 20;

export class Backlog {
  #messageStore;
  #chains;
  #people;
  #open;
  #isAskedFor = false;
  /** @type {Promise<void> | null} */
  #running = null;

  /** @param {{ messageStore: MessageStore, chains: Chains, people: People, open: (row: MessageRow) => Promise<void> }} parts */
  constructor({ messageStore, chains, people, open }) {
    this.#messageStore = messageStore;
    this.#chains = chains;
    this.#people = people;
    this.#open = open;
  }

  /** Tries all messages for which decryption was not tried yet. */
  catchUp() {
    this.#isAskedFor = true;
    this.#running ??= this.#catchUp().finally(() => (this.#running = null));
    return this.#running;
  }

  async #catchUp() {
    /** @type {Set<string>} tried ones, each once: one that cannot be decrypted now must not block the others */
    const tried = new Set();
    let isNew = true;
    while (isNew) {
      this.#isAskedFor = false;
      await this.#openPiles(await this.#piles(), tried);
      isNew = this.#isAskedFor;
    }
  }

  /** @returns {Promise<Pile[]>} */
  async #piles() {
    const known = await receiptRecipients({ people: this.#people, chains: this.#chains });
    const chats = await this.#messageStore.pendingChats();
    const [friends, strangers] = [chats.filter((chat) => known.has(chat)), chats.filter((chat) => !known.has(chat))];
    const spent = await Promise.all(strangers.map((chat) => this.#messageStore.countTried(chat)));
    return [
      ...friends.map((chat) => ({ chat, below: Infinity, left: Infinity })),
      ...strangers.map((chat, index) => ({ chat, below: Infinity, left: DERIVATIONS_PER_STRANGER - (spent[index] ?? 0) })),
    ];
  }

  /**
   * Tries a batch of each peer in turn. If messages come meanwhile, it starts again with those, because they are newer.
   * @param {Pile[]} piles
   * @param {Set<string>} tried
   */
  async #openPiles(piles, tried) {
    let open = piles.filter(({ left }) => left > 0);
    while (open.length > 0 && !this.#isAskedFor) {
      const next = [];
      for (const pile of open) {
        const rest = await this.#openBatch(pile, tried);
        next.push(...(rest ? [rest] : []));
        if (this.#isAskedFor) {
          return;
        }
      }
      open = next;
    }
  }

  /**
   * @param {Pile} pile
   * @param {Set<string>} tried
   * @returns {Promise<Pile | null>} the rest; null: nothing is left
   */
  async #openBatch({ chat, below, left }, tried) {
    const rows = await this.#messageStore.pending(chat, { below, limit: Math.min(BATCH, left) });
    for (const row of rows.filter((one) => !tried.has(identityOf(one)))) {
      tried.add(identityOf(row));
      await this.#open(row);
    }
    const last = rows.at(-1);
    return last && left > rows.length ? { chat, below: last.id, left: left - rows.length } : null;
  }
}
