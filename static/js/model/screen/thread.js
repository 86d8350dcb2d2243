/**
 * One chat as it is shown: a window on what is stored, from the oldest message that was asked for to the newest, and
 * what has not left yet. The database is the truth; this reads it again whenever something has changed.
 */
import { pause, SerialQueue } from "../../lib/timing.js";
import { textOf } from "../../types/content-types.js";
import { isSilent } from "../history/message-rows.js";
import { waitReason } from "../keys/pinning.js";
import { secondBrowsers } from "../keys/second-browsers.js";
import { messageRecord } from "../keys/storage-cipher.js";
import { NEWER, UNREADABLE } from "../receive/unopened.js";
import { arranged } from "./arrangement.js";
import { placeOf } from "./causality.js";
import { usualDelays } from "./sender-clocks.js";
import {
  changeItems,
  echoItem,
  inOrder,
  keyOf,
  storedItem,
  takenBackItems,
  textKey,
  unsentItem,
  withKeys,
} from "./thread-items.js";

/** @import { Window } from "../history/message-store.js" */

/** @typedef {import("./thread-items.js").AnyItem} AnyItem */
/** @typedef {import("./thread-items.js").ThreadItem} ThreadItem */
/** @typedef {import("./thread-items.js").Words} Words */

const SCREEN = 30;
const IN_SIGHT = 16; // on most screens; each takes a derivation, and all others wait for it
const BEFORE_UNREAD = 5;
const MOST_AT_ONCE = 2000; // each is a node on the screen
const OLDER = 50;
const PAGES_AT_ONCE = 3;
const FETCH_PATIENCE_MS = 5000;

export class Thread {
  #parts;
  #reading = new SerialQueue();
  /** @type {Window["rows"]} */
  #rows = [];
  /** @type {Window["strays"]} */
  #strays = [];
  /** @type {Window["gaps"]} */
  #gaps = [];
  /** @type {ChatRow | null} */
  #chat = null;
  /** @type {OutboxRow[]} */
  #unsent = [];
  /** @type {Map<string, Echo>} */
  #echoes = new Map();
  /** @type {Map<string, Words>} what was opened, by identity: keys come again where the server gives an id twice */
  #words = new Map();
  /** @type {Set<string>} identities of what is kept here and cannot be read */
  #unreadable = new Set();
  /** @type {AnyItem[] | null} */
  #items = null;
  #from = Infinity;
  #hasOlder = false;
  #isLoading = true;
  /** whether only the newest is here, and what is unread may begin before it */
  #isPartial = false;
  #unreadCount = 0;
  /** @type {string | null} */
  #firstUnreadKey = null;

  /**
   * @param {string} email
   * @param {ThreadParts} parts
   */
  constructor(email, parts) {
    this.email = email;
    this.#parts = parts;
  }

  get name() {
    return this.#parts.people.nameOf(this.email);
  }

  /** What to call that person where messages are read out. */
  get speaker() {
    return this.#parts.people.speakerOf(this.email);
  }

  /** What the person has to decide about before anything goes out; null: nothing. */
  get keyChange() {
    const fingerprint = this.#parts.people.get(this.email)?.offered;
    return fingerprint ? { name: this.name, fingerprint } : null;
  }

  /** The numbers that the person compared were not the same, and none have matched since; null: not so. */
  get differed() {
    return this.#parts.people.get(this.email)?.differed ?? null;
  }

  /** The server says that the chat was cleared, and nobody here did it. */
  get clearedElsewhere() {
    return Boolean(this.#chat?.clearedElsewhere);
  }

  /** True until what is stored of it is here. */
  get loading() {
    return this.#isLoading;
  }

  /** True while what is unread may begin before what is shown. */
  get partial() {
    return this.#isPartial;
  }

  /** What was begun and not sent. */
  get draft() {
    return this.#parts.draft();
  }

  get hasOlder() {
    return this.#hasOlder;
  }

  /** How many messages were unread when the chat was opened, or when what was missing had come. */
  get unreadCount() {
    return this.#unreadCount;
  }

  /** The first message that was unread then. */
  get firstUnreadKey() {
    return this.#firstUnreadKey;
  }

  /** @param {number} id */
  covers(id) {
    return id >= this.#from || this.#strays.some((row) => row.id === id);
  }

  /**
   * @param {number} id
   * @returns {boolean} whether it is, and has not only come in since
   */
  hasShown(id) {
    return this.covers(id) && id <= (this.#rows.at(-1)?.id ?? 0);
  }

  /** @returns {AnyItem[]} oldest first */
  items() {
    const waitsFor = waitReason(this.#parts.people.get(this.email));
    this.#items ??= inOrder(this.#chat === null ? [] : this.#stored(this.#chat), {
      unsent: this.#unsent.filter((row) => !isSilent(row)).map((row) => unsentItem(row, this.#known(row), waitsFor)),
      echoes: this.#echoesAlone().map(echoItem),
      changes: [...this.#changes(), ...this.#takenBack()],
    });
    return this.#items;
  }

  /** @param {ChatRow} chat */
  #stored(chat) {
    const { sync, people, preferences, cipher } = this.#parts;
    const second = secondBrowsers(people.get(this.email));
    const distinct = this.#distinctRows();
    const theirs = distinct.filter(({ row }) => !row.mine);
    const sent = theirs.map(({ row }) => ({ row, sentAtMs: this.#words.get(textKey(row))?.sentAtMs }));
    const usualDelay = usualDelays(sent);
    const shown = { chat, isReadTold: preferences.readReceipts, ownBrowser: cipher.browser, second, usualDelay };
    const placed = distinct.map(({ row, key }) => {
      const known = this.#known(row);
      return { row, words: known.words, item: storedItem(row, known, { ...shown, key }) };
    });
    const gaps = sync.isSettled ? this.#gaps.filter((gap) => this.#isKnown(gap)) : [];
    return arranged(placed, gaps, this.#around(chat));
  }

  /**
   * @param {import("../history/gaps.js").Gap} gap
   * @returns {boolean} false: it is above the newest screen, which was fetched before what lies above it
   */
  #isKnown({ before }) {
    return this.#parts.sync.isComplete || !this.#hasOlder || before !== this.#rows[0]?.id;
  }

  /** @param {ChatRow} chat */
  #around({ heads = {} }) {
    const browsers = this.#rows.filter(({ mine, browser }) => !mine && browser).map(({ browser }) => browser);
    return {
      hasOlder: this.#hasOlder,
      silent: new Set(this.#rows.filter(({ hidden }) => hidden).map(placeOf)),
      unsent: new Set(this.#unsent.map(({ counter }) => counter)),
      browsers: new Set([...browsers, ...Object.keys(heads)]).size,
    };
  }

  #takenBack() {
    return this.#chat ? takenBackItems([...this.#rows, ...this.#unsent], this.#chat) : [];
  }

  /** @returns {import("./thread-items.js").ChangeItem[]} within what is shown */
  #changes() {
    const { people } = this.#parts;
    const first = this.#hasOlder ? (this.#rows[0]?.createdAtMs ?? Infinity) : 0;
    const person = people.get(this.email);
    return changeItems(person?.changes ?? [], people.renamings(this.email), secondBrowsers(person))
      .filter(({ at }) => at.getTime() >= first);
  }

  /** @param {MessageRow | OutboxRow} row */
  #known(row) {
    const identity = textKey(row);
    const words = this.#words.get(identity);
    return { words, unopened: this.#unreadable.has(identity) ? UNREADABLE : this.#unopened(row, words) };
  }

  /**
   * @param {MessageRow | OutboxRow} row
   * @param {Words | undefined} words
   */
  #unopened(row, words) {
    if (words?.text === null) {
      return NEWER;
    }
    return "raw" in row && row.raw ? this.#parts.decryptQueue.failure(row) : null;
  }

  /** The newest screen: from here, unless so much has happened that only the server has it. */
  async load() {
    this.#isPartial = this.#parts.sync.isBehind;
    const from = this.#isPartial ? await this.#fetchNewest() : 0;
    await this.#reading.run(() => this.#loadScreen(from ?? 0));
  }

  /** Fetches what a screen lacks. */
  async fill() {
    if (this.#rows.length < SCREEN && this.#hasOlder) {
      await this.loadOlder().catch(() => {});
    }
  }

  /** Shows all that is unread, where it was not here when the chat was opened. */
  async widen() {
    await this.#reading.run(async () => {
      if (this.#isLoading || this.#parts.sync.isBehind) {
        return;
      }
      if (await this.#takeInUnread(this.#strays)) {
        const window = await this.#read({ from: this.#from, limit: Infinity });
        this.#noteUnread(window);
        await this.#show(window);
      }
      this.#isPartial = false;
      this.#parts.changed();
    });
  }

  /**
   * @param {MessageRow[]} strays stand above the rest, wherever that begins
   * @returns {Promise<boolean>} whether more is shown now
   */
  async #takeInUnread(strays) {
    const { messageStore } = this.#parts;
    const apart = new Set(strays.map(({ id }) => id));
    const first = (await messageStore.unread(this.email)).find(({ id }) => !apart.has(id));
    if (!first || first.id >= this.#from || (await messageStore.countFrom(this.email, first.id)) > MOST_AT_ONCE) {
      return false;
    }
    const { rows, chat } = await messageStore.window(this.email, { below: first.id, limit: BEFORE_UNREAD + 1 });
    this.#hasOlder = rows.length > BEFORE_UNREAD || chat.older !== null;
    this.#from = this.#hasOlder ? (rows.slice(-BEFORE_UNREAD)[0] ?? first).id : 0;
    return true;
  }

  /** @returns {Promise<number | null>} null: it cannot be had now, or not soon: what is stored does not wait for it */
  #fetchNewest() {
    const fetched = this.#parts.olderMessages.fetchNewest(this.email).catch(() => null);
    return Promise.race([fetched, pause(FETCH_PATIENCE_MS).then(() => null)]);
  }

  /** @param {number} newest the id from which on all is here, although what is before it may not be */
  async #loadScreen(newest) {
    const screen = await this.#read({ from: newest, limit: SCREEN + 1 });
    this.#hasOlder = screen.rows.length > SCREEN || screen.chat.older !== null || newest > 0;
    this.#from = this.#hasOlder ? (screen.rows.slice(-SCREEN)[0]?.id ?? 0) : 0;
    if (newest === 0) {
      await this.#takeInUnread(screen.strays);
    }
    const window = await this.#read({ from: this.#from, limit: Infinity });
    this.#noteUnread(window);
    await this.#show(window);
    this.#isLoading = false;
    this.#parts.changed();
  }

  /** @param {Window} window both values are of one reading: messages can come in between two */
  #noteUnread({ rows, unread }) {
    this.#unreadCount = unread;
    this.#firstUnreadKey = keyOfUnread(rows);
  }

  /** So much has happened that the newest screen is fetched before all the rest is here. */
  async jump() {
    this.#isPartial = true;
    const from = await this.#fetchNewest();
    if (from !== null) {
      await this.#reading.run(async () => {
        this.#from = from;
        this.#hasOlder = from > 0;
      });
      await this.refresh();
    }
  }

  /** Reads again what is shown. */
  async refresh() {
    await this.#reading.run(async () => {
      if (!this.#isLoading) {
        const window = await this.#read({ from: this.#from, limit: Infinity });
        this.#hasOlder &&= window.rows.length > 0 || window.chat.older !== null;
        await this.#show(window);
        this.#parts.changed();
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
      if (!(await this.#parts.olderMessages.fetchPage(this.email))) {
        break;
      }
      found = await this.#reading.run(() => this.#reachBack());
    }
    await this.refresh();
  }

  /** @returns {Promise<number>} how many older messages were found here */
  async #reachBack() {
    if (!this.#hasOlder) {
      return 0; // it has come in between
    }
    const { rows, chat } = await this.#parts.messageStore.window(this.email, { below: this.#from, limit: OLDER });
    this.#hasOlder = rows.length === OLDER || chat.older !== null;
    this.#from = this.#hasOlder ? (rows[0]?.id ?? this.#from) : 0;
    return rows.length;
  }

  /**
   * At once on the screen, before it is read from where it is stored.
   * @param {Echo} echo
   */
  echo(echo) {
    this.#echoes.set(echo.clientId, echo);
    this.#itemsChanged();
  }

  /**
   * It could not be stored.
   * @param {string} clientId
   */
  dropEcho(clientId) {
    this.#echoes.delete(clientId);
    this.#itemsChanged();
  }

  /**
   * Reads what is stored. What had been stored before is in it, or has gone on: under another client_id, say.
   * @param {{ from?: number, below?: number, limit: number }} part
   * @returns {Promise<Window & { echoed: Echo[] }>}
   */
  async #read(part) {
    const echoed = [...this.#echoes.values()].filter(({ isStored }) => isStored);
    const strays = this.#strays.map(({ id }) => id);
    return { ...(await this.#parts.messageStore.window(this.email, part, strays)), echoed };
  }

  #itemsChanged() {
    this.#items = null;
    this.#parts.changed();
  }

  /** @param {Window & { echoed: Echo[] }} window */
  async #show({ chat, rows, strays, unsent, echoed, gaps }) {
    await Promise.all([...strays, ...rows, ...unsent].map((row) => this.#readWords(row)));
    this.#chat = chat;
    this.#gaps = gaps;
    this.#rows = rows;
    this.#strays = strays;
    this.#unsent = unsent;
    [...rows.filter(isKnown), ...unsent, ...echoed].forEach(({ clientId }) => this.#echoes.delete(clientId ?? ""));
    this.#items = null;
    this.#openWhatIsClosed();
  }

  /** @param {MessageRow | OutboxRow} row one that cannot be read stands in its place, and the others around it */
  async #readWords(row) {
    const key = textKey(row);
    if (!row.sealed || this.#words.has(key)) {
      return;
    }
    try {
      const content = await this.#parts.cipher.open(messageRecord(row), row.sealed);
      const { type, body, hash, received, sent_at: sentAtMs } = content;
      this.#words.set(key, { type, body, text: textOf(content), sentAtMs, hash, received });
      this.#unreadable.delete(key);
    } catch {
      this.#unreadable.add(key);
    }
  }

  /** First what is on the screen, from the first unread one on; then the newest screen, what is below, what is above. */
  #openWhatIsClosed() {
    const { decryptQueue } = this.#parts;
    const unread = this.#rows.findIndex((row) => keyOf(row) === this.#firstUnreadKey);
    const below = unread < 0 ? [] : this.#rows.slice(unread, unread + SCREEN);
    const newest = [...this.#rows].reverse();
    const inTurn = [...below.slice(0, IN_SIGHT), ...this.#strays, ...newest.slice(0, IN_SIGHT), ...below, ...newest];
    const closed = inTurn.filter((row) => row.raw && !decryptQueue.failure(row));
    decryptQueue.openAll([...new Set(closed)]);
  }

  /** @returns {Echo[]} of what has not been read from where it is stored yet */
  #echoesAlone() {
    const known = new Set([...this.#rows.filter(isKnown), ...this.#unsent].map(({ clientId }) => clientId));
    return [...this.#echoes.values()].filter(({ clientId }) => !known.has(clientId));
  }

  /** Each once, however often the server has delivered it. */
  #distinctRows() {
    const rows = [...this.#strays, ...this.#rows].filter(({ hidden }) => !hidden);
    const waiting = new Set([...this.#unsent.map(({ clientId }) => clientId), ...this.#echoes.keys()]);
    // Another one under one's own client_id may be the same again, until it was tried to open it.
    return withKeys(rows, waiting).filter(({ row, isOther }) => !isOther || isKnown(row) || this.#parts.decryptQueue.failure(row));
  }
}

/**
 * @param {MessageRow} row
 * @returns {boolean} whether this browser knows what it says
 */
function isKnown({ sealed }) {
  return sealed !== undefined;
}

/** @param {MessageRow[]} rows */
function keyOfUnread(rows) {
  const first = rows.find(({ unread }) => unread !== undefined);
  return first ? keyOf(first) : null;
}
