/**
 * Tells peers that the person is writing, and is told so by them (docs/protocol.md §5.11). Nothing of it is stored.
 *
 * Event: `changed` {email}.
 */
import { openTyping, sealTyping } from "../../crypto/typing-frame.js";
import { Emitter } from "../../lib/emitter.js";
import { after } from "../../lib/timing.js";
import { chatWith } from "../../storage/chat-ids.js";
import { typeOf } from "../../types/content-types.js";
import { receiptRecipients } from "../history/receipt-recipients.js";
import { waitReason } from "../keys/pinning.js";

/** @typedef {import("../../crypto/typing-frame.js").TypingKeys} TypingKeys */
/** @typedef {{ end: ReturnType<typeof setTimeout>, sentAtMs: number }} Shown */

export const RENEW_MS = 3000;
export const SHOWN_MS = 6000;
const FRESH_MS = 30_000;
const BURST = 5;
const REFILL_MS = 1000;

export class Typing extends Emitter {
  #parts;
  #since = Date.now();
  /** @type {Map<string, { atMs: number, isTyping: boolean }>} by email: when the peer was last told that the person is writing,
   * and whether they have not been told of the end since */
  #told = new Map();
  /** @type {Map<string, Shown>} by email */
  #shown = new Map();
  /** @type {Map<string, number>} by email: the time of the latest frame or message of theirs */
  #latest = new Map();
  /** @type {Map<string, Bucket>} by email */
  #buckets = new Map();

  /** @param {TypingParts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
    parts.realtime.on("ephemeral", (frame) => void this.#take(frame).catch(() => {}));
    parts.decryptQueue.on("opened", ({ row, content }) => !row.mine && this.#wrote(row.peer, content));
    parts.preferences.on("changed", () => !parts.preferences.typing && [...this.#shown.keys()].forEach((email) => this.#hide(email)));
  }

  /**
   * @param {string} email
   * @returns {boolean} whether that person is writing
   */
  isShown(email) {
    return this.#shown.has(email);
  }

  /**
   * @param {string} email to whom the person is writing
   * @param {string} text as it stands now
   */
  async write(email, text) {
    const [told, now] = [this.#told.get(email), Date.now()];
    const isTyping = text.trim() !== "";
    // Of the distance alone: a clock that was set back must not silence this for long.
    const passedMs = told ? Math.abs(now - told.atMs) : Infinity;
    const isDue = isTyping ? passedMs >= RENEW_MS : told?.isTyping && passedMs < SHOWN_MS;
    if (!isDue || !this.#parts.preferences.typing) {
      return;
    }
    this.#told.set(email, { atMs: isTyping ? now : (told?.atMs ?? now), isTyping });
    const keys = await this.#keysOf(email);
    if (keys) {
      this.#parts.realtime.sendEphemeral(email, await sealTyping(keys, { sentAtMs: now, isTyping }));
    }
  }

  /** @param {string} email to whom a message was sent: that the person writes the next one is told at once */
  wrote(email) {
    this.#told.delete(email);
  }

  /** @param {{ email: string, payload: string }} frame */
  async #take({ email, payload }) {
    if (!this.#parts.preferences.typing || !this.#isKnown(email) || !this.#bucket(email).take()) {
      return;
    }
    const keys = await this.#keysOf(email);
    if (keys) {
      this.#show(email, await openTyping(keys, payload));
    }
  }

  /**
   * @param {string} email
   * @param {import("../../crypto/typing-frame.js").TypingState} state
   */
  #show(email, { sentAtMs, isTyping }) {
    const isFresh = Math.abs(Date.now() - sentAtMs) <= FRESH_MS && sentAtMs > (this.#latest.get(email) ?? this.#since);
    if (!isFresh || !this.#parts.preferences.typing) {
      return;
    }
    this.#latest.set(email, sentAtMs);
    this.#hide(email, isTyping);
    if (isTyping) {
      this.#shown.set(email, { sentAtMs, end: after(SHOWN_MS, () => this.#hide(email)) });
      this.emit("changed", { email });
    }
  }

  /**
   * @param {string} email of the writer of a message that was opened here
   * @param {StoredContent & { v?: number }} content
   */
  #wrote(email, { type, v, sent_at: sentAtMs }) {
    if (!typeOf(type, v).countsAsUnread) {
      return;
    }
    // A time far ahead must not silence what comes later.
    this.#latest.set(email, Math.max(this.#latest.get(email) ?? this.#since, Math.min(sentAtMs, Date.now())));
    if ((this.#shown.get(email)?.sentAtMs ?? Infinity) <= sentAtMs) {
      this.#hide(email);
    }
  }

  /**
   * @param {string} email
   * @param {boolean} [isRenewed] it is shown again at once
   */
  #hide(email, isRenewed = false) {
    const shown = this.#shown.get(email);
    if (shown) {
      clearTimeout(shown.end);
      this.#shown.delete(email);
      if (!isRenewed) this.emit("changed", { email });
    }
  }

  /** @param {string} email */
  #bucket(email) {
    const bucket = this.#buckets.get(email) ?? new Bucket();
    this.#buckets.set(email, bucket);
    return bucket;
  }

  /**
   * @param {string} email
   * @returns {boolean} whether there is a key of that person with which something may be sealed now
   */
  #isKnown(email) {
    const person = this.#parts.people.get(email);
    return Boolean(person?.pinned) && !person?.offered && waitReason(person) === null;
  }

  /**
   * @param {string} email
   * @returns {Promise<TypingKeys | null>} null: a stranger, or keys with which nothing may be sealed now
   */
  async #keysOf(email) {
    const { accountKey, ownEmail, people, peerKeys } = this.#parts;
    if (!this.#isKnown(email) || !(await receiptRecipients(this.#parts)).has(chatWith(email))) {
      return null;
    }
    const own = accountKey.current;
    const peer = own && this.#isKnown(email) && peerKeys.known(email, people.get(email)?.pinned ?? "");
    return own && peer ? {
      ownKeyPair: own,
      ownFingerprint: own.fingerprint,
      ownEmail,
      peerEmail: email,
      peerPublicKeyBytes: peer.publicKeyBytes,
      peerFingerprint: peer.fingerprint,
    } : null;
  }
}

/** Bounds the frames of one person that are opened. */
class Bucket {
  #level = BURST;
  #atMs = performance.now();

  /** @returns {boolean} */
  take() {
    const now = performance.now();
    this.#level = Math.min(BURST, this.#level + (now - this.#atMs) / REFILL_MS);
    this.#atMs = now;
    const isFree = this.#level >= 1;
    this.#level -= Number(isFree);
    return isFree;
  }
}
