/** The list of chats: one summary per chat, built from the stored data. */
import { portrait } from "../../lib/portrait.js";
import { isVisible, shortened } from "../../lib/text.js";
import { chatWith, peerOf } from "../../storage/chat-ids.js";
import { loadVersion } from "../../types/content-types.js";
import { isSilent } from "../history/message-rows.js";
import { isBlocked, isRequest } from "../history/standing.js";
import { draftRecord, messageRecord } from "../keys/storage-cipher.js";
import { EMPTY, UNOPENED } from "../receive/unopened.js";
import { loadChanges, wordsOf } from "./words.js";

/**
 * @typedef {object} ChatSummary
 * @property {string} email
 * @property {string} name
 * @property {string} initials one or two characters
 * @property {string} picture "" for none; another one for another picture
 * @property {number} hue 0 to 11: the person's colour
 * @property {string} lastLine "" if there is none, or it is being decrypted
 * @property {boolean} lastMine whether the last message is one's own
 * @property {Date | null} lastAt
 * @property {number} unread
 * @property {string} draft
 * @property {boolean} failed a message to this person could not be sent
 * @property {boolean} isAmbiguous others have a similar name
 * @property {boolean} isBlocked
 * @property {boolean} keyChanged another key of the person waits for a decision
 * @property {string} otherName what the person is called without the nickname; "": there is no nickname
 * @property {boolean} isPinned
 * @property {boolean} isMuted
 * @property {boolean} isArchived
 * @property {boolean} isMarkedUnread by the person
 */

/** @typedef {{ email: string, name: string, isShown: boolean }} Request a stranger's messages; name: the email until it is shown */
/** @typedef {{ summary: Omit<ChatSummary, "isAmbiguous">, draft: Sealed | null, hasContent: boolean, isDeleted: boolean, chat: ChatRow,
 *   hasWritten: boolean, unsent: number, lastId: number }} Entry */

const LINE_LIMIT = 200;

export class ChatList {
  #messageStore;
  #cipher;
  #decryptQueue;
  #people;
  #preferences;
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  /** @type {Map<string, { key: string, text: string }>} by email: a cache of decrypted last lines */
  #lines = new Map();

  /** @param {{ messageStore: MessageStore, cipher: StorageCipher, decryptQueue: DecryptQueue, people: People, preferences: Preferences }} parts */
  constructor({ messageStore, cipher, decryptQueue, people, preferences }) {
    this.#messageStore = messageStore;
    this.#cipher = cipher;
    this.#decryptQueue = decryptQueue;
    this.#people = people;
    this.#preferences = preferences;
  }

  /** @returns {ChatSummary[]} pinned ones first, each part latest first */
  all() {
    const shown = [...this.#entries.values()].filter((entry) => (entry.hasContent ? !this.#isRequest(entry) : this.#isListed(entry)));
    return shown.map(({ summary }) => ({ ...summary, isAmbiguous: this.#people.isAmbiguous(summary.email) })).sort((left, right) =>
      Number(right.isPinned) - Number(left.isPinned) || this.#time(right) - this.#time(left));
  }

  /** @returns {Request[]} latest first */
  requests() {
    const waiting = [...this.#entries.values()].filter((entry) => entry.hasContent && !isBlocked(entry.chat) && this.#isRequest(entry));
    const inTime = waiting.sort((left, right) => this.#time(right.summary) - this.#time(left.summary));
    return inTime.map(({ summary: { email, name }, chat: { shown = false } }) => ({ email, name: shown ? name : email, isShown: shown }));
  }

  /** @param {Entry} entry */
  #isRequest({ summary, chat, hasWritten, unsent }) {
    return unsent === 0 && isRequest(chat, this.#people.get(summary.email), hasWritten);
  }

  /** @param {Entry} entry of a chat without messages. A cleared chat is listed only for a contact that was added here */
  #isListed({ summary, chat, isDeleted }) {
    const person = this.#people.get(summary.email);
    return Boolean(person?.isContact && !isDeleted && (person.isAdded || chat.clearedAt === 0));
  }

  /** @param {string[]} others people who may have no chat yet */
  async load(others) {
    const contacts = this.#people.all().filter((row) => row.isContact).map(({ email }) => email);
    await this.refresh([...new Set([...(await this.#messageStore.chatIds()), ...contacts, ...others])]);
  }

  /** The number of unsent messages. */
  get unsent() {
    return [...this.#entries.values()].reduce((sum, { unsent }) => sum + unsent, 0);
  }

  /** @param {string} email */
  unread(email) {
    return this.#entries.get(email)?.summary.unread ?? 0;
  }

  /**
   * @param {string} email
   * @returns {number} the id of the last message that the server has
   */
  lastId(email) {
    return this.#entries.get(email)?.lastId ?? 0;
  }

  /** @param {string} email */
  summary(email) {
    return this.#entries.get(email)?.summary;
  }

  /**
   * @param {string} email
   * @returns {import("../send/drafts.js").Kept}
   */
  draft(email) {
    const entry = this.#entries.get(email);
    return { text: entry?.summary.draft ?? "", draft: entry?.draft ?? null };
  }

  /** @param {string[]} emails */
  async refresh(emails) {
    const glances = await this.#messageStore.glance(emails.map(chatWith));
    await Promise.all(glances.map(async (glance) => {
      this.#entries.set(peerOf(glance.chat.id), await this.#entry(glance));
    }));
  }

  /**
   * @param {Glance} glance
   * @returns {Promise<Entry>}
   */
  async #entry({ chat, last, after, unsent: waiting, unread, hasWritten }) {
    const email = peerOf(chat.id);
    const unsent = waiting.filter((row) => !isSilent(row));
    const latest = latestOf(last, unsent);
    const draft = await this.#draft(email, chat.draft);
    const summary = {
      ...this.#person(email),
      lastLine: latest ? await this.#line(latest, [...after, ...waiting.filter(({ hidden }) => hidden)]) : "",
      lastMine: latest ? !("mine" in latest) || latest.mine : false,
      lastAt: latest ? new Date("mine" in latest ? latest.createdAtMs : latest.atMs) : null,
      unread,
      draft,
      failed: unsent.some(({ state }) => state === "failed"),
      isBlocked: isBlocked(chat),
      ...this.#settings(email, chat.settings, last?.id ?? 0),
    };
    const hasContent = latest !== undefined || draft !== "";
    const isDeleted = isUpTo(chat.settings?.deleted, Math.max(last?.id ?? 0, chat.clearedThrough ?? 0));
    return { summary, draft: chat.draft, hasContent, isDeleted, chat, hasWritten, unsent: unsent.length, lastId: last?.id ?? 0 };
  }

  /**
   * @param {string} email
   * @param {ChatRow["settings"]} settings
   * @param {number} lastId
   */
  #settings(email, settings, lastId) {
    const isMuted = settings?.muted?.value ?? this.#preferences.notifications.muted.includes(email);
    return {
      isPinned: Boolean(settings?.pinned?.value),
      isMuted,
      // A message that comes later takes the chat out of the archive, unless it is muted.
      isArchived: isUpTo(settings?.archived, isMuted ? 0 : lastId),
      isMarkedUnread: Boolean(settings?.unread?.value),
    };
  }

  /** @param {string} email */
  #person(email) {
    const name = this.#people.nameOf(email);
    const keyChanged = Boolean(this.#people.get(email)?.offered);
    const otherName = this.#people.nickname(email)?.value ? this.#people.displayName(email) : "";
    return { email, name, otherName, ...portrait(name, email), picture: this.#people.pictureId(email), keyChanged };
  }

  /**
   * @param {string} email
   * @param {Sealed | null} draft
   * @returns {Promise<string>}
   */
  async #draft(email, draft) {
    return draft ? this.#cipher.open(draftRecord(email), draft).catch(() => "") : "";
  }

  /**
   * @param {MessageRow | OutboxRow} row
   * @param {(MessageRow | OutboxRow)[]} changes what may change it
   * @returns {Promise<string>}
   */
  async #line(row, changes) {
    const key = [`${"id" in row && !row.mine ? row.id : ""}`, ...[row, ...changes].map(messageRecord)].join(" ");
    const known = this.#lines.get(row.peer);
    if (known?.key === key) {
      return known.text;
    }
    if (row.sealed) {
      const text = await this.#readLine(row, changes);
      this.#lines.set(row.peer, { key, text });
      return text;
    }
    return this.#decryptQueue.failure(/** @type {MessageRow} */ (row)) ? UNOPENED : "";
  }

  /**
   * @param {MessageRow | OutboxRow} row
   * @param {(MessageRow | OutboxRow)[]} changes
   * @returns {Promise<string>} a fixed text if it cannot be decrypted, so that the list is still shown
   */
  async #readLine(row, changes) {
    try {
      const last = await this.#read(row);
      const read = await Promise.all(changes.filter(({ sealed }) => sealed).map((one) => this.#read(one)));
      const text = (read.length > 0 ? (await loadChanges()).currentText(last.words, [last, ...read]) : last.words.text) ?? UNOPENED;
      return isVisible(text) ? shortened(text, LINE_LIMIT).replace(/\s+/gu, " ") : EMPTY;
    } catch {
      return UNOPENED;
    }
  }

  /**
   * @param {MessageRow | OutboxRow} row with a sealed content
   * @returns {Promise<import("./message-changes.js").Read>}
   */
  async #read(row) {
    const content = await this.#cipher.open(messageRecord(row), /** @type {Sealed} */ (row.sealed));
    await loadVersion(content.v);
    return { words: wordsOf(content), mine: !("mine" in row) || row.mine };
  }

  /** @param {Entry["summary"]} summary */
  #time({ email, lastAt }) {
    return lastAt?.getTime() ?? this.#people.get(email)?.addedAtMs ?? 0;
  }
}

/**
 * @param {{ value: number | null } | undefined} place
 * @param {number} id
 */
function isUpTo(place, id) {
  return typeof place?.value === "number" && id <= place.value;
}

/**
 * @param {MessageRow | undefined} last
 * @param {OutboxRow[]} unsent
 * @returns {MessageRow | OutboxRow | undefined} the message being sent, otherwise the later one
 */
function latestOf(last, unsent) {
  const waiting = unsent.findLast(({ state }) => state === "sending") ?? unsent.at(-1);
  const isOld = waiting && last && waiting.state !== "sending" && waiting.atMs < last.createdAtMs;
  return isOld ? last : (waiting ?? last);
}
