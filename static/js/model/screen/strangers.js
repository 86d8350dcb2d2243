/**
 * Requests of strangers, and people whom the user has blocked. What the user decides is stored here at once; the server is told
 * until it has answered. What the server says only adds to it (docs/protocol.md §7.5).
 */
import { SerialQueue } from "../../lib/timing.js";
import { BlockApi } from "../../net/block-api.js";
import { chatWith, peerOf } from "../../storage/chat-ids.js";
import { all, chatOrNew } from "../../storage/queries.js";
import { isBlocked, requestsIn } from "../history/standing.js";
import { readBlocks } from "../server/block-responses.js";
import { retryDecision } from "../server/retry-policy.js";

/** @typedef {{ email: string, name: string }} BlockedPerson */
/** @typedef {NonNullable<ChatRow["blocked"]>} Decision */

export class Strangers {
  #api;
  #parts;
  #asking = new SerialQueue();

  /** @param {StrangersParts} parts */
  constructor(parts) {
    this.#api = new BlockApi(parts.api);
    this.#parts = parts;
  }

  /**
   * Shows what a stranger has written. They are told nothing.
   * @param {string} email
   */
  async show(email) {
    await this.#change(email, () => ({ shown: true }));
  }

  /**
   * @param {string} email
   * @throws {Refusal | import("../../net/net-errors.js").ApiError | import("../../net/net-errors.js").NetworkError}
   */
  async accept(email) {
    await this.#parts.contacts.add(email);
    this.#parts.screens.touchEverywhere(email);
  }

  /**
   * Nothing of that person is taken from now on. They are told nothing.
   * @param {string} email
   */
  async block(email) {
    await this.#decide(email, true);
  }

  /** @param {string} email */
  async unblock(email) {
    await this.#decide(email, false);
  }

  /** @returns {Promise<BlockedPerson[]>} by name; the name of a stranger whose request was not shown is the email */
  async blocked() {
    const chats = await this.#parts.database.read(["chats"], (stores) => all(stores("chats")));
    const unshown = new Set((await requestsIn(this.#parts.database)).filter(({ shown }) => !shown).map(({ id }) => id));
    const people = chats.filter(isBlocked).map(({ id }) => {
      const email = peerOf(id);
      return { email, name: unshown.has(id) ? email : this.#parts.people.nameOf(email) };
    });
    return people.sort((one, other) => one.name.localeCompare(other.name));
  }

  /** Tells the server what it does not know, and takes over the blocks that were set in other browsers. */
  refresh() {
    return this.#asking.run(async () => {
      const [blocks, chats] = [readBlocks(await this.#api.list()), await this.#decided()];
      for (const { email, id, createdAtMs } of blocks) {
        const decision = chats.get(email);
        if (decision?.due && !decision.is) {
          await this.#tell(email, decision, () => this.#api.remove(id));
        } else if (!decision) {
          await this.#change(email, () => ({ blocked: { is: true, atMs: createdAtMs } }));
        }
      }
      const there = new Set(blocks.map(({ email }) => email));
      for (const [email, decision] of chats) {
        if (decision.due && decision.is) {
          await this.#tell(email, decision, () => this.#api.add(email));
        } else if (decision.due && !there.has(email)) {
          await this.#told(email, decision);
        }
      }
    });
  }

  /** @returns {Promise<Map<string, Decision>>} by email */
  async #decided() {
    const chats = await this.#parts.database.read(["chats"], (stores) => all(stores("chats")));
    return new Map(chats.flatMap(({ id, blocked }) => (blocked ? [[peerOf(id), blocked]] : [])));
  }

  /**
   * @param {string} email
   * @param {boolean} is
   */
  async #decide(email, is) {
    await this.#change(email, ({ blocked }) => ({ blocked: { is, atMs: Math.max(Date.now(), (blocked?.atMs ?? 0) + 1), due: true } }));
    void this.refresh().catch(() => {});
  }

  /**
   * @param {string} email
   * @param {Decision} decision
   * @param {() => Promise<unknown>} call
   */
  async #tell(email, decision, call) {
    try {
      await call();
    } catch (error) {
      // Where the server refuses for good, the person has no account any more, or another browser was quicker.
      if (!retryDecision(error, { attempt: 0, ageMs: 0 }).isFinal) {
        throw error;
      }
    }
    await this.#told(email, decision);
  }

  /**
   * @param {string} email
   * @param {Decision} decision that the server knows now, unless the user has decided again
   */
  #told(email, { is, atMs }) {
    return this.#change(email, ({ blocked }) => (blocked?.atMs === atMs ? { blocked: { is, atMs } } : {}));
  }

  /**
   * @param {string} email
   * @param {(chat: ChatRow) => Partial<ChatRow>} change
   */
  async #change(email, change) {
    await this.#parts.database.write(["chats"], async (stores) => {
      const chat = await chatOrNew(stores("chats"), chatWith(email));
      stores("chats").put({ ...chat, ...change(chat) });
    });
    this.#parts.screens.touchEverywhere(email);
  }
}
