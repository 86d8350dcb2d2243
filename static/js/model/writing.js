/**
 * What is written here, from the first letter to the outbox. It is kept encrypted with every key, and until it stands in
 * the outbox as a message: so there is no moment at which a tab that is closed takes with it what was typed. What stands
 * on the screen is found again as the draft that it was or, from when it says "Sending", as a message.
 */
import { CryptoManager } from "../crypto/crypto.js";
import { BODY_LIMIT } from "../crypto/content.js";
import { isWellFormed } from "../lib/bytes.js";
import { isVisible } from "../lib/text.js";
import { after, Sequence } from "../lib/timing.js";
import { draftRecord } from "./chat-list.js";
import { Refusal } from "./errors.js";

/** @typedef {{ text: string, draft: Sealed | null }} Kept */

// The lists of chats, here and in other tabs, need not follow every key.
const TELL_AFTER_MS = 400;

export class Writing {
  #parts;
  #inTurn = new Sequence();
  /** @type {Map<string, string>} by email: as it is being typed here */
  #typed = new Map();
  /** @type {Map<string, { text: string }>} what is to be kept next */
  #next = new Map();
  /** @type {Map<string, Kept>} as it was kept from here */
  #kept = new Map();
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #timers = new Map();

  /** @param {WritingParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * @param {string} email
   * @returns {string} what was begun and not sent
   */
  draft(email) {
    return this.#typed.get(email) ?? this.#parts.chatList.draft(email);
  }

  /**
   * @param {string} email
   * @param {string} text "" for none
   */
  setDraft(email, text) {
    this.#typed.set(email, text);
    this.#keepNext(email, text);
    clearTimeout(this.#timers.get(email));
    this.#timers.set(email, after(TELL_AFTER_MS, () => this.#parts.changed(email)));
  }

  /**
   * While one is being written to the disk, only the newest waits for its turn.
   * @param {string} email
   * @param {string} text
   */
  #keepNext(email, text) {
    const waiting = this.#next.get(email);
    if (waiting) {
      waiting.text = text;
      return;
    }
    const next = { text };
    this.#next.set(email, next);
    this.#inTurn.run(() => this.#keep(email, next)).catch(() => {});
  }

  /**
   * @param {string} email
   * @param {{ text: string }} next
   */
  async #keep(email, next) {
    if (this.#next.get(email) === next) {
      this.#next.delete(email);
    }
    const { archive, vault } = this.#parts;
    const { text } = next;
    const draft = text === "" ? null : await vault.seal(draftRecord(email), text);
    await archive.changeChat(email, { draft });
    this.#kept.set(email, { text, draft });
  }

  /**
   * @param {string} email
   * @param {string} text
   * @returns {Promise<string>} its client_id, as soon as the message is stored
   * @throws {Refusal} `empty`, `too_long`, or `storage`: this browser cannot keep it
   */
  async send(email, text) {
    const echo = { clientId: CryptoManager.randomUuid(), text: sendable(text), atMs: Date.now(), isStored: false };
    const { tabs, thread } = this.#parts;
    if (isSameText(this.#kept.get(email), echo.text)) {
      thread(email)?.echo(echo);
    }
    // Before it is stored: if this tab ends just after that, another one sends it.
    tabs.tell("writing", { email });
    await this.#store(email, echo);
    thread(email)?.echo(echo);
    return echo.clientId;
  }

  /**
   * @param {string} email
   * @param {Echo} echo
   */
  async #store(email, echo) {
    this.#typed.set(email, "");
    // What is typed from now on is another text: it must not take the place of this one before this one is stored.
    this.#next.delete(email);
    clearTimeout(this.#timers.get(email));
    try {
      await this.#inTurn.run(() => this.#becomeMessage(email, echo));
      echo.isStored = true;
    } catch (error) {
      this.#parts.thread(email)?.dropEcho(echo.clientId);
      throw error;
    }
  }

  /**
   * @param {string} peer
   * @param {Echo} echo
   */
  async #becomeMessage(peer, { clientId, text, atMs }) {
    const kept = this.#kept.get(peer) ?? (await this.#read(peer));
    const draft = isSameText(kept, text) ? kept.draft : null;
    await this.#parts.outbox.add({ clientId, peer, text, atMs, draft });
    this.#kept.delete(peer);
  }

  /**
   * @param {string} email
   * @returns {Promise<Kept>} the draft that stands here, from whatever tab
   */
  async #read(email) {
    const { archive, vault } = this.#parts;
    const { draft } = await archive.chat(email);
    return { draft, text: draft ? await vault.open(draftRecord(email), draft).catch(() => "") : "" };
  }

  stop() {
    this.#timers.forEach(clearTimeout);
  }
}

/**
 * @param {Kept | undefined} kept
 * @param {string} text of a message, without the empty lines around it
 */
function isSameText(kept, text) {
  return kept?.text.trim() === text.trim();
}

/**
 * @param {string} text
 * @returns {string} the same, without halves of characters that no encoding has
 * @throws {Refusal} `empty` or `too_long`
 */
function sendable(text) {
  if (!isVisible(text)) {
    throw new Refusal("empty");
  }
  if ([...text].length > BODY_LIMIT) {
    throw new Refusal("too_long");
  }
  return isWellFormed(text) ? text : text.replace(/\p{Surrogate}/gu, "\ufffd");
}
