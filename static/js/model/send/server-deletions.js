/** Has the server delete single messages: now, or as soon as it has the message that tells the other person (docs/protocol.md §5.9). */
import { SerialQueue } from "../../lib/timing.js";
import { ApiError } from "../../net/net-errors.js";
import { get } from "../../storage/queries.js";

const ROW = "deletions";
const LIMIT = 1000;

/** @typedef {{ id: number, whom: "me" | "everyone", after: string | null }} Deletion id: the server's; after: the client_id of a message
 *   that has to leave first */

export class ServerDeletions {
  #api;
  #database;
  #working = new SerialQueue();
  #isEmpty = false;

  /** @param {{ api: Api, database: Database }} parts */
  constructor({ api, database }) {
    this.#api = api;
    this.#database = database;
  }

  /** @param {Deletion[]} added are kept until the server has answered */
  async add(added) {
    await this.#change((deletions) => [...deletions, ...added].slice(-LIMIT));
    void this.run();
  }

  /** Makes the calls that are due. What fails is tried again the next time. */
  async run() {
    if (!this.#isEmpty) {
      await this.#working.run(() => this.#makeCalls()).catch(() => {});
    }
  }

  async #makeCalls() {
    for (const one of await this.#due()) {
      await this.#call(one);
      await this.#change((deletions) => deletions.filter(({ id, whom }) => id !== one.id || whom !== one.whom));
    }
  }

  /** @returns {Promise<Deletion[]>} those that wait for nothing */
  #due() {
    return this.#database.read(["outbox", "state"], async (stores) => {
      /** @type {Deletion[]} */
      const deletions = (await get(stores("state"), ROW)) ?? [];
      this.#isEmpty = deletions.length === 0;
      const waiting = await Promise.all(deletions.map(async ({ after }) => after !== null && Boolean(await get(stores("outbox"), after))));
      return deletions.filter((_, place) => !waiting[place]);
    });
  }

  /** @param {Deletion} deletion */
  async #call({ id, whom }) {
    try {
      await this.#api.call("DELETE", `/messages/${id}?for=${whom}`);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) {
        throw error;
      }
    }
  }

  /** @param {(deletions: Deletion[]) => Deletion[]} changed */
  async #change(changed) {
    this.#isEmpty = false;
    await this.#database.write(["state"], async (stores) => {
      stores("state").put(changed((await get(stores("state"), ROW)) ?? []), ROW);
    }, { durability: "strict" });
  }
}
