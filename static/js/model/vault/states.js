/**
 * The `states` stream: one segment of each browser, by which all browsers of a person show the same unread counts, ticks, clearings
 * and drafts (docs/protocol.md §14.8).
 */
import { utf8Encode } from "../../lib/bytes.js";
import { later } from "../../lib/later.js";
import { listen } from "../../lib/emitter.js";
import { after, SerialQueue } from "../../lib/timing.js";
import { chatWith, peerOf } from "../../storage/chat-ids.js";
import { all, chatOrNew } from "../../storage/queries.js";
import { takeNickname } from "../screen/chat-settings-change.js";
import { Refusal } from "../server/model-errors.js";
import { email as readEmail } from "../server/validators.js";
import { knows, readChatState, stateOf, takeOver } from "./chat-state.js";
import { followClearing, rememberClearedOnTheWay } from "./follow-clearing.js";
import { draftToShare, takeDraft } from "./shared-drafts.js";

/** @import { ChatState } from "./chat-state.js" */
/** @import { KnownStream } from "./stream-check.js" */

const WRITE_AFTER_MS = 1500;
const AGAIN_AFTER_MS = 30_000;
// Of JSON. A segment holds 256 KiB.
const BYTES_LIMIT = 250_000;
const CHAT_BYTES_LIMIT = 65_536;

export class States {
  #parts;
  #streams;
  #inTurn = new SerialQueue();
  /** @type {Map<ChatId, ChatState>} what this browser tells */
  #own = new Map();
  /** @type {Set<ChatId> | null} chats that have changed since; null: all */
  #changed = null;
  /** what was written last */
  #written = "";
  /** @type {Map<string, KnownStream>} by browser: states that were not taken over yet */
  #waiting = new Map();
  /** @type {Map<string, ChatState>} by email: told of a draft here that it is gone there; a message may show that it was sent */
  #doubted = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isStopped = false;

  /**
   * @param {VaultParts} parts
   * @param {import("./streams.js").Streams} streams
   */
  constructor(parts, streams) {
    this.#parts = parts;
    this.#streams = streams;
    const { conversations, session } = parts;
    const stops = [
      conversations.on("chats", (/** @type {{ emails?: string[] } | undefined} */ detail) => this.#note(detail?.emails)),
      streams.on("changed", ({ streams: news }) => this.#noteStates(news)),
      listen("document", ["visibilitychange"], () => globalThis.document.visibilityState === "hidden" && this.#hurry()),
      listen("page", ["pagehide"], () => this.#hurry()),
    ];
    session.on("ended", () => {
      this.#isStopped = true;
      clearTimeout(this.#timer);
      stops.forEach((stop) => stop());
    });
  }

  /** Takes over what other browsers have told, and tells what they do not know. Called after each look at the streams. */
  async run() {
    await this.#inTurn.run(() => this.#takeAll());
    this.#writeLater();
  }

  /** @param {KnownStream[]} news */
  #noteStates(news) {
    const states = news.filter(({ kind, browser }) => kind === "states" && browser !== this.#parts.cipher.browser);
    states.forEach((stream) => this.#waiting.set(stream.browser, stream));
    if (states.length > 0) {
      this.#inTurn.run(() => this.#takeAll()).catch(() => {});
    }
  }

  /** @param {string[]} [emails] of chats that have changed; none: all */
  #note(emails) {
    this.#changed = emails ? this.#changed && new Set([...this.#changed, ...emails.map(chatWith)]) : null;
    this.#writeLater();
    if (emails) {
      this.#inTurn.run(() => this.#follow(emails)).catch(() => {});
    }
  }

  /** @param {string[]} emails of chats in which a message may have come that was cleared elsewhere, or was a draft here */
  async #follow(emails) {
    for (const email of emails) {
      const doubted = this.#doubted.get(email);
      if (doubted) {
        await this.#take({ v: 1, chats: { [email]: doubted } });
      }
      const { elsewhere } = await this.#parts.database.read(["chats"], (stores) => chatOrNew(stores("chats"), chatWith(email)));
      if (elsewhere && (await followClearing(this.#parts, chatWith(email)))) {
        this.#parts.conversations.changedElsewhere([email]);
      }
    }
  }

  #writeLater(delayMs = WRITE_AFTER_MS) {
    if (!this.#isStopped) {
      this.#timer ??= after(delayMs, () => this.#hurry());
    }
  }

  /** Writes now what waits to be written. */
  #hurry() {
    if (this.#timer !== undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      // What is refused stays as it is until the server has another one.
      this.#inTurn.run(() => this.#write()).catch((error) => error instanceof Refusal || this.#writeLater(AGAIN_AFTER_MS));
    }
  }

  async #write() {
    await this.#gather();
    const [content, json] = [this.#content(), this.#json()];
    if (this.#isStopped || json === this.#written) {
      return;
    }
    let isTold = false;
    await this.#streams.rewrite({ browser: this.#parts.cipher.browser, kind: "states", number: 1 }, (before) => {
      isTold = true;
      return JSON.stringify(before) === json ? undefined : content;
    });
    this.#written = isTold ? json : this.#written;
  }

  #content() {
    return { v: 1, chats: this.#fitting() };
  }

  #json() {
    return JSON.stringify(this.#content());
  }

  /** Reads the chats that have changed. */
  async #gather() {
    const { database } = this.#parts;
    const changed = this.#changed ?? (await database.read(["chats"], (stores) => all(stores("chats")))).map(({ id }) => id);
    this.#changed = new Set();
    try {
      for (const chatId of changed) {
        await rememberClearedOnTheWay(this.#parts, chatId);
        const draft = await draftToShare(this.#parts, chatId);
        this.#own.set(chatId, { ...(await this.#inChat(chatId, (stateHere) => stateHere())), draft });
      }
    } catch (error) {
      this.#changed = null;
      throw error;
    }
  }

  /**
   * @template Result
   * @param {ChatId} chatId
   * @param {(stateHere: () => Promise<Omit<ChatState, "draft">>, stores: Stores) => Promise<Result>} work
   * @returns {Promise<Result>}
   */
  async #inChat(chatId, work) {
    const { cipher, clearedMessages, database, people } = this.#parts;
    const gone = await clearedMessages.all(chatId);
    return database.write(["chains", "chats", "messages"], async (stores) => {
      const stateHere = async () => {
        const state = await stateOf(stores, await chatOrNew(stores("chats"), chatId), cipher.browser, gone);
        const nickname = people.nickname(peerOf(chatId));
        return nickname ? { ...state, settings: { ...state.settings, nickname } } : state;
      };
      return work(stateHere, stores);
    });
  }

  /** @returns {Record<string, ChatState>} as much as fits into a segment: blocked people, then the latest messages */
  #fitting() {
    /** @type {[string, ChatState][]} */
    const entries = [];
    let bytes = 0;
    const latest = (/** @type {ChatState} */ one) => (one.blocked ? Infinity : Math.max(one.read_through, one.cleared_through));
    for (const [chatId, state] of [...this.#own].sort(([, one], [, other]) => (latest(other) > latest(one) ? 1 : -1))) {
      const length = (/** @type {ChatState} */ one) => utf8Encode(JSON.stringify([chatId, one])).length;
      const told = length(state) > CHAT_BYTES_LIMIT ? { ...state, draft: null } : state;
      bytes += length(told);
      if (bytes <= BYTES_LIMIT) {
        entries.push([chatId, told]);
      }
    }
    return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  async #takeAll() {
    for (const [browser, stream] of this.#waiting) {
      const [segment] = await this.#streams.read(stream);
      this.#waiting.delete(browser);
      await this.#take(segment?.content);
    }
  }

  /** @param {any} content */
  async #take(content) {
    if (content?.v !== 1) {
      return;
    }
    await this.#gather();
    const wasTold = this.#json() === this.#written;
    /** @type {string[]} */
    const changed = [];
    for (const [email, value] of Object.entries(content.chats ?? {}).filter(([name]) => isEmail(name))) {
      if (await this.#takeChat(email, readChatState(value))) {
        changed.push(email);
      }
    }
    // What came from another browser need not be told.
    this.#written = wasTold ? this.#json() : this.#written;
    if (changed.length > 0) {
      this.#parts.conversations.changedElsewhere(changed);
    }
  }

  /**
   * @param {string} email
   * @param {ChatState} state
   * @returns {Promise<boolean>} whether anything has changed
   */
  async #takeChat(email, state) {
    const chatId = chatWith(email);
    const own = this.#own.get(chatId);
    if (own && knows(own, state)) {
      return false;
    }
    const took = state.draft ? await takeDraft(this.#parts, chatId, state.draft) : null;
    if (took?.isDoubted) {
      this.#doubted.set(email, state);
    } else {
      this.#doubted.delete(email);
    }
    // A change of this browser's is to be told.
    const draft = took && JSON.stringify(took.draft) === JSON.stringify(state.draft) ? took.draft : (own?.draft ?? null);
    const isNew = await this.#inChat(chatId, async (stateHere, stores) => {
      const before = await stateHere();
      const isChanged = await takeOver(stores, await chatOrNew(stores("chats"), chatId), state, this.#parts.cipher.browser);
      if (own && JSON.stringify({ ...before, draft: own.draft }) === JSON.stringify(own)) {
        this.#own.set(chatId, { ...(await stateHere()), draft });
      }
      return isChanged;
    });
    const [isCleared, isNamed] = [await followClearing(this.#parts, chatId), await this.#takeNickname(chatId, state)];
    return isNew || isCleared || isNamed || Boolean(took?.isChanged);
  }

  /**
   * @param {ChatId} chatId
   * @param {ChatState} state
   * @returns {Promise<boolean>} whether the person has another nickname now
   */
  async #takeNickname(chatId, { settings: { nickname } }) {
    const { people } = this.#parts;
    const [email, own, before] = [peerOf(chatId), this.#own.get(chatId), people.nickname(peerOf(chatId))];
    if (!nickname || later(before, nickname) === before) {
      return false;
    }
    await takeNickname(this.#parts, email, nickname);
    // A later one that was given here meanwhile is to be told.
    if (own && isEqual(own.settings.nickname, before) && isEqual(people.nickname(email), nickname)) {
      this.#own.set(chatId, { ...own, settings: { ...own.settings, nickname } });
    }
    return true;
  }
}

/**
 * @param {unknown} one
 * @param {unknown} other
 */
function isEqual(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** @param {string} name */
function isEmail(name) {
  try {
    return readEmail(name) === name;
  } catch {
    return false;
  }
}
