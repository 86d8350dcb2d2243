/** The items that the screen shows of a chat: messages, and notices between them. */
import { identityOf } from "../history/message-rows.js";
import { messageRecord } from "../keys/storage-cipher.js";
import { acknowledgement } from "../receipts/peer-receipts.js";

/**
 * @typedef {object} ThreadItem
 * @property {"message"} kind
 * @property {string} key stable while the message is shown
 * @property {number | null} id null: the server has not confirmed it
 * @property {string | null} clientId
 * @property {boolean} mine
 * @property {string} text "" while it is being decrypted, or if it could not be
 * @property {Words | null} content null: as for the text, or it is not stored yet
 * @property {"written" | "sending" | "sent" | "delivered" | "read" | "failed" | "held" | null} state null: not one's own;
 *   written: not stored as a message yet
 * @property {Date} at
 * @property {Date | null} deliveredAt by the server's clock, where a receipt says that it was delivered
 * @property {Date | null} readAt the same for "read"
 * @property {boolean} opening it is being decrypted
 * @property {Unopened | null} unopened why it could not be decrypted
 * @property {string | null} failure why it could not be sent: a stable code
 * @property {string | null} waitsFor what has to happen before it can be sent: a stable code
 * @property {boolean} late it came after a message that was written after it
 * @property {boolean} namesUnsent its writer had received a message of this browser that this browser has not sent
 * @property {"crossing" | "held" | null} unaware its writer had not received all messages above it; crossing: both were written at about
 *   the same time
 * @property {boolean} conflict its sender's browser cannot have sent both it and another message
 * @property {boolean} secondBrowser it was written in a second browser with the same key
 * @property {boolean} isDeleted its writer has deleted it
 * @property {import("../../types/message-states.js").Version[]} versions more than one: it was edited; none: it is deleted, or the chat is of
 *   version 1
 * @property {import("../../types/message-states.js").ShownReaction[]} reactions
 * @property {Quote | null} quote what it answers
 * @property {Date | null} writtenAt by the sender's clock, corrected by how far it usually is from the server's, where that
 *   was long before the server had it
 */

/** @typedef {{ kind: "gap", key: string, count: number, mayHaveGone?: boolean, mayBeBlocked?: boolean }} GapItem count: how many messages
 *   of the peer are missing; mayHaveGone: messages of this chat disappear after a time; mayBeBlocked: the peer was blocked before what follows came */
/** @typedef {{ kind: "timer", key: string, at: Date, mine: boolean, seconds: number }} TimerItem who has set how long messages are kept; 0: for ever */
/** @typedef {{ kind: "keys-changed", key: string, at: Date, wasChecked: boolean, isDeclined: boolean }} KeysItem */
/** @typedef {{ kind: "renamed", key: string, at: Date, before: string, after: string }} NameItem */
/** @typedef {{ kind: "taken-back", key: string, at: Date }} TakenBackItem an own message that has arrived nevertheless */
/** @typedef {{ kind: "second-browser", key: string, at: Date }} BrowserItem */
/** @typedef {KeysItem | NameItem | BrowserItem} ChangeItem a change of the peer's key, name or browser */
/** @typedef {ThreadItem | GapItem | ChangeItem | TakenBackItem | TimerItem} AnyItem */

/**
 * @typedef {object} Words a decrypted message
 * @property {string} type
 * @property {string} body
 * @property {string | null} text null: of a newer type
 * @property {number} sentAtMs
 * @property {string} hash
 * @property {{ browser: string, counter: number, hash: string }[]} received what its writer had received
 * @property {string} browser
 * @property {number} counter
 * @property {number} [v]
 * @property {number} [goneAtMs] when it disappears; in version 2
 * @property {string | null} [reply]
 * @property {string | null} [replaces]
 * @property {string} [else]
 */
/** @typedef {{ key: string | null, mine: boolean, text: string }} Quote key: null: the message that is answered is not here */
/** @typedef {{ words: Words | undefined, unopened: Unopened | null }} Known the decrypted message, or why there is none */
/** @typedef {"sent" | "delivered" | "read"} Acknowledgement */
/** @typedef {{ clientId: string, text: string, atMs: number, isStored: boolean, reply?: string | null }} Echo a message just sent here, not read back yet */

// Longer than a message usually waits for the network.
const LONG_BEFORE_MS = 300_000;

/**
 * @param {string | null} clientId
 * @param {number} atMs
 * @returns {ThreadItem} an own message that is being sent
 */
function item(clientId, atMs) {
  return {
    kind: "message",
    key: clientId ?? "",
    id: null,
    clientId,
    mine: true,
    text: "",
    content: null,
    state: "sending",
    at: new Date(atMs),
    deliveredAt: null,
    readAt: null,
    opening: false,
    unopened: null,
    failure: null,
    waitsFor: null,
    late: false,
    unaware: null,
    namesUnsent: false,
    conflict: false,
    secondBrowser: false,
    writtenAt: null,
    isDeleted: false,
    versions: [],
    reactions: [],
    quote: null,
  };
}

/**
 * @param {MessageRow} row
 * @param {Known} known
 * @param {{ chat: ChatRow, isReadTold: boolean, key: string, ownBrowser: string, isUnlisted: (row: MessageRow) => boolean,
 *   usualDelay: (row: MessageRow) => number }} shown isReadTold: who does not tell what was read, is not told
 *   either; isUnlisted: whether its browser is in no list of its writer's; usualDelay: of that browser's messages, as its clock is
 * @returns {ThreadItem}
 */
export function storedItem(row, { words, unopened }, { chat, isReadTold, key, ownBrowser, isUnlisted, usualDelay }) {
  const { clientId, createdAtMs, mine, conflict = false, late = false } = row;
  const known = mine ? acknowledgement(chat, row, ownBrowser) : null;
  const state = known === "read" && !isReadTold ? "delivered" : known;
  return {
    ...item(clientId, createdAtMs),
    key,
    id: row.id,
    mine,
    text: words?.text ?? "",
    content: words ?? null,
    state,
    ...timesOf(row, state),
    opening: row.raw !== undefined && unopened === null,
    unopened,
    late,
    conflict,
    namesUnsent: Boolean(row.namesUnsent),
    secondBrowser: isUnlisted(row),
    writtenAt: mine || !words ? null : writtenLongBefore(createdAtMs, words.sentAtMs + usualDelay(row)),
  };
}

/**
 * @param {MessageRow} row
 * @param {Acknowledgement | null} state
 */
function timesOf({ deliveredAtMs, readAtMs }, state) {
  const isRead = state === "read" && readAtMs > 0;
  const isDelivered = (state === "read" || state === "delivered") && deliveredAtMs > 0;
  return { deliveredAt: isDelivered ? new Date(deliveredAtMs) : null, readAt: isRead ? new Date(readAtMs) : null };
}

/**
 * @param {number} createdAtMs
 * @param {number} sentAtMs
 */
function writtenLongBefore(createdAtMs, sentAtMs) {
  return createdAtMs - sentAtMs > LONG_BEFORE_MS ? new Date(sentAtMs) : null;
}

/**
 * @param {OutboxRow} row
 * @param {Known} known
 * @param {string | null} waitsFor
 * @returns {ThreadItem}
 */
export function unsentItem({ clientId, atMs, state, reason }, { words, unopened }, waitsFor) {
  const waiting = state === "sending" ? waitsFor : null;
  return { ...item(clientId, atMs), text: words?.text ?? "", content: words ?? null, state, unopened, failure: reason, waitsFor: waiting };
}

/**
 * @param {Echo} echo
 * @returns {ThreadItem}
 */
export function echoItem({ clientId, text, atMs, isStored }) {
  return { ...item(clientId, atMs), text, state: isStored ? "sending" : "written" };
}

/**
 * @param {(MessageRow | OutboxRow)[]} rows
 * @param {ChatRow} chat
 * @returns {TakenBackItem[]} for messages that were taken back, although a receipt says that they have arrived
 */
export function takenBackItems(rows, chat) {
  const skips = rows.filter((row) => ("id" in row ? row.takenBack : row.isSkip && row.mayHaveLeft));
  return skips.filter((row) => acknowledgement(chat, row) !== "sent").map((row) => {
    return { kind: "taken-back", key: `taken-back ${row.clientId}`, at: new Date("id" in row ? row.createdAtMs : row.atMs) };
  });
}

/**
 * @param {PersonRow["changes"]} keys
 * @param {{ key: string, atMs: number, before: string, after: string }[]} names
 * @param {{ id: string, atMs: number }[]} second
 * @returns {ChangeItem[]} oldest first
 */
export function changeItems(keys, names, second) {
  /** @type {ChangeItem[]} */
  const items = [
    ...keys.map(({ key, atMs, wasChecked, isDeclined = false }) =>
      ({ kind: /** @type {const} */ ("keys-changed"), key, at: new Date(atMs), wasChecked, isDeclined })),
    ...names.map(({ key, atMs, before, after }) => ({ kind: /** @type {const} */ ("renamed"), key, at: new Date(atMs), before, after })),
    ...second.map(({ id, atMs }) => ({ kind: /** @type {const} */ ("second-browser"), key: `second ${id}`, at: new Date(atMs) })),
  ];
  return items.sort((left, right) => left.at.getTime() - right.at.getTime());
}

/**
 * Orders the items: failed messages at the time of writing, changes at the time they were noticed, and messages being sent
 * last.
 * @param {(ThreadItem | GapItem)[]} stored
 * @param {{ unsent: ThreadItem[], echoes: ThreadItem[], changes: (ChangeItem | TakenBackItem)[] }} others
 * @returns {AnyItem[]}
 */
export function inOrder(stored, { unsent, echoes, changes }) {
  /** @type {AnyItem[]} */
  const items = [...stored];
  for (const other of [...changes, ...unsent.filter(({ state }) => state !== "sending")]) {
    const after = items.findLastIndex((one) => one.kind !== "gap" && one.at <= other.at);
    items.splice(after + 1, 0, other);
  }
  return [...items, ...unsent.filter(({ state }) => state === "sending"), ...echoes];
}

/**
 * The key of an item. An own message keeps its key when the server confirms it. For messages of the peer only the server's
 * id is unique.
 * @param {MessageRow | OutboxRow} row
 * @returns {string}
 */
export function keyOf(row) {
  return "id" in row && !(row.mine && row.clientId) ? `s${row.id}` : (row.clientId ?? "");
}

/**
 * Gives each row its key. Any message can carry an own client_id, so messages that this browser has written or decrypted get
 * the key first.
 * @param {MessageRow[]} rows
 * @param {Set<string>} waiting the client_ids of unsent messages
 * @returns {{ row: MessageRow, key: string, isOther: boolean }[]} isOther: another row has the client_id
 */
export function withKeys(rows, waiting) {
  /** @type {Map<string, MessageRow>} by key */
  const owners = new Map();
  for (const row of [...rows.filter(({ sealed }) => sealed), ...rows]) {
    const key = keyOf(row);
    if (!owners.has(key) && (row.sealed || !row.mine || !waiting.has(key))) {
      owners.set(key, row);
    }
  }
  return [...new Map(rows.map((row) => [row.id, row])).values()].map((row) => {
    const key = keyOf(row);
    const isOther = owners.get(key)?.id !== row.id;
    return { row, key: isOther ? `s${row.id}` : key, isOther };
  });
}

/**
 * @param {MessageRow | OutboxRow} row
 * @returns {string} the same for an own message before and after the server confirms it
 */
export function textKey(row) {
  return "mine" in row && !row.mine ? identityOf(row) : messageRecord(row);
}
