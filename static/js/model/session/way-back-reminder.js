/** When the page reminds the person to keep a way back in: once there are messages to lose, and weekly after "Later". */
import { get, lastMessages } from "../../storage/queries.js";

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
// The last messages alone are looked at: this is asked at every change of the list of chats.
const LOOKED_AT = 20;
const NAME = "way back";

export class WayBackReminder {
  #database;
  #accountSinceMs;

  /** @param {{ database: Database, accountSinceMs: number }} parts */
  constructor({ database, accountSinceMs }) {
    this.#database = database;
    this.#accountSinceMs = accountSinceMs;
  }

  /** @returns {Promise<boolean>} */
  isDue() {
    return this.#database.read(["messages", "state"], async (stores) => {
      const { postponedAtMs = -Infinity } = (await get(stores("state"), NAME)) ?? {};
      const now = Date.now();
      // A clock that was put back must not silence it.
      if (now - postponedAtMs < WEEK_MS && now >= postponedAtMs) {
        return false;
      }
      const rows = (await lastMessages(stores("messages"), LOOKED_AT)).filter(({ hidden }) => !hidden);
      return now - this.#accountSinceMs > DAY_MS ? rows.length > 0 : rows.some(isExchanged);
    });
  }

  /** The person has answered "Later". */
  async postpone() {
    await this.#database.write(["state"], async (stores) => void stores("state").put({ postponedAtMs: Date.now() }, NAME));
  }
}

/** @param {MessageRow} row */
function isExchanged({ mine, deliveredAtMs }) {
  return !mine || deliveredAtMs > 0;
}
