/** What this browser stores of the archive: which segments it has written or taken in, and which chats they hold. */
import { formerKey } from "../../crypto/vault.js";
import { CryptoManager } from "../../crypto/crypto.js";
import { chatWith } from "../../storage/chat-ids.js";
import { all, get, messagesAfter } from "../../storage/queries.js";
import { mark } from "../history/message-rows.js";

/** @import { ArchivedMessage } from "./archive-content.js" */
/** @import { Pinned } from "./vault-pin.js" */

/** @typedef {{ hash: string, chats: ChatId[], isFull?: boolean }} KnownSegment isFull: it takes no further message */
/** @typedef {{ vault: string, segments: Record<string, KnownSegment> }} State by `<browser> <number>`; vault: of which it is */

const ARCHIVE = "archive";
const BATCH = 500;

/** @type {(segment: { browser: string, number: number }) => string} */
const keyOf = ({ browser, number }) => `${browser} ${number}`;

export class ArchiveState {
  #database;

  /** @param {Database} database */
  constructor(database) {
    this.#database = database;
  }

  /**
   * Begins anew where the vault is another one: the former archive was deleted with the former vault.
   * @param {Pinned} pinned
   */
  async open({ pin, vaultKey, content }) {
    const first = pin.generation === 1 ? vaultKey : formerKey(content, 1);
    const vault = first ? await CryptoManager.sha256Hex(first) : "";
    const state = await this.#read();
    if (state?.vault !== vault) {
      await (state && this.#forgetArchived());
      await this.#database.write(["state"], async (stores) => stores("state").put({ vault, segments: {} }, ARCHIVE));
    }
  }

  /** @returns {Promise<State | undefined>} */
  #read() {
    return this.#database.read(["state"], (stores) => get(stores("state"), ARCHIVE));
  }

  async #forgetArchived() {
    const chats = await this.#database.read(["chats"], (stores) => all(stores("chats")));
    for (const { id } of chats) {
      let rows;
      for (let after = 0; rows === undefined || rows.length === BATCH; after = rows.at(-1)?.id ?? 0) {
        rows = await this.#database.write(["messages"], async (stores) => {
          const found = await messagesAfter(stores("messages"), id, after, BATCH);
          found.forEach((row) => stores("messages").put(mark({ ...row, archived: undefined })));
          return found;
        });
      }
    }
  }

  /** @returns {Promise<(segment: { browser: string, number: number }) => KnownSegment | undefined>} */
  async known() {
    const { segments } = (await this.#read()) ?? { segments: /** @type {State["segments"]} */ ({}) };
    return (segment) => segments[keyOf(segment)];
  }

  /**
   * @param {{ browser: string, number: number, hash: string }} segment
   * @param {ArchivedMessage[]} messages all that are in it
   * @param {boolean} [isFull]
   */
  async note({ browser, number, hash }, messages, isFull) {
    const chats = [...new Set(messages.map(({ peer }) => chatWith(peer)))];
    await this.#database.write(["state"], async (stores) => {
      const state = await get(stores("state"), ARCHIVE);
      const segments = { ...state?.segments, [keyOf({ browser, number })]: { hash, chats, isFull } };
      stores("state").put({ ...state, segments }, ARCHIVE);
    });
  }
}
