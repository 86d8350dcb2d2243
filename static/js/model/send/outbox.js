/**
 * Messages that were written here and that the server has not confirmed. They survive a reload, a crash and being offline. A
 * message is sealed once, and each attempt sends the same bytes.
 */
import { addedMembers, untaggedJson, VERSION } from "../../crypto/content.js";
import { CryptoManager } from "../../crypto/crypto.js";
import { sealMessage } from "../../crypto/envelope.js";
import { SENT_SUITE, suiteOf } from "../../crypto/suites.js";
import { chatWith } from "../../storage/chat-ids.js";
import { all, chatOrNew, get, unsent } from "../../storage/queries.js";
import { isNews, isPlaced, loadVersion, typeOf } from "../../types/content-types.js";
import { noteLifetime } from "../history/lifetimes.js";
import { FRESH } from "../history/message-rows.js";
import { messageRecord, nonceOf } from "../keys/storage-cipher.js";
import { Refusal } from "../server/model-errors.js";

/** @typedef {OutboxRow & { envelope: SealedMessage }} SealedRow */
/** @typedef {{ before: Sealed | null, after: Sealed | null }} DraftChange */
/**
 * @typedef {object} Written
 * @property {string} clientId
 * @property {string} peer
 * @property {string} type
 * @property {string} body composed by the type
 * @property {number} atMs
 * @property {number} [sentAtMs] what the content says; none: the same
 * @property {number} [v] of the content; none: 1
 * @property {string | null} [reply] the hash of the message that it answers, in version 2
 * @property {string | null} [replaces] the hash of the message that it changes, in version 2
 * @property {number | null} [expires] after how many seconds it disappears, in version 2; none: as the chat's timer says
 * @property {Sealed | null} [from] the stored draft that becomes the message
 * @property {() => Promise<DraftChange>} [readDraft] the change of the stored draft when the message is stored
 */

// Only after these codes it is certain that the server has not stored the message, so it may be sealed again with another
// client_id (docs/protocol.md §7.1). Otherwise the same bytes are sent again, which cannot make a second message.
const NOT_STORED = ["stale_key", "declined_key"];
const SENT_DRAFTS_LIMIT = 8;
const HOUR_MS = 3_600_000;
/** @type {import("../../storage/database.js").StoreName[]} what a type may change besides, where it changes anything */
const APPLIED_STORES = ["messages"];
const STRICT = /** @type {const} */ ({ durability: "strict" });

export class Outbox {
  #database;
  #cipher;
  #chains;
  #accountKey;
  #peerKeys;
  #ownEmail;

  /**
   * @param {{ database: Database, cipher: StorageCipher, chains: Chains, accountKey: AccountKey, peerKeys: PeerKeys,
   *   ownEmail: string }} parts
   */
  constructor({ database, cipher, chains, accountKey, peerKeys, ownEmail }) {
    this.#database = database;
    this.#cipher = cipher;
    this.#chains = chains;
    this.#accountKey = accountKey;
    this.#peerKeys = peerKeys;
    this.#ownEmail = ownEmail;
  }

  /**
   * Stores a message. The same transaction assigns its counter, so that no two tabs use one counter, and removes the draft,
   * so that the text is in one place.
   * @param {Written} message
   * @returns {Promise<boolean>} false: another tab has sent that draft
   */
  async add(message) {
    let isAdded = await this.#tryToAdd(message);
    while (isAdded === null) {
      // Another tab has sent or typed to the same peer in between.
      isAdded = await this.#tryToAdd(message);
    }
    return isAdded;
  }

  /**
   * @param {Written} message
   * @returns {Promise<boolean | null>} false: the draft was sent; null: another message has got the counter, or the stored
   *   draft has changed
   */
  async #tryToAdd({ clientId, peer, type, body, atMs, from = null, readDraft, ...added }) {
    await loadVersion(added.v);
    const { apply } = typeOf(type, added.v);
    const chatId = chatWith(peer);
    const draft = await readDraft?.();
    const [before, received] = await Promise.all([this.#chains.own(chatId), this.#chains.received(chatId)]);
    const counter = before.counter + 1;
    const expires = added.expires === undefined ? await this.#timer(chatId, type, added.v) : added.expires;
    const content = await this.#compose({ ...added, expires, peer, type, body, atMs, counter, previous: before.hash, received });
    const [sealed, chain] = await Promise.all([
      this.#cipher.seal(messageRecord({ peer, clientId }), content),
      this.#chains.ownRow(chatId, content),
    ]);
    /** @type {OutboxRow} */
    const row = { ...FRESH, clientId, chat: chatId, peer, browser: this.#cipher.browser, counter, atMs, sealed, ...(isPlaced(content) ? {} : { hidden: true }) };
    return this.#database.write(["outbox", "chains", "chats", ...(apply ? APPLIED_STORES : [])], async (stores) => {
      const chat = await chatOrNew(stores("chats"), chatId);
      if (from && chat.sentDrafts?.includes(nonceOf(from))) {
        return false;
      }
      const isSameDraft = !draft || nonceOf(chat.draft) === nonceOf(draft.before);
      if (!isSameDraft || !(await this.#chains.isStillOwn(stores, chatId, before.row))) {
        return null;
      }
      stores("outbox").put(row);
      stores("chains").put(chain);
      stores("chats").put(withoutDraft(chat, from, draft));
      await apply?.(stores, { chat: chatId, peer, mine: true, ...content });
      await noteLifetime(stores, chatId, content, { mine: true });
      return true;
    }, STRICT);
  }

  /**
   * @param {ChatId} chatId
   * @param {string} type
   * @param {number | undefined} v
   * @returns {Promise<number | null>} after how many seconds a message of the chat disappears
   */
  async #timer(chatId, type, v) {
    const isKept = v !== 2 || typeOf(type, v).isKept;
    const chat = isKept ? null : await this.#database.read(["chats"], (stores) => chatOrNew(stores("chats"), chatId));
    return chat?.timer?.seconds || null;
  }

  /**
   * @param {Omit<StoredContent, "browser" | "sent_at" | "hash"> & { peer: string, atMs: number, sentAtMs?: number }} message
   * @returns {Promise<StoredContent>}
   */
  async #compose({ peer, type, body, atMs, sentAtMs = atMs, counter, previous, received, v = VERSION, reply = null, replaces = null, expires = null }) {
    const { browser } = this.#cipher;
    const added = addedMembers({ v, salt: CryptoManager.randomId(), reply, replaces, expires, else: "" });
    const content = { type, browser, counter, previous, received, sent_at: sentAtMs, body, ...added };
    const people = { from: this.#ownEmail, to: peer };
    const hash = await suiteOf(SENT_SUITE).messageHash(untaggedJson({ v, ...people, ...content, self_tag: "" }));
    return { ...content, hash: typeOf(type, v).chainHash?.(body) ?? hash };
  }

  /** @returns {Promise<string[]>} the peers for whom messages wait to be sent */
  async peersWaiting() {
    const rows = await this.#all();
    return [...new Set(rows.filter(({ state }) => state === "sending").map(({ peer }) => peer))];
  }

  /** @returns {Promise<string[]>} the peers for whom messages are held until a decision about a key */
  async peersHeld() {
    const rows = await this.#all();
    return [...new Set(rows.filter(({ state }) => state === "held").map(({ peer }) => peer))];
  }

  /**
   * @param {string} peer
   * @param {string} reason
   * @returns {Promise<boolean>} whether a message to the peer has failed for that reason
   */
  async hasFailed(peer, reason) {
    return (await this.#all()).some((row) => row.peer === peer && row.state === "failed" && !row.isSkip && row.reason === reason);
  }

  /** @returns {Promise<string[]>} the peers for whom there are messages */
  async peers() {
    return [...new Set((await this.#all()).map(({ peer }) => peer))];
  }

  /** @returns {Promise<OutboxRow[]>} */
  #all() {
    return this.#database.read(["outbox"], (stores) => all(stores("outbox")));
  }

  /**
   * @param {string} peer
   * @returns {Promise<OutboxRow | undefined>} the next message to send
   */
  async next(peer) {
    const rows = await this.#database.read(["outbox"], (stores) => unsent(stores("outbox"), chatWith(peer)));
    return rows.find(({ state }) => state === "sending");
  }

  /**
   * @param {OutboxRow} row
   * @returns {Promise<SealedRow | null>} the row with its envelope; null: the row was removed meanwhile
   * @throws {import("../../crypto/crypto-errors.js").KeyChangedError | Refusal | Error} it cannot be sealed now
   */
  async seal(row) {
    // A message that was sealed before another key was offered waits for the decision like the others.
    const key = await this.#peerKeys.keyFor(row.peer);
    if (row.envelope && !row.stale) {
      return /** @type {SealedRow} */ (row);
    }
    const own = this.#accountKey.current;
    if (!own) {
      throw new Refusal("no_own_key");
    }
    return this.#store(row, await this.#sealed(row, own, key));
  }

  /**
   * Replaces a message that the server has refused for its keys. It gets a new client_id, because it is another message for
   * the server. Its content and counter stay, so that the peer cannot take it for a second message.
   * @param {OutboxRow} row
   * @param {KeyRow} own
   * @param {KnownKey} key
   * @returns {Promise<SealedRow>}
   */
  async #sealed(row, own, key) {
    const clientId = row.stale ? CryptoManager.randomUuid() : row.clientId;
    /** @type {StoredContent} */
    const content = await this.#cipher.open(messageRecord(row), row.sealed);
    await loadVersion(content.v);
    const { envelope } = await sealMessage({
      ownKeyPair: own,
      ownFingerprint: own.fingerprint,
      peerPublicKeyBytes: key.publicKeyBytes,
      peerFingerprint: key.fingerprint,
      senderEmail: this.#ownEmail,
      recipientEmail: row.peer,
      clientId,
      content,
    });
    const sealed = await this.#cipher.seal(messageRecord({ peer: row.peer, clientId }), content);
    return { ...row, clientId, sealed, envelope: { ...envelope, ...askedOf(content) }, stale: false };
  }

  /**
   * @param {OutboxRow} row as before
   * @param {SealedRow} sealed
   * @returns {Promise<SealedRow | null>}
   */
  #store(row, sealed) {
    return this.#database.write(["outbox"], async (stores) => {
      const found = await get(stores("outbox"), row.clientId);
      if (found?.state !== "sending") {
        return null;
      }
      // The chat may have been cleared while the message was sealed.
      const stored = { ...sealed, isCleared: found.isCleared };
      stores("outbox").delete(row.clientId);
      stores("outbox").put(stored);
      return stored;
    }, STRICT);
  }

  /**
   * @param {string} clientId
   * @param {string} reason
   */
  fail(clientId, reason) {
    return this.#change(clientId, (row) => ({ ...row, state: "failed", reason }));
  }

  /**
   * Removes a message that was deleted on the server.
   * @param {string} clientId
   */
  async drop(clientId) {
    await this.#database.write(["outbox"], async (stores) => void stores("outbox").delete(clientId), STRICT);
  }

  /** @param {string} clientId */
  markStale(clientId) {
    return this.#change(clientId, (row) => ({ ...row, stale: true }));
  }

  /**
   * @param {string} clientId
   */
  retry(clientId) {
    return this.#change(clientId, (row) => again(row));
  }

  /**
   * @param {string} clientId
   * @param {(row: OutboxRow) => OutboxRow} change
   */
  async #change(clientId, change) {
    await this.#database.write(["outbox"], async (stores) => {
      const row = await get(stores("outbox"), clientId);
      if (row) {
        stores("outbox").put(change(row));
      }
    }, STRICT);
  }

  /**
   * Holds the messages to this peer until a decision about a key.
   * @param {string} peer
   */
  hold(peer) {
    return this.#changeAll(peer, "sending", (row) => ({ ...row, state: "held" }));
  }

  /**
   * Sends the held messages, because the person has decided.
   * @param {string} peer
   */
  release(peer) {
    return this.#changeAll(peer, "held", (row) => ({ ...row, state: "sending" }));
  }

  /** @param {string} peer */
  retryAll(peer) {
    return this.#changeAll(peer, "failed", again);
  }

  /**
   * @param {string} peer
   * @param {OutboxRow["state"]} state
   * @param {(row: OutboxRow) => OutboxRow} change
   */
  async #changeAll(peer, state, change) {
    await this.#database.write(["outbox"], async (stores) => {
      const rows = await unsent(stores("outbox"), chatWith(peer));
      rows.filter((row) => row.state === state).forEach((row) => stores("outbox").put(change(row)));
    }, STRICT);
  }

  /**
   * Nobody sees that a skip or a change was not sent: it is tried again without being asked for.
   * @returns {Promise<boolean>} whether there is one
   */
  async retrySilent() {
    const isFailed = (/** @type {OutboxRow} */ { isSkip, hidden, state }) => Boolean((isSkip || hidden) && state === "failed");
    const peers = new Set((await this.#all()).filter(isFailed).map(({ peer }) => peer));
    for (const peer of peers) {
      await this.#changeAll(peer, "failed", (row) => (isFailed(row) ? again(row) : row));
    }
    return peers.size > 0;
  }

  /** @param {string} clientId */
  async remove(clientId) {
    const { takeBack } = await import("./taking-back.js");
    const isWaiting = (/** @type {string} */ peer) => this.#peerKeys.isAwaited(peer);
    return takeBack({ database: this.#database, cipher: this.#cipher, chains: this.#chains, isWaiting }, clientId);
  }
}

/**
 * @param {ChatRow} chat
 * @param {Sealed | null} from the draft that was sent
 * @param {DraftChange} [change] of the stored draft
 * @returns {ChatRow}
 */
function withoutDraft(chat, from, change) {
  const draft = change ? change.after : chat.draft;
  const gone = nonceOf(draft) === nonceOf(chat.draft) ? [from] : [from, chat.draft];
  const sent = new Set([...(chat.sentDrafts ?? []), ...gone.flatMap((one) => (one ? [nonceOf(one)] : []))]);
  return { ...chat, draft, sentDrafts: [...sent].slice(-SENT_DRAFTS_LIMIT) };
}

/**
 * @param {StoredContent} content
 * @returns {{ files?: string[], quiet?: boolean, delete_after?: string }} what the server is to do for it: it learns the hour of its end only
 */
function askedOf(content) {
  const { sent_at: sentAtMs, expires, replaces } = content;
  // An edit has the files of the message that it edits, and they go with that one.
  const files = replaces ? undefined : typeOf(content.type, content.v).filesOf?.(content.body);
  const hour = new Date(HOUR_MS * Math.ceil((sentAtMs + 1000 * (expires ?? 0)) / HOUR_MS)).toISOString();
  return { ...(files && { files }), ...(isNews(content) ? {} : { quiet: true }), ...(expires ? { delete_after: hour.replace(".000", "") } : {}) };
}

/**
 * @param {OutboxRow} row
 * @returns {OutboxRow} to be sent again
 */
function again(row) {
  return { ...row, state: "sending", reason: null, isCleared: false, stale: row.stale || NOT_STORED.includes(row.reason ?? "") };
}
