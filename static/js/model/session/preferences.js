/**
 * The person's preferences in this browser, shared by all tabs.
 *
 * Event: `changed`.
 */
import { Emitter } from "../../lib/emitter.js";
import { get } from "../../storage/queries.js";

/**
 * How this browser tells of new messages while the person looks elsewhere. Other browsers do not share it.
 * @typedef {object} NotificationChoice
 * @property {"off" | "nothing" | "name" | "text"} shows what a notification shows of a message
 * @property {boolean} sound
 * @property {boolean} closed whether this browser is told also while no page is open, by Web Push
 * @property {boolean} isAnswered whether the person has been asked
 * @property {string[]} muted whose messages are not told of, as an older version of the page kept it (now a setting of the chat)
 */

export class Preferences extends Emitter {
  #database;
  #tabs;
  #readReceipts = true;
  #typing = true;
  #changedAtMs = 0;
  /** @type {NotificationChoice} */
  #notifications = { shows: "off", sound: false, closed: false, isAnswered: false, muted: [] };

  /** @param {{ database: Database, tabs: Tabs }} parts */
  constructor({ database, tabs }) {
    super();
    this.#database = database;
    this.#tabs = tabs;
    tabs.on("preferences", () => this.load().catch(() => {}));
  }

  async load() {
    const [found, notifications] = await this.#database.read(["state"], (stores) =>
      Promise.all([get(stores("state"), "preferences"), get(stores("state"), "notifications")]));
    this.#notifications = { ...this.#notifications, ...notifications };
    this.#show(found ?? { readReceipts: true });
  }

  get notifications() {
    return this.#notifications;
  }

  /** @param {Partial<NotificationChoice>} change */
  async setNotifications(change) {
    const choice = { ...this.#notifications, ...change };
    await this.#database.write(["state"], async (stores) => void stores("state").put(choice, "notifications"));
    this.#notifications = choice;
    this.#tabs.tell("preferences");
  }

  /** Whether to send read receipts. Whoever sends none is shown none. */
  get readReceipts() {
    return this.#readReceipts;
  }

  /** Whether others are told when the person is writing to them. Whoever does not tell it is not told it. */
  get typing() {
    return this.#typing;
  }

  /** When the person has last changed them, in any of their browsers; 0: never. */
  get changedAtMs() {
    return this.#changedAtMs;
  }

  /**
   * @param {{ readReceipts?: boolean, typing?: boolean }} change
   * @param {number} [changedAtMs]
   */
  async set(change, changedAtMs = Date.now()) {
    const preferences = { readReceipts: this.#readReceipts, typing: this.#typing, ...change, changedAtMs };
    await this.#database.write(["state"], async (stores) => void stores("state").put(preferences, "preferences"));
    this.#show(preferences);
    this.#tabs.tell("preferences");
  }

  /** The person's own name and picture have changed (own-profile.js). */
  noteProfile() {
    this.emit("changed");
  }

  /** @param {{ readReceipts: boolean, typing?: boolean, changedAtMs?: number }} preferences */
  #show({ readReceipts, typing = true, changedAtMs = 0 }) {
    const isNews = readReceipts !== this.#readReceipts || typing !== this.#typing;
    this.#readReceipts = readReceipts;
    this.#typing = typing;
    this.#changedAtMs = changedAtMs;
    if (isNews) {
      this.emit("changed");
    }
  }
}
