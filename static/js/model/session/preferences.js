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

  /** @param {{ database: Database, tabs: Tabs }} parts */
  constructor({ database, tabs }) {
    super();
    this.#database = database;
    this.#tabs = tabs;
    tabs.on("preferences", () => this.load().catch(() => {}));
  }

  async load() {
    const found = await this.#database.read(["state"], (stores) => get(stores("state"), "preferences"));
    this.#show(found?.readReceipts ?? true);
  }

  /** Whether to send read receipts. Whoever sends none is shown none. */
  get readReceipts() {
    return this.#readReceipts;
  }

  /** @param {boolean} readReceipts */
  async setReadReceipts(readReceipts) {
    await this.#database.write(["state"], async (stores) => void stores("state").put({ readReceipts }, "preferences"));
    this.#show(readReceipts);
    this.#tabs.tell("preferences");
  }

  /** @param {boolean} readReceipts */
  #show(readReceipts) {
    if (readReceipts !== this.#readReceipts) {
      this.#readReceipts = readReceipts;
      this.emit("changed");
    }
  }
}
