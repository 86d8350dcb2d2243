/** Asks the browser to keep this account's data when space runs short. A browser that asks the person is asked on a click. */
import { persistenceState, requestPersistence } from "../../storage/persistent-storage.js";
import { get } from "../../storage/queries.js";

export class Persistence {
  #database;

  /** @param {{ database: Database }} parts */
  constructor({ database }) {
    this.#database = database;
  }

  /** @returns {Promise<boolean>} whether to offer it to the person; a browser that decides without asking is asked now */
  async isOffered() {
    const state = await persistenceState();
    if (state === "decides") {
      requestPersistence();
    }
    return state === "asks" && (await this.#answer()) !== "declined";
  }

  /** The person has accepted the offer; the browser's own question follows. */
  accept() {
    requestPersistence();
  }

  async decline() {
    await this.#database.write(["state"], async (stores) => void stores("state").put("declined", "persistence"));
  }

  /** @returns {Promise<"declined" | undefined>} */
  #answer() {
    return this.#database.read(["state"], (stores) => get(stores("state"), "persistence"));
  }
}
