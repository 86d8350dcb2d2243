/**
 * Detects that this browser has lost its stored data of the account: the account is older than the data. Then peers whose
 * keys are pinned now may have been known, and compared, before.
 *
 * Event: `changed`.
 */
import { Emitter } from "../../lib/emitter.js";
import { get } from "../../storage/queries.js";
import { readIfFound } from "../server/model-errors.js";
import { readContacts, readConversations, readKey } from "../server/responses.js";

/**
 * - unsure: the stored data is new, and the server was not asked yet whether the account is older
 * - yes: it is lost, and the person is to be told
 * - said: it is lost, and the person knows
 * @typedef {"unsure" | "no" | "yes" | "said"} StorageLossState
 */


export class StorageLoss extends Emitter {
  #parts;
  /** @type {StorageLossState} */
  #state = "no";
  #compared = 0;

  /** @param {{ api: Api, database: Database, accountKey: AccountKey, people: People, tabs: Tabs, ownEmail: string }} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
    parts.tabs.on("storageLoss", () => this.load().catch(() => {}));
  }

  async load() {
    this.#show(await this.#parts.database.read(["state"], (stores) => get(stores("state"), "forgetting")));
  }

  /** Whether the person is to be told. */
  get isToBeTold() {
    return this.#state === "yes";
  }

  /** With how many people safety numbers had been compared, if the person is to be told; 0: none, as far as is known. */
  get comparedBefore() {
    return this.isToBeTold ? this.#compared : 0;
  }

  /** @param {number} compared with how many people they had been compared before the loss, as far as is known */
  setComparedBefore(compared) {
    this.#compared = compared;
  }

  /** Whether a peer who is new to this browser may have been known before. */
  get mayHaveKnown() {
    return this.#state !== "no";
  }

  /** The person has been told. */
  acknowledge() {
    return this.#set("said");
  }

  /** The pins have come back from the account's vault. */
  async recover() {
    await this.#set("no");
    await this.#takeBack();
  }

  /** Asks the server, if that is still to be done, whether the account is older than the stored data. */
  async settle() {
    if (this.#state === "unsure") {
      const isOlder = (await Promise.all([this.#hasOtherKey(), this.#hasContacts(), this.#hasChats()])).some(Boolean);
      await this.#set(isOlder ? "yes" : "no", "unsure");
      await (isOlder || this.#takeBack());
    }
  }

  async #hasOtherKey() {
    const { accountKey, api, ownEmail } = this.#parts;
    const key = await readIfFound(api.ownKey(), (answer) => readKey(answer, ownEmail));
    return key !== null && accountKey.pair(key.fingerprint) === null;
  }

  async #hasContacts() {
    return readContacts(await this.#parts.api.contacts()).length > 0;
  }

  async #hasChats() {
    const { api, ownEmail } = this.#parts;
    return readConversations(await api.conversations(), ownEmail).conversations.length > 0;
  }

  /** Nothing was lost: removes the mark of peers who may have been known before. */
  async #takeBack() {
    const { people } = this.#parts;
    for (const { email } of people.all().filter((row) => row.forgotten)) {
      await people.update(email, (row) => void (row.forgotten = false));
    }
  }

  /**
   * @param {StorageLossState} state
   * @param {StorageLossState} [before] written only if the stored state is still this one
   */
  async #set(state, before) {
    await this.#parts.database.write(["state"], async (stores) => {
      if (before === undefined || before === (await get(stores("state"), "forgetting"))) {
        stores("state").put(state, "forgetting");
      }
    });
    this.#parts.tabs.tell("storageLoss");
    await this.load();
  }

  /** @param {StorageLossState} state */
  #show(state) {
    if (state !== this.#state) {
      this.#state = state;
      this.emit("changed");
    }
  }
}
