/** Fetches messages that are older than the stored ones, page by page. */
import { chatWith } from "../../storage/chat-ids.js";
import { ApiError } from "../../net/net-errors.js";
import { readConversations, readPage } from "../server/responses.js";
import { isBlocked } from "./standing.js";

const REFUSED_PAGE = [400, 404];

export class OlderMessages {
  #api;
  #messageStore;
  #onPage;
  #ownEmail;
  /** @type {Map<string, Promise<boolean>>} */
  #running = new Map();

  /**
   * @param {{ api: Api, messageStore: MessageStore, ownEmail: string, onPage: (email: string) => void }} parts onPage: called when
   *   a page was stored
   */
  constructor({ api, messageStore, ownEmail, onPage }) {
    this.#onPage = onPage;
    this.#api = api;
    this.#messageStore = messageStore;
    this.#ownEmail = ownEmail;
  }

  /**
   * @param {string} email
   * @returns {Promise<boolean>} whether there was a page to fetch
   */
  fetchPage(email) {
    const running = this.#running.get(email) ?? this.#fetchPage(email);
    this.#running.set(email, running);
    return running.finally(() => this.#running.delete(email));
  }

  /**
   * @param {string} email
   * @returns {Promise<number>} the id of the oldest message of the newest page: all later ones are here now; 0: there are
   *   no older ones
   */
  async fetchNewest(email) {
    const chat = await this.#messageStore.chat(chatWith(email));
    const { messages, next } = readPage(await this.#api.conversation(email, null), email, this.#ownEmail);
    await this.#messageStore.addPage(chat, { messages, next: chat.older });
    this.#onPage(email);
    return next === null ? 0 : (messages.at(-1)?.id ?? 0);
  }

  /** Fetches the last message of each chat before sync has delivered the earlier ones. */
  async fetchHeads() {
    const { conversations } = readConversations(await this.#api.conversations(), this.#ownEmail);
    for (const { email, lastMessage } of conversations) {
      const chat = await this.#messageStore.chat(chatWith(email));
      await this.#messageStore.addPage(chat, { messages: lastMessage ? [lastMessage] : [], next: chat.older });
    }
    return conversations.map(({ email }) => email);
  }

  /** @param {string} email */
  async #fetchPage(email) {
    const chat = await this.#messageStore.chat(chatWith(email));
    // A page that is fetched while the person is blocked would be lost.
    if (chat.older === null || isBlocked(chat)) {
      return false;
    }
    const answer = await this.#ask(email, chat.older);
    if (answer !== null) {
      await this.#messageStore.addPage(chat, readPage(answer, email, this.#ownEmail));
      this.#onPage(email);
    }
    return true;
  }

  /**
   * @param {string} email
   * @param {string} older
   * @returns {Promise<any>} null: the server does not know the page any more, so the next fetch begins with the newest page
   */
  async #ask(email, older) {
    try {
      return await this.#api.conversation(email, older === "" ? null : older);
    } catch (error) {
      if (older === "" || !(error instanceof ApiError) || !REFUSED_PAGE.includes(error.status)) {
        throw error;
      }
      await this.#messageStore.changeChat(chatWith(email), { older: "" });
      return null;
    }
  }
}
