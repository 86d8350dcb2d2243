/**
 * One open chat: the stored messages from the oldest requested one to the newest, and the unsent ones. It is read again from
 * the database after each change.
 *
 * Events: `changed`, `counted` (there may be fewer unread messages).
 */
import { Emitter } from "../../lib/emitter.js";
import { pause, SerialQueue } from "../../lib/timing.js";
import { chatWith } from "../../storage/chat-ids.js";
import { isBlocked } from "../history/standing.js";
import { offerId } from "../keys/pinning.js";
import { hasContent, itemsOf, readOf } from "./item-list.js";
import { ThreadContents } from "./thread-contents.js";
import { keyOf } from "./thread-items.js";

/** @import { Window } from "../history/message-store.js" */
/** @import { Shown } from "./item-list.js" */
/** @import { AnyItem } from "./thread-items.js" */

const SCREEN = 30;
const IN_SIGHT = 16; // Messages on a screen. Each costs a derivation, and the others wait for these.
const BEFORE_UNREAD = 5;
const MOST_AT_ONCE = 2000; // Each is a node on the screen.
const MOST_FROM_FOUND = 5000; // Drawing so many takes seconds.
const OLDER = 50;
const PAGES_AT_ONCE = 3;
const FETCH_PATIENCE_MS = 5000;

export class Thread extends Emitter {
  #parts;
  #chatId;
  #contents;
  #reading = new SerialQueue();
  /** @type {Shown} */
  #shown;
  /** @type {AnyItem[] | null} */
  #items = null;
  #from = Infinity;
  #isFollowing = false;
  #isLoading = true;
  /** whether only the newest messages are here, and unread ones may precede them */
  #isPartial = false;
  #unreadCount = 0;
  /** @type {import("./endings.js").Endings | undefined} */
  #endings;
  #isLeft = false;
  /** @type {string | null} */
  #firstUnreadKey = null;

  /**
   * @param {string} email
   * @param {ThreadParts} parts
   */
  constructor(email, parts) {
    super();
    this.email = email;
    this.#chatId = chatWith(email);
    this.#parts = parts;
    this.#contents = new ThreadContents(parts);
    this.#shown = { email, chat: null, rows: [], strays: [], gaps: [], unsent: [], echoes: new Map(), hasOlder: false };
  }

  get name() {
    return this.#parts.people.nameOf(this.email);
  }

  /** The name of the person for warnings. */
  get fullName() {
    return this.#parts.people.fullName(this.email);
  }

  /** The name of the person for a screen reader. */
  get speaker() {
    return this.#parts.people.speakerOf(this.email);
  }

  /** Whether all browsers of both people read version 2 of the content. */
  get isOfVersion2() {
    return this.#parts.people.contentVersion(this.email) >= 2;
  }

  /** This browser's id. */
  get ownBrowser() {
    return this.#parts.cipher.browser;
  }

  /** The key change that the person has to decide about before messages are sent, with the id of the offer; null: none. */
  get keyChange() {
    const row = this.#parts.people.get(this.email);
    return row?.offered ? { name: this.fullName, fingerprint: row.offered, offer: offerId(row) } : null;
  }

  /** The last comparison of safety numbers, if they differed and none has matched since; otherwise null. */
  get differed() {
    return this.#parts.people.get(this.email)?.differed ?? null;
  }

  /** Whether the server says that the chat was cleared, and it was not cleared here. */
  get clearedElsewhere() {
    return Boolean(this.#shown.chat?.clearedElsewhere);
  }

  /** After how many seconds new messages disappear; 0: they stay. */
  get timerSeconds() {
    return this.#shown.chat?.timer?.seconds ?? 0;
  }

  /** True until the chat is read from the database. */
  get loading() {
    return this.#isLoading;
  }

  /** True while there may be unread messages before the shown ones. */
  get partial() {
    return this.#isPartial;
  }

  /** The text of the draft. */
  get draft() {
    return this.#parts.drafts.draft(this.email);
  }

  get hasOlder() {
    return this.#shown.hasOlder;
  }

  /** How many messages were unread when the chat was opened, or when its missing messages had come. */
  get unreadCount() {
    return this.#unreadCount;
  }

  /** The key of the first message that was unread then. */
  get firstUnreadKey() {
    return this.#firstUnreadKey;
  }

  /** @param {number} id */
  covers(id) {
    return id >= this.#from || this.#shown.strays.some((row) => row.id === id);
  }

  /**
   * @param {number} id
   * @returns {boolean} whether the message is shown and was here at the last reading
   */
  hasShown(id) {
    return this.covers(id) && id <= (this.#shown.rows.at(-1)?.id ?? 0);
  }

  /** @returns {AnyItem[]} oldest first */
  items() {
    this.#items ??= itemsOf(this.#shown, this.#contents, this.#parts);
    return this.#items;
  }

  /** Loads the newest screen from the database, or from the server if a long sync is running. */
  async load() {
    this.#isPartial = this.#parts.sync.isBehind;
    const from = this.#isPartial ? await this.#fetchNewest() : 0;
    await this.#reading.run(() => this.#loadScreen(from ?? 0));
  }

  /** Fetches older messages if they do not fill a screen. */
  async fill() {
    if (this.#shown.rows.length < SCREEN && this.#shown.hasOlder) {
      await this.loadOlder().catch(() => {});
    }
    this.#follow();
  }

  /** What is shown may be from the archive, and the server may have more of the same time. */
  #follow() {
    if (!this.#isFollowing) {
      this.#isFollowing = true;
      this.#fetchShown().catch(() => {}).finally(() => (this.#isFollowing = false));
    }
  }

  async #fetchShown() {
    const { messageStore } = this.#parts;
    let before = Infinity;
    for (let at = await this.#fetchedFrom(); at < before && this.#from < at; at = await this.#fetchedFrom()) {
      const count = await messageStore.countFrom(this.#chatId, this.#from);
      await this.#fetchPage();
      if ((await messageStore.countFrom(this.#chatId, this.#from)) > count) {
        await this.refresh();
      }
      before = at;
    }
  }

  async #fetchPage() {
    const isAny = await this.#parts.olderMessages.fetchPage(this.email);
    if (this.#shown.chat?.unreadBefore) {
      this.emit("counted"); // The list of chats counts what the page has brought.
    }
    return isAny;
  }

  /** @returns {Promise<number>} the lowest id of which the server has told; 0: it has told of all */
  async #fetchedFrom() {
    const { older, fetchedFrom, startId } = await this.#parts.messageStore.chat(this.#chatId);
    return older === null ? 0 : (fetchedFrom ?? startId);
  }

  /** Older messages have come from the archive. They show when the person scrolls back. */
  async reach() {
    const [first] = this.#shown.rows;
    if (this.#isLoading || !first) {
      await this.load();
    } else {
      await this.#reading.run(async () => {
        this.#shown.hasOlder = true;
        this.#from ||= first.id;
      });
      await this.refresh();
    }
    await this.fill();
  }

  /** Shows all unread messages, if they were not here when the chat was opened. */
  async widen() {
    await this.#reading.run(async () => {
      if (this.#isLoading || this.#parts.sync.isBehind) {
        return;
      }
      if (await this.#takeInUnread(this.#shown.strays)) {
        const window = await this.#read({ from: this.#from, limit: Infinity });
        this.#noteUnread(window);
        await this.#show(window);
      }
      this.#isPartial = false;
      this.emit("changed");
    });
  }

  /**
   * @param {MessageRow[]} strays unread messages that are shown above the others
   * @returns {Promise<boolean>} whether more messages are shown now
   */
  async #takeInUnread(strays) {
    const { messageStore } = this.#parts;
    const apart = new Set(strays.map(({ id }) => id));
    const first = (await messageStore.unread(this.#chatId)).find(({ id }) => !apart.has(id));
    if (!first || first.id >= this.#from || (await messageStore.countFrom(this.#chatId, first.id)) > MOST_AT_ONCE) {
      return false;
    }
    await this.#reachTo(first.id);
    return true;
  }

  /**
   * Shows the chat from a little before this message on.
   * @param {number} id of a message that is stored here
   * @returns {Promise<string | null>} its key; null: it is not here any more, or too far back
   */
  async reveal(id) {
    await this.#loaded();
    return this.#reading.run(async () => {
      if (!this.covers(id)) {
        if ((await this.#parts.messageStore.countFrom(this.#chatId, id)) > MOST_FROM_FOUND) {
          return null;
        }
        await this.#reachTo(id);
      }
      const window = await this.#read({ from: this.#from, limit: Infinity });
      await this.#show(window);
      this.emit("changed");
      const row = [...window.strays, ...window.rows].find((one) => one.id === id && !one.hidden);
      return row ? keyOf(row) : null;
    });
  }

  /** @returns {Promise<void>} */
  #loaded() {
    return new Promise((loaded) => {
      const look = () => {
        if (!this.#isLoading) {
          stop();
          loaded();
        }
      };
      const stop = this.on("changed", look);
      look();
    });
  }

  /** @param {number} id of the message before which a few more are shown */
  async #reachTo(id) {
    const { rows, chat } = await this.#parts.messageStore.window(this.#chatId, { below: id, limit: BEFORE_UNREAD + 1 });
    this.#shown.hasOlder = rows.length > BEFORE_UNREAD || hasPages(chat);
    this.#from = this.#shown.hasOlder ? (rows.slice(-BEFORE_UNREAD)[0]?.id ?? id) : 0;
  }

  /** @returns {Promise<number | null>} null: the server did not answer in time, so the stored messages are shown */
  #fetchNewest() {
    const fetched = this.#parts.olderMessages.fetchNewest(this.email).catch(() => null);
    return Promise.race([fetched, pause(FETCH_PATIENCE_MS).then(() => null)]);
  }

  /** @param {number} newest all messages from this id on are here; earlier ones may be missing */
  async #loadScreen(newest) {
    const screen = await this.#read({ from: newest, limit: SCREEN + 1 });
    this.#shown.hasOlder = screen.rows.length > SCREEN || hasPages(screen.chat) || newest > 0;
    this.#from = this.#shown.hasOlder ? (screen.rows.slice(-SCREEN)[0]?.id ?? 0) : 0;
    if (newest === 0) {
      await this.#takeInUnread(screen.strays);
    }
    const window = await this.#read({ from: this.#from, limit: Infinity });
    this.#noteUnread(window);
    await this.#show(window);
    this.#isLoading = false;
    this.emit("changed");
  }

  /** @param {Window} window both values are of one transaction, because messages can come in between */
  #noteUnread({ rows, unread }) {
    this.#unreadCount = unread;
    this.#firstUnreadKey = keyOfUnread(rows);
  }

  /** Fetches the newest screen first, because a long sync has begun. */
  async jump() {
    this.#isPartial = true;
    const from = await this.#fetchNewest();
    if (from !== null) {
      await this.#reading.run(async () => {
        this.#from = from;
        this.#shown.hasOlder = from > 0;
      });
      await this.refresh();
    }
  }

  /** Reads the shown messages again. */
  async refresh() {
    await this.#reading.run(async () => {
      if (!this.#isLoading) {
        const window = await this.#read({ from: this.#from, limit: Infinity });
        this.#shown.hasOlder &&= window.rows.length > 0 || hasPages(window.chat);
        await this.#show(window);
        this.emit("changed");
      }
    });
  }

  /** @throws {import("../../net/net-errors.js").NetworkError | import("../../net/net-errors.js").ApiError} */
  async loadOlder() {
    if (this.#parts.sync.isBehind) {
      await this.#parts.sync.run();
    }
    if (this.#parts.sync.isBehind) {
      return;
    }
    let found = await this.#reading.run(() => this.#reachBack());
    for (let page = 0; found === 0 && page < PAGES_AT_ONCE; page += 1) {
      if (!(await this.#fetchPage())) {
        break;
      }
      found = await this.#reading.run(() => this.#reachBack());
    }
    await this.refresh();
    this.#follow();
  }

  /** @returns {Promise<number>} how many older messages were found in the database */
  async #reachBack() {
    if (!this.#shown.hasOlder) {
      return 0; // They have come in between.
    }
    // Nothing is here yet where the last message that the server has named is a receipt.
    const below = this.#from || Infinity;
    const { rows, chat } = await this.#parts.messageStore.window(this.#chatId, { below, limit: OLDER });
    this.#shown.hasOlder = rows.length === OLDER || hasPages(chat);
    this.#from = this.#shown.hasOlder ? (rows[0]?.id ?? this.#from) : 0;
    return rows.length;
  }

  /**
   * Shows a message at once, before it is read from the database.
   * @param {Echo} echo
   */
  echo(echo) {
    this.#shown.echoes.set(echo.clientId, echo);
    this.#itemsChanged();
  }

  /** Waits for nothing any more: the chat is not shown. */
  leave() {
    this.#isLeft = true;
    this.#endings?.stop();
  }

  /**
   * Removes a message that could not be stored.
   * @param {string} clientId
   */
  dropEcho(clientId) {
    this.#shown.echoes.delete(clientId);
    this.#itemsChanged();
  }

  /**
   * Reads the database. Echoes that were stored before are in the result, or have changed, for example their client_id.
   * @param {{ from?: number, below?: number, limit: number }} part
   * @returns {Promise<Window & { echoed: Echo[] }>}
   */
  async #read(part) {
    const echoed = [...this.#shown.echoes.values()].filter(({ isStored }) => isStored);
    const strays = this.#shown.strays.map(({ id }) => id);
    return { ...(await this.#parts.messageStore.window(this.#chatId, part, strays)), echoed };
  }

  #itemsChanged() {
    this.#items = null;
    this.emit("changed");
  }

  /** @param {Window & { echoed: Echo[] }} window */
  async #show({ chat, rows, strays, unsent, echoed, gaps }) {
    await Promise.all([...strays, ...rows, ...unsent].map((row) => this.#contents.read(row)));
    Object.assign(this.#shown, { chat, rows, strays, gaps, unsent });
    [...rows.filter(hasContent), ...unsent, ...echoed].forEach(({ clientId }) => this.#shown.echoes.delete(clientId ?? ""));
    this.#items = null;
    this.#openWhatIsClosed();
    if (this.#contents.changes && !this.#isLeft) {
      this.#endings ??= new this.#contents.changes.Endings({
        erase: () => this.#parts.messageStore.eraseDeleted(this.#chatId), refresh: () => this.refresh().then(() => this.emit("counted")),
      });
      this.#endings.see(this.items(), readOf(this.#shown, this.#contents));
    }
  }

  /** Decrypts in this order: the screen from the first unread message on, the newest screen, the later and earlier ones. */
  #openWhatIsClosed() {
    const { decryptQueue } = this.#parts;
    const unread = this.#shown.rows.findIndex((row) => keyOf(row) === this.#firstUnreadKey);
    const below = unread < 0 ? [] : this.#shown.rows.slice(unread, unread + SCREEN);
    const newest = [...this.#shown.rows].reverse();
    const inTurn = [...below.slice(0, IN_SIGHT), ...this.#shown.strays, ...newest.slice(0, IN_SIGHT), ...below, ...newest];
    const closed = inTurn.filter((row) => row.raw && !decryptQueue.failure(row));
    decryptQueue.openAll([...new Set(closed)]);
  }
}

/** @param {MessageRow[]} rows */
function keyOfUnread(rows) {
  const first = rows.find(({ unread }) => unread !== undefined);
  return first ? keyOf(first) : null;
}

/**
 * @param {ChatRow} chat
 * @returns {boolean} whether the server is asked for older messages
 */
function hasPages(chat) {
  return chat.older !== null && !isBlocked(chat);
}
