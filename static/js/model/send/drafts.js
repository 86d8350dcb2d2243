/**
 * Drafts, from the first letter to the outbox. Each key press stores the draft, encrypted, until it is in the outbox as a
 * message. So no text is lost when the tab is closed: it is found again as a draft or, once the screen says "Sending", as a
 * message.
 *
 * Events: `changed` {email} (a while after a key press), `adopted` {email} (the text comes from another tab), `sending`
 * {email, echo} (a message leaves the composer), `unsent` {email, clientId} (it could not be stored).
 */
import { CryptoManager } from "../../crypto/crypto.js";
import { joined, without } from "../../lib/draft-merge.js";
import { Emitter } from "../../lib/emitter.js";
import { after, SerialQueue } from "../../lib/timing.js";
import { chatWith } from "../../storage/chat-ids.js";
import { text as textType } from "../../types/text-type.js";
import { draftRecord, isFromElsewhere, nonceOf } from "../keys/storage-cipher.js";
import { Refusal } from "../server/model-errors.js";

/** @typedef {{ text: string, draft: Sealed | null }} Kept */
/**
 * The draft of a chat in this tab.
 * @typedef {object} Here
 * @property {string} text in the composer
 * @property {Kept} kept the stored draft that it is based on
 * @property {number} turn how many messages were sent before it
 */
/** @typedef {{ text: string, turn: number }} Next */

// The lists of chats, here and in other tabs, need not follow each key press.
const TELL_AFTER_MS = 400;

export class Drafts extends Emitter {
  #parts;
  #inTurn = new SerialQueue();
  /** @type {Map<string, Here>} by email */
  #here = new Map();
  /** @type {Map<string, Next>} by email: the text to store next */
  #next = new Map();
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #timers = new Map();
  /** @type {{ email: string, turn: number } | null} the composer that has the focus, since which turn */
  #focused = null;

  /** @param {DraftsParts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
  }

  /**
   * @param {string} email
   * @returns {string} the text of the draft
   */
  draft(email) {
    return this.#of(email).text;
  }

  /** @param {string} email */
  #of(email) {
    let here = this.#here.get(email);
    if (!here) {
      const kept = this.#parts.chatList.draft(email);
      here = { text: kept.text, kept, turn: 0 };
      this.#here.set(email, here);
    }
    return here;
  }

  /**
   * @param {string} email
   * @param {string} text "" for none
   */
  setDraft(email, text) {
    this.#of(email).text = text;
    this.#keepNext(email, text);
    clearTimeout(this.#timers.get(email));
    this.#timers.set(email, after(TELL_AFTER_MS, () => this.emit("changed", { email })));
  }

  /**
   * A draft of another browser leaves a composer alone that has the focus and holds the beginning of another text, or was just
   * sent from.
   * @param {string | null} email of the chat whose composer has the focus
   */
  focus(email) {
    const left = this.#focused?.email;
    this.#focused = email === null ? null : { email, turn: this.#of(email).turn };
    if (left !== undefined) {
      this.adopt([left]);
    }
  }

  /**
   * @param {string} email
   * @param {string} told by another browser
   */
  #isKeptOut(email, told) {
    const { text, turn } = this.#of(email);
    const isWelcome = told === "" || (text === "" ? turn === this.#focused?.turn : told.startsWith(text));
    return this.#focused?.email === email && !isWelcome;
  }

  /**
   * Stores the text. During a write, only the newest text waits.
   * @param {string} email
   * @param {string} text
   */
  #keepNext(email, text) {
    const waiting = this.#next.get(email);
    if (waiting) {
      waiting.text = text;
      return;
    }
    const next = { text, turn: this.#of(email).turn };
    this.#next.set(email, next);
    this.#inTurn.run(() => this.#keep(email, next)).catch(() => {});
  }

  /**
   * @param {string} email
   * @param {Next} next
   */
  async #keep(email, next) {
    if (this.#next.get(email) === next) {
      this.#next.delete(email);
    }
    const here = this.#of(email);
    let { text } = next;
    let draft = await this.#seal(email, text);
    while (!(await this.#parts.messageStore.replaceDraft(chatWith(email), here.kept.draft, draft))) {
      text = await this.#join(email, { text, turn: next.turn });
      draft = await this.#seal(email, text);
    }
    here.kept = { text, draft };
  }

  /**
   * Merges with a draft that another tab has stored since this one has read it.
   * @param {string} email
   * @param {Next} next
   * @returns {Promise<string>} the text to store: it contains both, but not a draft of another browser
   */
  async #join(email, { text, turn }) {
    const here = this.#of(email);
    const stored = await this.#read(email);
    const base = here.kept;
    const join = (/** @type {string} */ typed) => joined(withoutSent(typed, base, stored.sent), stored.text, base.text);
    here.kept = { text: stored.text, draft: stored.draft };
    if (stored.isFromElsewhere) {
      return text;
    }
    if (turn === here.turn) {
      here.text = join(here.text);
      const waiting = this.#next.get(email);
      if (waiting) {
        waiting.text = here.text;
      }
      this.emit("adopted", { email });
    }
    return join(text);
  }

  /**
   * Takes over drafts that other tabs have stored, where this tab has no unsaved text.
   * @param {string[]} [emails]
   */
  adopt(emails = [...this.#here.keys()]) {
    for (const email of emails.filter((one) => this.#here.has(one))) {
      this.#inTurn.run(() => this.#adopt(email)).catch(() => {});
    }
  }

  /** @param {string} email */
  async #adopt(email) {
    const here = this.#of(email);
    const { text, draft, isFromElsewhere: isTold } = await this.#read(email);
    const isKeptOut = isTold && this.#isKeptOut(email, text);
    if (!isKeptOut && here.text === here.kept.text && nonceOf(draft) !== nonceOf(here.kept.draft)) {
      Object.assign(here, { text, kept: { text, draft } });
      this.emit("adopted", { email });
    }
  }

  /**
   * @param {string} email
   * @param {string} text
   * @param {string | null} [reply] the hash of the message that it answers
   * @returns {Promise<string>} its client_id, once the message is stored; if another tab has sent the same draft, there is
   *   no second message
   * @throws {Refusal} `empty`, `too_long`, or `storage`: this browser cannot store it
   */
  async send(email, text, reply = null) {
    const echo = { clientId: CryptoManager.randomUuid(), text: sendable(text), atMs: Date.now(), isStored: false, reply };
    const here = this.#of(email);
    here.text = "";
    here.turn += 1;
    if (isSameText(here.kept, echo.text)) {
      this.emit("sending", { email, echo });
    }
    // Told before it is stored: if this tab is closed right after that, another tab sends it.
    this.#parts.tabs.tell("sending", { email });
    if (await this.#store(email, echo)) {
      this.emit("sending", { email, echo });
    }
    return echo.clientId;
  }

  /**
   * @param {string} email
   * @param {Echo} echo
   * @returns {Promise<boolean>} false: another tab has sent it
   */
  async #store(email, echo) {
    // Text that is typed from now on is a new draft. It must not replace this one before this one is stored.
    this.#next.delete(email);
    clearTimeout(this.#timers.get(email));
    try {
      echo.isStored = await this.#inTurn.run(() => this.#becomeMessage(email, echo));
      if (!echo.isStored) {
        this.emit("unsent", { email, clientId: echo.clientId });
      }
      this.adopt([email]);
      return echo.isStored;
    } catch (error) {
      this.emit("unsent", { email, clientId: echo.clientId });
      throw error;
    }
  }

  /**
   * @param {string} peer
   * @param {Echo} echo
   * @returns {Promise<boolean>} false: another tab has sent it
   */
  async #becomeMessage(peer, { clientId, text, atMs, reply }) {
    const here = this.#of(peer);
    const from = isSameText(here.kept, text) ? here.kept.draft : null;
    const readDraft = () => this.#rest(peer, text);
    const v = this.#parts.people.contentVersion(peer);
    const isAdded = await this.#parts.outbox.add({ clientId, peer, type: textType.name, body: text, atMs, v, reply, from, readDraft });
    here.kept = { text: "", draft: null };
    return isAdded;
  }

  /**
   * @param {string} email
   * @param {string} text of a message
   * @returns {Promise<import("./outbox.js").DraftChange>} the change of the stored draft when the text is sent
   */
  async #rest(email, text) {
    const stored = await this.#read(email);
    const rest = without(stored.text, text);
    return { before: stored.draft, after: rest === stored.text ? stored.draft : await this.#seal(email, rest) };
  }

  /**
   * @param {string} email
   * @param {string} text
   * @returns {Promise<Sealed | null>}
   */
  async #seal(email, text) {
    return text === "" ? null : this.#parts.cipher.seal(draftRecord(email), text);
  }

  /**
   * @param {string} email
   * @returns {Promise<Kept & { sent: string[], isFromElsewhere: boolean }>} the stored draft, of whatever tab
   */
  async #read(email) {
    const { messageStore, cipher } = this.#parts;
    const chat = await messageStore.chat(chatWith(email));
    const { draft, sentDrafts: sent = [] } = chat;
    return { draft, sent, isFromElsewhere: isFromElsewhere(chat), text: draft ? await cipher.open(draftRecord(email), draft).catch(() => "") : "" };
  }

  stop() {
    this.#timers.forEach(clearTimeout);
  }
}

/**
 * @param {string} typed
 * @param {Kept} base the draft that it is based on
 * @param {string[]} sent
 * @returns {string} the text without the draft, if another tab has sent that
 */
function withoutSent(typed, base, sent) {
  if (!sent.includes(nonceOf(base.draft))) {
    return typed;
  }
  return typed.startsWith(base.text) ? typed.slice(base.text.length).trimStart() : without(typed, base.text);
}

/**
 * @param {Kept} kept
 * @param {string} text of a message, without empty lines around it
 */
function isSameText(kept, text) {
  return kept.text.trim() === text.trim();
}

/**
 * @param {string} text
 * @returns {string} the same without lone surrogates, which UTF-8 cannot encode
 * @throws {Refusal} `empty` or `too_long`
 */
function sendable(text) {
  const composed = textType.compose(text);
  if ("refusal" in composed) {
    throw new Refusal(composed.refusal);
  }
  return composed.body;
}
