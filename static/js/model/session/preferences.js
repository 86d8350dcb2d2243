/**
 * The person's preferences in this browser, shared by all tabs.
 *
 * Event: `changed`.
 */
import { Emitter } from "../../lib/emitter.js";
import { get } from "../../storage/queries.js";

export class Preferences extends Emitter {
  #database;
  #tabs;
  #readReceipts = true;
  #changedAtMs = 0;

  /** @param {{ database: Database, tabs: Tabs }} parts */
  constructor({ database, tabs }) {
    super();
    this.#database = database;
    this.#tabs = tabs;
    tabs.on("preferences", () => this.load().catch(() => {}));
  }

  async load() {
    const found = await this.#database.read(["state"], (stores) => get(stores("state"), "preferences"));
    this.#show(found ?? { readReceipts: true });
  }

  /** Whether to send read receipts. Whoever sends none is shown none. */
  get readReceipts() {
    return this.#readReceipts;
  }

  /** When the person has last changed them, in any of their browsers; 0: never. */
  get changedAtMs() {
    return this.#changedAtMs;
  }

  /**
   * @param {boolean} readReceipts
   * @param {number} [changedAtMs]
   */
  async setReadReceipts(readReceipts, changedAtMs = Date.now()) {
    const preferences = { readReceipts, changedAtMs };
    await this.#database.write(["state"], async (stores) => void stores("state").put(preferences, "preferences"));
    this.#show(preferences);
    this.#tabs.tell("preferences");
  }

  /** @param {{ readReceipts: boolean, changedAtMs?: number }} preferences */
  #show({ readReceipts, changedAtMs = 0 }) {
    const isNews = readReceipts !== this.#readReceipts;
    this.#readReceipts = readReceipts;
    this.#changedAtMs = changedAtMs;
    if (isNews) {
      this.emit("changed");
    }
  }
}
