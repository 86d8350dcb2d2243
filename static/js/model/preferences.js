/** What the person has chosen for this browser. The same in each tab. */
import { get } from "../storage/queries.js";

export class Preferences {
  #database;
  #tabs;
  #readReceipts = true;

  /** @param {{ database: Database, tabs: Tabs }} parts */
  constructor({ database, tabs }) {
    this.#database = database;
    this.#tabs = tabs;
    tabs.on("preferences", () => this.load().catch(() => {}));
  }

  async load() {
    const found = await this.#database.read(["state"], (stores) => get(stores("state"), "preferences"));
    this.#readReceipts = found?.readReceipts ?? true;
  }

  /** Whether others are told what was read here. Who does not tell, is not told either. */
  get readReceipts() {
    return this.#readReceipts;
  }

  /** @param {boolean} readReceipts */
  async setReadReceipts(readReceipts) {
    await this.#database.write(["state"], async (stores) => void stores("state").put({ readReceipts }, "preferences"));
    this.#readReceipts = readReceipts;
    this.#tabs.tell("preferences");
  }
}
