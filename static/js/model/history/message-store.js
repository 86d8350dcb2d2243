/**
 * The stored messages. Events of the server are applied here, in whatever way and however often they arrive; each message is
 * stored once.
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
  ownChains,
  pendingChats,
  unsent,
} from "../../storage/queries.js";
import { chatWith } from "../../storage/chat-ids.js";
import { typeOf } from "../../types/content-types.js";
import { messageRecord, nonceOf } from "../keys/storage-cipher.js";
import { enterEvent, putMessage, putReceipts } from "./apply-event.js";
import { checkChain, neighbours } from "./chain-check.js";
import { gapsIn } from "./gaps.js";
import { isSameEnvelope, isSameMessage, mark, marksOf, takenBack } from "./message-rows.js";
import { marksElsewhere } from "./ranges.js";
import { withRepetition } from "./repetitions.js";
import { markSeen, noteWritten, owingReceipt } from "./seen.js";
import { withSkipsAfter } from "./skips.js";
import { isBlocked, isOwn } from "./standing.js";
import { noteLifetime } from "./lifetimes.js";
import { namesUnsent } from "./unsent-names.js";

/**
 * What the list of chats shows of one chat.
 * @typedef {object} Glance
 * @property {ChatRow} chat
 * @property {MessageRow | undefined} last
 * @property {MessageRow[]} after what came after the last one and has no place of its own
 * @property {OutboxRow[]} unsent
 * @property {number} unread
 * @property {boolean} hasWritten whether the user has written there from this browser
 */

/** @typedef {{ chat: ChatRow, rows: MessageRow[], strays: MessageRow[], unsent: OutboxRow[], gaps: Gap[], unread: number }} Window
 *   strays: messages that came last, with ids lower than those of all the rows; unread: in the whole chat */

/** @type {import("../../storage/database.js").StoreName[]} */
const ENTRY_STORES = ["messages", "outbox", "chats", "state", "receipts"];
const STRAYS_LIMIT = 30;
// The values of `due` until 2026-11; now it is the peer's email.
const FORMERLY_DUE = ["delivered", "read"];
const ATTEMPTS_LIMIT = 10;
// How many of the newest messages are looked at for changes of the last one that the list of chats shows.
const CHANGES_LIMIT = 100;

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

  /** @returns {Promise<number | null>} the sequence of the last applied event; null: a new browser */
  async sequence() {
    return (await this.#database.read(["state"], (stores) => get(stores("state"), "cursor"))) ?? null;
  }

  /**
   * Applies events in their order, and stores the sequence in the same transaction.
   * @param {MailboxEvent[]} events
   * @param {number | null} sequence of the last of them; null: it does not change
   * @param {boolean} [isLive] whether all earlier events of the server are here
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
   * Stores the list of chats in a new browser. The messages are fetched when a chat is opened.
   * @param {{ conversations: Conversation[], sequence: number }} list
   */
  async begin({ conversations, sequence }) {
    await this.#database.write(ENTRY_STORES, async (stores) => {
      for (const { email, unread, lastMessage } of conversations.filter((entry) => entry.lastMessage)) {
        const message = /** @type {ServerMessage} */ (lastMessage);
        const chat = await chatOrNew(stores("chats"), chatWith(email));
        const isLastUnread = !message.mine && !message.readAtMs;
        const unreadBefore = Math.max(0, unread - Number(isLastUnread));
        // The server's word. It is told of no receipt for a stranger's message.
        const listed = message.mine || message.deliveredAtMs > 0 || undefined;
        stores("chats").put({ ...chat, startId: message.id, older: "", unreadBefore, listed });
        await putMessage(stores, message);
      }
      stores("state").put(sequence, "cursor");
    });
  }

  /** Resets the sequence, because the server was restored to an older state. */
  async restart() {
    await this.#database.write(["chats", "state"], async (stores) => {
      // The server sends events of former clearings again; they need no question.
      for (const chat of (await all(stores("chats"))).filter(({ clearedAt }) => clearedAt)) {
        stores("chats").put({ ...chat, ownClearings: 1 });
      }
      stores("state").put(0, "cursor");
    });
  }

  /**
   * @param {ChatRow} asked the chat as it was at the request
   * @param {{ messages: ServerMessage[], next: string | null }} page next: the URL of the page of older messages
   */
  async addPage(asked, { messages, next }) {
    await this.#database.write(ENTRY_STORES, async (stores) => {
      const chat = await chatOrNew(stores("chats"), asked.id);
      if (chat.clearedAt === asked.clearedAt && chat.older === asked.older) {
        const before = await countMarked(stores("messages"), "unread", asked.id);
        const taken = isBlocked(chat) ? messages.filter(({ mine }) => mine) : messages;
        for (const message of taken) {
          await putMessage(stores, message);
        }
        if (chat.older === "") {
          await putReceipts(stores, [...taken].reverse());
        }
        const found = (await countMarked(stores("messages"), "unread", asked.id)) - before;
        const unreadBefore = next === null ? 0 : Math.max(0, chat.unreadBefore - found);
        const entered = await chatOrNew(stores("chats"), asked.id);
        const fetchedFrom = next === chat.older ? chat.fetchedFrom : messages.at(-1)?.id;
        stores("chats").put({ ...entered, older: next, unreadBefore, fetchedFrom });
      }
    });
  }

  /**
   * @param {ChatId} chatId
   * @param {Partial<ChatRow> | ((chat: ChatRow) => Partial<ChatRow>)} change
   */
  async changeChat(chatId, change) {
    await this.#database.write(["chats"], async (stores) => {
      const chat = await chatOrNew(stores("chats"), chatId);
      stores("chats").put({ ...chat, ...(typeof change === "function" ? change(chat) : change) });
    });
  }

  /**
   * @param {ChatId} chatId
   * @param {Sealed | null} before
   * @param {Sealed | null} draft
   * @returns {Promise<boolean>} false: the stored draft is not `before`
   */
  replaceDraft(chatId, before, draft) {
    return this.#database.write(["chats"], async (stores) => {
      const chat = await chatOrNew(stores("chats"), chatId);
      const isSame = nonceOf(chat.draft) === nonceOf(before);
      if (isSame) {
        stores("chats").put({ ...chat, draft });
      }
      return isSame;
    });
  }

  /** @returns {Promise<ChatId[]>} of all chats */
  async chatIds() {
    const chats = await this.#database.read(["chats"], (stores) => all(stores("chats")));
    return chats.map(({ id }) => id);
  }

  /**
   * @param {ChatId} chatId
   * @returns {Promise<ChatRow>}
   */
  chat(chatId) {
    return this.#database.read(["chats"], (stores) => chatOrNew(stores("chats"), chatId));
  }

  /**
   * @param {ChatId[]} chatIds
   * @returns {Promise<Glance[]>}
   */
  glance(chatIds) {
    return this.#database.read(["chains", "chats", "messages", "outbox"], (stores) =>
      Promise.all(chatIds.map((chatId) => glanceAt(stores, chatId))));
  }

  /**
   * @param {ChatId} chatId
   * @param {{ from?: number, below?: number, limit: number }} part by id: from ≤ id < below, the newest of them
   * @param {number[]} [known] the ids of strays of earlier readings
   * @returns {Promise<Window>}
   */
  async window(chatId, part, known = []) {
    const gone = await this.#clearedMessages.all(chatId);
    return this.#database.read(["chains", "chats", "messages", "outbox", "state"], async (stores) => {
      const chat = await chatOrNew(stores("chats"), chatId);
      const rows = await newestMessages(stores("messages"), chatId, part);
      const gaps = await gapsIn(stores, { chat, rows, gone });
      const strays = rows[0] ? await straysBefore(stores, rows[0], known) : [];
      const unread = await countUnread(stores, chat);
      return { chat, rows, strays, unsent: await unsent(stores("outbox"), chatId), gaps, unread };
    });
  }

  /** @returns {Promise<ChatId[]>} the peers with messages that wait to be decrypted */
  pendingChats() {
    return this.#database.read(["messages"], (stores) => pendingChats(stores("messages")));
  }

  /**
   * @param {ChatId} chatId
   * @param {{ below: number, limit: number }} part
   * @returns {Promise<MessageRow[]>} the peer's messages that wait to be decrypted, newest first
   */
  pending(chatId, part) {
    return this.#database.read(["messages"], (stores) => newestPending(stores("messages"), chatId, part));
  }

  /**
   * @param {ChatId} chatId
   * @returns {Promise<number>} for how many messages of that chat decryption was tried
   */
  countTried(chatId) {
    return this.#database.read(["messages"], async (stores) => {
      const [count, pending] = await Promise.all([countMessages(stores("messages"), chatId), countMarked(stores("messages"), "pending", chatId)]);
      return count - pending;
    });
  }

  /**
   * @param {Set<ChatId>} chats
   * @returns {Promise<MessageRow[]>} these peers' messages of which the server is to be told that they were delivered or read
   */
  async due(chats) {
    const values = new Set([...chats, ...FORMERLY_DUE]);
    const found = await this.#database.read(["messages"], (stores) =>
      Promise.all([...values].map((value) => marked(stores("messages"), "due", value))));
    return found.flat().filter(({ chat }) => chats.has(chat));
  }

  /**
   * @param {MessageRow} row
   * @param {StoredContent} content
   * @returns {Promise<MessageRow | null>} the stored row; null: another message has its id by now
   */
  async keepOpened(row, content) {
    const sealed = await this.#cipher.seal(messageRecord(row), content);
    const parts = { database: this.#database, cipher: this.#cipher, clearedMessages: this.#clearedMessages };
    const isUnsentNamed = await namesUnsent(parts, row, content);
    let kept;
    for (let attempt = 0; kept === undefined && attempt < ATTEMPTS_LIMIT; attempt += 1) {
      const verdict = await checkChain(parts, row, content);
      kept = await this.#keep(row, { content, sealed, verdict, isUnsentNamed, isLast: attempt === ATTEMPTS_LIMIT - 1 });
    }
    if (kept && typeOf(content.type, content.v).deletes) {
      await this.eraseDeleted(row.chat).catch(() => {});
    }
    return kept ?? null;
  }

  /**
   * @param {MessageRow} row
   * @param {{ content: StoredContent, sealed: Sealed, verdict: ChainVerdict, isUnsentNamed: boolean, isLast: boolean }} found
   * @returns {Promise<MessageRow | null | undefined>} undefined: a neighbour has come that it was not compared with
   */
  #keep(row, { content, sealed, verdict: { compared, first, isRepeated, hidden, conflict, late }, isUnsentNamed, isLast }) {
    // A repetition gets no counter: the server could put any number of them before the first copy.
    const { browser, counter } = first ? /** @type {Partial<StoredContent>} */ ({}) : content;
    return this.#database.write(["messages", "chats"], async (stores) => {
      if (!isLast && (await neighbours(stores, row, content)).some(({ id }) => !compared.has(id))) {
        return undefined;
      }
      let isNew = false; // Another tab may have decrypted it.
      // Of two messages with one counter, nobody knows which was seen.
      const there = conflict ? null : marksElsewhere(await chatOrNew(stores("chats"), row.chat), content);
      const kept = await changeIn(stores, row, (found) => {
        isNew = !isRepeated;
        return {
          ...found, sealed, raw: undefined, pending: undefined, browser, counter, hidden, conflict, late,
          namesUnsent: isUnsentNamed || undefined, seen: found.seen || Boolean(first?.seen || there?.seen),
          passed: (found.passed && !found.presumed) || there?.passed || undefined, ...marksOf(content), ...(row.mine ? takenBack(content) : {}),
        };
      });
      if (isNew) {
        await typeOf(content.type, content.v).apply?.(stores, { chat: row.chat, peer: row.peer, mine: row.mine, ...content });
      }
      await noteLifetime(stores, row.chat, content, { mine: row.mine, isRepeated });
      if (kept && first) {
        stores("chats").put(await withRepetition(stores, await chatOrNew(stores("chats"), row.chat), kept.id));
      }
      await noteWritten(stores, kept, this.#cipher.browser);
      if (kept && !kept.mine) {
        const chat = await withSkipsAfter(stores, await chatOrNew(stores("chats"), row.chat), kept);
        // A skip may close the hole that kept the last receipt from saying more.
        stores("chats").put(kept.hidden && !kept.isSkip ? chat : await owingReceipt(stores, chat, kept.seen ? [kept] : []));
      }
      return kept;
    });
  }

  /**
   * Removes the contents of deleted messages.
   * @param {ChatId} chatId
   */
  async eraseDeleted(chatId) {
    const { eraseDeleted } = await import("./erasing.js");
    await eraseDeleted({ database: this.#database, cipher: this.#cipher }, chatId);
  }

  /**
   * Removes a message for the person, with all that names it.
   * @param {ChatId} chatId
   * @param {string} hash
   * @returns {Promise<number[]>} the server's ids of what was removed
   */
  async remove(chatId, hash) {
    const { removeMessage } = await import("./removing.js");
    return removeMessage({ database: this.#database, cipher: this.#cipher, clearedMessages: this.#clearedMessages }, chatId, hash);
  }

  /**
   * Notes a failed decryption. It is tried again when the message comes to the screen.
   * @param {MessageRow} row
   * @param {{ isFinal: boolean, isDamaged: boolean }} how isFinal: it fails again unless keys change; isDamaged: it fails
   *   again in any case
   * @returns {Promise<MessageRow | null>} null: another message has its id by now
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
   * @param {ChatId} chatId
   * @returns {Promise<MessageRow[]>} the unread messages, oldest first
   */
  unread(chatId) {
    return this.#database.read(["messages"], (stores) => marked(stores("messages"), "unread", chatId));
  }

  /**
   * @param {ChatId} chatId
   * @param {number} from
   */
  countFrom(chatId, from) {
    return this.#database.read(["messages"], (stores) => countFrom(stores("messages"), chatId, from));
  }

  /**
   * @param {ChatId} chatId
   * @param {(id: number) => boolean} isShown whether a message is on the screen; it may have come since
   * @param {import("./seen.js").Seen} [seen] the exact ids, if known
   * @returns {Promise<boolean>} whether anything has changed
   */
  markSeen(chatId, isShown, seen = { shown: [], passed: [], atEnd: true }) {
    return this.#database.write(["chats", "messages"], (stores) => markSeen(stores, chatId, isShown, seen));
  }
}

/**
 * @param {Stores} stores
 * @param {MessageRow} first the first message that is shown
 * @param {number[]} known
 * @returns {Promise<MessageRow[]>} the unread messages above it that came later, and those in `known`
 */
async function straysBefore(stores, { id: firstId, chat, arrivedAtMs: firstAtMs = 0 }, known) {
  const unread = await marked(stores("messages"), "unread", chat);
  const above = unread.filter(({ id, isLive, arrivedAtMs = 0 }) => isLive && id < firstId && arrivedAtMs > firstAtMs);
  const strays = above.slice(-STRAYS_LIMIT);
  const others = known.filter((id) => id < firstId && !strays.some((row) => row.id === id));
  const former = await Promise.all(others.map((id) => get(stores("messages"), id)));
  return [...former.flatMap((row) => (row?.chat === chat ? [row] : [])), ...strays];
}

/**
 * Changes a message that was not decrypted yet. It does not change another message that has its id by now.
 * @param {Stores} stores
 * @param {MessageRow} row as read before, with `raw`
 * @param {(row: MessageRow) => MessageRow} change
 * @returns {Promise<MessageRow | null>} the stored row; null: another message has its id by now
 */
async function changeIn(stores, row, change) {
  const found = await get(stores("messages"), row.id);
  if (!found || !(found.raw ? isSameEnvelope(found, row) : isSameMessage(found, row))) {
    return null;
  }
  // Without `raw`, another tab has decrypted it.
  const changed = found.raw ? mark(change(found)) : found;
  if (found.raw) {
    stores("messages").put(changed);
  }
  return changed;
}

/**
 * @param {Stores} stores
 * @param {ChatId} chatId
 * @returns {Promise<Glance>}
 */
async function glanceAt(stores, chatId) {
  const [chat, last, waiting, own] = await Promise.all([
    chatOrNew(stores("chats"), chatId),
    newestShown(stores("messages"), chatId),
    unsent(stores("outbox"), chatId),
    ownChains(stores("chains"), chatId),
  ]);
  const after = last ? await newestMessages(stores("messages"), chatId, { from: last.id, limit: CHANGES_LIMIT }) : [];
  return { chat, last, after: after.filter(({ hidden }) => hidden), unsent: waiting, unread: await countUnread(stores, chat), hasWritten: own.some(isOwn) };
}

/**
 * @param {Stores} stores
 * @param {ChatRow} chat
 * @returns {Promise<number>} of the messages that are here, and of older ones that are not
 */
async function countUnread(stores, { id, unreadBefore }) {
  return (await countMarked(stores("messages"), "unread", id)) + unreadBefore;
}
