/**
 * The messages that stand in this browser: what the server tells is entered here, whatever way it came and however
 * often, and each message stands here once.
 */
import {
  all,
  chatOrNew,
  countFrom,
  countMarked,
  countMessages,
  get,
  marked,
  newestMessages,
  newestPending,
  newestShown,
  pendingPeers,
  unsent,
} from "../../storage/queries.js";
import { typeOf } from "../../types/content-types.js";
import { messageRecord, nonceOf } from "../keys/storage-cipher.js";
import { enterEvent, putMessage } from "./apply-event.js";
import { checkChain, neighbours } from "./chain-check.js";
import { gapsIn } from "./gaps.js";
import { isSameEnvelope, isSameMessage, mark, marksOf } from "./message-rows.js";
import { markSeen, owingReceipt } from "./seen.js";
import { withSkipsAfter } from "./skips.js";

/**
 * What the list of chats shows of one.
 * @typedef {object} Glance
 * @property {ChatRow} chat
 * @property {MessageRow | undefined} last
 * @property {OutboxRow[]} unsent
 * @property {number} unread
 */

/** @typedef {{ chat: ChatRow, rows: MessageRow[], strays: MessageRow[], unsent: OutboxRow[], gaps: Gap[], unread: number }} Window
 *   strays: what was told of last, under the number of something older than all the rows; unread: in the whole chat */

/** @type {import("../../storage/database.js").StoreName[]} */
const ENTRY_STORES = ["messages", "outbox", "chats", "state", "receipts"];
const STRAYS_LIMIT = 30;
// What stood in `due` in the place of the peer's email until 2026-11.
const FORMERLY_DUE = ["delivered", "read"];
const ATTEMPTS_LIMIT = 10;

export class MessageStore {
  #database;
  #cipher;
  #clearedMessages;

  /** @param {{ database: Database, cipher: StorageCipher, clearedMessages: ClearedMessages }} parts */
  constructor({ database, cipher, clearedMessages }) {
    this.#database = database;
    this.#cipher = cipher;
    this.#clearedMessages = clearedMessages;
  }

  /** @returns {Promise<number | null>} the sequence up to which the mailbox stands here; null: a new browser */
  async sequence() {
    return (await this.#database.read(["state"], (stores) => get(stores("state"), "cursor"))) ?? null;
  }

  /**
   * Enters what happened, in its order. Together with the sequence, or not at all.
   * @param {MailboxEvent[]} events
   * @param {number | null} sequence null: it stays
   * @param {boolean} [isLive] all that the server had before stands here
   * @returns {Promise<Change>}
   */
  enter(events, sequence, isLive = false) {
    return this.#database.write(ENTRY_STORES, async (stores) => {
      /** @type {Change} */
      const change = { chats: new Map(), arrived: [], isLive, receipts: new Set() };
      for (const event of events) {
        await enterEvent(stores, event, change);
      }
      if (sequence !== null && sequence > ((await get(stores("state"), "cursor")) ?? 0)) {
        stores("state").put(sequence, "cursor");
      }
      return change;
    });
  }

  /**
   * A new browser takes the list of chats, and leaves the messages to whoever opens one.
   * @param {{ conversations: Conversation[], sequence: number }} list
   */
  async begin({ conversations, sequence }) {
    await this.#database.write(ENTRY_STORES, async (stores) => {
      for (const { email, unread, lastMessage } of conversations.filter((entry) => entry.lastMessage)) {
        const message = /** @type {ServerMessage} */ (lastMessage);
        const chat = await chatOrNew(stores("chats"), email);
        const isLastUnread = !message.mine && !message.readAtMs;
        const unreadBefore = Math.max(0, unread - Number(isLastUnread));
        stores("chats").put({ ...chat, startId: message.id, older: "", unreadBefore });
        await putMessage(stores, message);
      }
      stores("state").put(sequence, "cursor");
    });
  }

  /** The server has gone back to an older state: its numbers begin anew. */
  async restart() {
    await this.#database.write(["chats", "state"], async (stores) => {
      // It tells of a former clearing again, and that needs no question.
      for (const chat of (await all(stores("chats"))).filter(({ clearedAt }) => clearedAt)) {
        stores("chats").put({ ...chat, ownClearings: 1 });
      }
      stores("state").put(0, "cursor");
    });
  }

  /**
   * @param {ChatRow} asked the chat as it was when the page was asked for
   * @param {{ messages: ServerMessage[], next: string | null }} page next: what is older than all that stands here
   */
  async addPage(asked, { messages, next }) {
    await this.#database.write(ENTRY_STORES, async (stores) => {
      const chat = await chatOrNew(stores("chats"), asked.email);
      if (chat.clearedAt === asked.clearedAt && chat.older === asked.older) {
        const before = await countMarked(stores("messages"), "unread", asked.email);
        for (const message of messages) {
          await putMessage(stores, message);
        }
        const found = (await countMarked(stores("messages"), "unread", asked.email)) - before;
        const unreadBefore = next === null ? 0 : Math.max(0, chat.unreadBefore - found);
        const entered = await chatOrNew(stores("chats"), asked.email);
        stores("chats").put({ ...entered, older: next, unreadBefore });
      }
    });
  }

  /**
   * @param {string} email
   * @param {Partial<ChatRow>} change
   */
  async changeChat(email, change) {
    await this.#database.write(["chats"], async (stores) => {
      stores("chats").put({ ...(await chatOrNew(stores("chats"), email)), ...change });
    });
  }

  /**
   * @param {string} email
   * @param {Sealed | null} before
   * @param {Sealed | null} draft
   * @returns {Promise<boolean>} false: the draft that stands here is another one than the one before
   */
  replaceDraft(email, before, draft) {
    return this.#database.write(["chats"], async (stores) => {
      const chat = await chatOrNew(stores("chats"), email);
      const isSame = nonceOf(chat.draft) === nonceOf(before);
      if (isSame) {
        stores("chats").put({ ...chat, draft });
      }
      return isSame;
    });
  }

  /** @returns {Promise<string[]>} the emails of all chats */
  async chatEmails() {
    const chats = await this.#database.read(["chats"], (stores) => all(stores("chats")));
    return chats.map(({ email }) => email);
  }

  /**
   * @param {string} email
   * @returns {Promise<ChatRow>}
   */
  chat(email) {
    return this.#database.read(["chats"], (stores) => chatOrNew(stores("chats"), email));
  }

  /**
   * @param {string[]} emails
   * @returns {Promise<Glance[]>}
   */
  glance(emails) {
    return this.#database.read(["chats", "messages", "outbox"], (stores) =>
      Promise.all(emails.map((email) => glanceAt(stores, email))));
  }

  /**
   * @param {string} email
   * @param {{ from?: number, below?: number, limit: number }} part by id: from ≤ id < below, the newest of them
   * @param {number[]} [known] the ids of former strays
   * @returns {Promise<Window>}
   */
  async window(email, part, known = []) {
    const gone = await this.#clearedMessages.all(email);
    return this.#database.read(["chains", "chats", "messages", "outbox", "state"], async (stores) => {
      const chat = await chatOrNew(stores("chats"), email);
      const rows = await newestMessages(stores("messages"), email, part);
      const gaps = await gapsIn(stores, { chat, rows, gone });
      const strays = rows[0] ? await straysBefore(stores, rows[0], known) : [];
      const unread = await countUnread(stores, chat);
      return { chat, rows, strays, unsent: await unsent(stores("outbox"), email), gaps, unread };
    });
  }

  /** @returns {Promise<string[]>} those of whom there are messages that nobody has tried to open yet, or not in vain for good */
  pendingPeers() {
    return this.#database.read(["messages"], (stores) => pendingPeers(stores("messages")));
  }

  /**
   * @param {string} peer
   * @param {{ below: number, limit: number }} part
   * @returns {Promise<MessageRow[]>} such messages, newest first
   */
  pending(peer, part) {
    return this.#database.read(["messages"], (stores) => newestPending(stores("messages"), peer, part));
  }

  /**
   * @param {string} peer
   * @returns {Promise<number>} how many of the messages with that person were tried to be opened
   */
  countTried(peer) {
    return this.#database.read(["messages"], async (stores) => {
      const [count, pending] = await Promise.all([countMessages(stores("messages"), peer), countMarked(stores("messages"), "pending", peer)]);
      return count - pending;
    });
  }

  /**
   * @param {Set<string>} peers
   * @returns {Promise<MessageRow[]>} those of these people's about which the server is still to be told something
   */
  async due(peers) {
    const values = new Set([...peers, ...FORMERLY_DUE]);
    const found = await this.#database.read(["messages"], (stores) =>
      Promise.all([...values].map((value) => marked(stores("messages"), "due", value))));
    return found.flat().filter(({ peer }) => peers.has(peer));
  }

  /**
   * @param {MessageRow} row
   * @param {StoredContent} content
   * @returns {Promise<MessageRow | null>} as it stands here now; null: another message has its id meanwhile
   */
  async keepOpened(row, content) {
    const sealed = await this.#cipher.seal(messageRecord(row), content);
    const parts = { database: this.#database, cipher: this.#cipher, clearedMessages: this.#clearedMessages };
    let kept;
    for (let attempt = 0; kept === undefined && attempt < ATTEMPTS_LIMIT; attempt += 1) {
      const verdict = await checkChain(parts, row, content);
      kept = await this.#keep(row, { content, sealed, verdict, isLast: attempt === ATTEMPTS_LIMIT - 1 });
    }
    return kept ?? null;
  }

  /**
   * @param {MessageRow} row
   * @param {{ content: StoredContent, sealed: Sealed, verdict: ChainVerdict, isLast: boolean }} found out about it
   * @returns {Promise<MessageRow | null | undefined>} undefined: something has come in between that was not compared
   */
  #keep(row, { content, sealed, verdict: { compared, first, isRepeated, hidden, conflict, late }, isLast }) {
    // A repetition has no place in the chain: the server could put any number of them before what they repeat.
    const { browser, counter } = first ? /** @type {Partial<StoredContent>} */ ({}) : content;
    return this.#database.write(["messages", "chats"], async (stores) => {
      if (!isLast && (await neighbours(stores, row, content)).some(({ id }) => !compared.has(id))) {
        return undefined;
      }
      let isNew = false; // another tab may have opened it
      const kept = await changeIn(stores, row, (found) => {
        isNew = !isRepeated;
        return {
          ...found, sealed, raw: undefined, pending: undefined, browser, counter, hidden, conflict, late,
          seen: found.seen || Boolean(first?.seen), ...marksOf(content.type),
        };
      });
      if (isNew) {
        await typeOf(content.type).apply?.(stores, { peer: row.peer, mine: row.mine, ...content });
      }
      if (kept && !kept.mine) {
        const chat = await withSkipsAfter(stores, await chatOrNew(stores("chats"), row.peer), kept);
        stores("chats").put(kept.hidden ? chat : await owingReceipt(stores, chat, kept.seen ? [kept] : []));
      }
      return kept;
    });
  }

  /**
   * It cannot be opened, now at least; it is tried again when it comes to the screen.
   * @param {MessageRow} row
   * @param {{ isFinal: boolean, isDamaged: boolean }} how isFinal: it will not go well the next time, with nothing else
   *   changed; isDamaged: whatever else is changed
   * @returns {Promise<MessageRow | null>} null: another message has its id meanwhile
   */
  keepTried(row, { isFinal, isDamaged }) {
    return this.#change(row, (found) => ({
      ...found, tried: true, damaged: isDamaged || undefined, pending: isFinal ? undefined : found.pending,
    }));
  }

  /**
   * @param {MessageRow} row
   * @param {(row: MessageRow) => MessageRow} change
   */
  #change(row, change) {
    return this.#database.write(["messages"], (stores) => changeIn(stores, row, change));
  }

  /**
   * @param {string} email
   * @returns {Promise<MessageRow[]>} what nobody has seen, oldest first
   */
  unread(email) {
    return this.#database.read(["messages"], (stores) => marked(stores("messages"), "unread", email));
  }

  /**
   * @param {string} email
   * @param {number} from
   */
  countFrom(email, from) {
    return this.#database.read(["messages"], (stores) => countFrom(stores("messages"), email, from));
  }

  /**
   * @param {string} email
   * @param {(id: number) => boolean} isShown what has come in since, or was put before it, was not seen
   * @param {import("./seen.js").Seen} [seen] what is known more exactly
   * @returns {Promise<boolean>} whether anything has changed
   */
  markSeen(email, isShown, seen = { shown: [], passed: [], atEnd: true }) {
    return this.#database.write(["chats", "messages"], (stores) => markSeen(stores, email, isShown, seen));
  }
}

/**
 * @param {Stores} stores
 * @param {MessageRow} first of those that are shown
 * @param {number[]} known
 * @returns {Promise<MessageRow[]>} what nobody has seen above it although it came later, and what was such
 */
async function straysBefore(stores, { id: firstId, peer, arrivedAtMs: firstAtMs = 0 }, known) {
  const unread = await marked(stores("messages"), "unread", peer);
  const above = unread.filter(({ id, isLive, arrivedAtMs = 0 }) => isLive && id < firstId && arrivedAtMs > firstAtMs);
  const strays = above.slice(-STRAYS_LIMIT);
  const others = known.filter((id) => id < firstId && !strays.some((row) => row.id === id));
  const former = await Promise.all(others.map((id) => get(stores("messages"), id)));
  return [...former.flatMap((row) => (row?.peer === peer ? [row] : [])), ...strays];
}

/**
 * Changes a message that has not been opened yet, and no other that has come under its id.
 * @param {Stores} stores
 * @param {MessageRow} row as it was read, with `raw`
 * @param {(row: MessageRow) => MessageRow} change
 * @returns {Promise<MessageRow | null>} as it stands here now; null: another message has its id
 */
async function changeIn(stores, row, change) {
  const found = await get(stores("messages"), row.id);
  if (!found || !(found.raw ? isSameEnvelope(found, row) : isSameMessage(found, row))) {
    return null;
  }
  // Without `raw`, another tab has opened it.
  const changed = found.raw ? mark(change(found)) : found;
  if (found.raw) {
    stores("messages").put(changed);
  }
  return changed;
}

/**
 * @param {Stores} stores
 * @param {string} email
 * @returns {Promise<Glance>}
 */
async function glanceAt(stores, email) {
  const [chat, last, waiting] = await Promise.all([
    chatOrNew(stores("chats"), email),
    newestShown(stores("messages"), email),
    unsent(stores("outbox"), email),
  ]);
  return { chat, last, unsent: waiting, unread: await countUnread(stores, chat) };
}

/**
 * @param {Stores} stores
 * @param {ChatRow} chat
 * @returns {Promise<number>} here, and before what is here
 */
async function countUnread(stores, { email, unreadBefore }) {
  return (await countMarked(stores("messages"), "unread", email)) + unreadBefore;
}
