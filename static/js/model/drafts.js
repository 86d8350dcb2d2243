/** What was begun and not sent: kept encrypted, a moment after the last key. */
import { draftRecord } from "./chat-list.js";

const DELAY_MS = 400;

export class Drafts {
  #archive;
  #chatList;
  #vault;
  #kept;
  /** @type {Map<string, string>} as they are being typed here */
  #typed = new Map();
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #timers = new Map();

  /** @param {{ archive: Archive, chatList: ChatList, vault: Vault, kept: (email: string) => void }} parts */
  constructor({ archive, chatList, vault, kept }) {
    this.#archive = archive;
    this.#chatList = chatList;
    this.#vault = vault;
    this.#kept = kept;
  }

  /**
   * @param {string} email
   * @returns {string}
   */
  get(email) {
    return this.#typed.get(email) ?? this.#chatList.draft(email);
  }

  /**
   * @param {string} email
   * @param {string} text "" for none
   */
  set(email, text) {
    this.#typed.set(email, text);
    clearTimeout(this.#timers.get(email));
    this.#timers.set(email, setTimeout(() => this.#keep(email, text).catch(() => {}), DELAY_MS));
  }

  stop() {
    this.#timers.forEach(clearTimeout);
  }

  /**
   * @param {string} email
   * @param {string} text
   */
  async #keep(email, text) {
    const draft = text === "" ? null : await this.#vault.seal(draftRecord(email), text);
    await this.#archive.changeChat(email, { draft });
    this.#kept(email);
  }
}
