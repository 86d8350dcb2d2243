/**
 * Reads the server's responses. They are not trusted: each is checked and converted for the model, or refused.
 */
import { chatWith } from "../../storage/chat-ids.js";
import {
  base64,
  base64OrNone,
  check,
  count,
  displayName,
  email,
  entries,
  fingerprint,
  list,
  object,
  positive,
  time,
  timeOrNone,
  uuidOrNull,
} from "./validators.js";

/** @typedef {{ id: number, email: string, displayName: string, createdAtMs: number }} User */

/**
 * A message from the server. The cryptography reads `raw`.
 * @typedef {object} ServerMessage
 * @property {number} id
 * @property {string | null} clientId
 * @property {ChatId} chat
 * @property {string} peer
 * @property {boolean} mine
 * @property {number} createdAtMs
 * @property {number} deliveredAtMs
 * @property {number} readAtMs
 * @property {any} raw
 */

/**
 * @typedef {object} MessageEvent
 * @property {"message"} type
 * @property {number} sequence 0: the message is the response to a POST, which has no sequence
 * @property {ServerMessage} message
 */
/** @typedef {{ type: "status", sequence: number, id: number, clientId: string | null, deliveredAtMs: number, readAtMs: number }} StatusEvent */
/** @typedef {{ type: "cleared", sequence: number, chat: ChatId }} ClearedEvent */
/**
 * @typedef {{ type: "unknown", sequence: number }} UnknownEvent of a newer server, malformed, or `message_deleted`: that the server
 *   has a message no more deletes nothing here. Only its sequence counts.
 */
/** @typedef {MessageEvent | StatusEvent | ClearedEvent | UnknownEvent} MailboxEvent */

/**
 * @typedef {object} ServerKey
 * @property {string} email
 * @property {Bytes} publicKeyBytes
 * @property {string} fingerprint
 * @property {Bytes | null} identityKey
 * @property {Bytes | null} statement what that identity has signed about the key
 */
/** @typedef {{ email: string, displayName: string, unread: number, lastMessage: ServerMessage | null }} Conversation */

/**
 * @param {any} value
 * @returns {User}
 */
export function readUser(value) {
  const user = object(value);
  return {
    id: positive(user.id),
    email: email(user.email),
    displayName: displayName(user.display_name),
    createdAtMs: time(user.created_at),
  };
}

/**
 * @param {any} value `{user, access}`
 * @returns {{ user: User, access: string }}
 */
export function readLogIn(value) {
  return { user: readUser(object(value).user), access: readAccess(value) };
}

/**
 * @param {any} value `{access}`
 * @returns {string}
 */
export function readAccess(value) {
  return check(object(value).access, (access) => typeof access === "string" && access !== "", "access");
}

/**
 * @param {any} value
 * @param {string} owner whose key was asked for
 * @returns {ServerKey} its fingerprint and its statement are not verified yet
 */
export function readKey(value, owner) {
  const key = object(value);
  check(key.email, (answered) => answered === owner, "key of another person");
  return {
    email: owner,
    publicKeyBytes: base64(key.public_key),
    fingerprint: fingerprint(key.fingerprint),
    identityKey: base64OrNone(key.identity_key),
    statement: base64OrNone(key.identity_signature),
  };
}

/**
 * @param {any} value
 * @returns {{ email: string, displayName: string, createdAtMs: number }}
 */
export function readContact(value) {
  const contact = object(value);
  return {
    email: email(contact.email),
    displayName: displayName(contact.display_name),
    createdAtMs: time(contact.created_at),
  };
}

/**
 * @param {any} value `{results: [contact…]}`
 */
export function readContacts(value) {
  return entries(object(value).results).map(readContact);
}

/**
 * The people of the message must be valid. Other malformed members are dropped, so that the message gets its place in the
 * chat; `raw` keeps them, and it cannot be decrypted.
 * @param {any} value a message object
 * @param {string} ownEmail
 * @returns {ServerMessage}
 */
export function readMessage(value, ownEmail) {
  const raw = plain(object(value));
  const sender = email(raw.sender_email);
  const recipient = email(raw.recipient_email);
  const mine = sender === ownEmail;
  check(raw, () => mine !== (recipient === ownEmail), "a message between others");
  return {
    id: positive(raw.id),
    clientId: readable(() => uuidOrNull(raw.client_id), null),
    chat: chatWith(mine ? recipient : sender),
    peer: mine ? recipient : sender,
    mine,
    createdAtMs: readable(() => time(raw.created_at), Date.now()),
    deliveredAtMs: readable(() => timeOrNone(raw.delivered_at), 0),
    readAtMs: readable(() => timeOrNone(raw.read_at), 0),
    raw,
  };
}

const MEMBERS = [
  "id", "client_id", "sender_email", "recipient_email", "ciphertext", "nonce", "salt", "message_type", "suite",
  "sender_fingerprint", "recipient_fingerprint", "created_at", "delivered_at", "read_at", "quiet", "files",
  "tag", "stamp",
];
// Longer than a ciphertext of 64 KiB in base64.
const LONGEST_MEMBER = 90_000;

/**
 * Members that are not plain values, or too long, are stored as "": they take no space, and the message cannot be decrypted.
 * @param {any} message
 * @returns {any} its members
 */
function plain(message) {
  return Object.fromEntries(MEMBERS.filter((name) => name in message).map((name) => {
    const value = Array.isArray(message[name]) ? String(message[name]) : message[name];
    const isPlain = value === null || typeof value !== "object";
    return [name, isPlain && String(value).length <= LONGEST_MEMBER ? value : ""];
  }));
}

/**
 * @template Value, Otherwise
 * @param {() => Value} read
 * @param {Otherwise} otherwise
 * @returns {Value | Otherwise}
 */
function readable(read, otherwise) {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/**
 * @param {any} value a push, an entry of sync, or the acceptance of a message
 * @param {string} ownEmail
 * @returns {MailboxEvent}
 */
export function readEvent(value, ownEmail) {
  const event = object(value);
  const sequence = positive(event.sequence);
  if (event.type === "new_message" || event.type === "message_accepted") {
    return { type: "message", sequence, message: readMessage(event.message, ownEmail) };
  }
  if (event.type === "message_status") {
    return readStatus(sequence, object(event.message));
  }
  if (event.type === "conversation_cleared") {
    return { type: "cleared", sequence, chat: chatWith(email(event.email)) };
  }
  return { type: "unknown", sequence };
}

/**
 * @param {number} sequence
 * @param {any} message
 * @returns {StatusEvent}
 */
function readStatus(sequence, message) {
  return {
    type: "status",
    sequence,
    id: positive(message.id),
    clientId: uuidOrNull(message.client_id),
    deliveredAtMs: timeOrNone(message.delivered_at),
    readAtMs: timeOrNone(message.read_at),
  };
}

/**
 * A malformed event must not block all later ones: it is counted and skipped.
 * @param {any} value an entry of sync
 * @param {string} ownEmail
 * @returns {MailboxEvent}
 * @throws {import("./model-errors.js").BadAnswer} it has no sequence
 */
function readEntry(value, ownEmail) {
  const sequence = positive(object(value).sequence);
  return readable(() => readEvent(value, ownEmail), /** @type {UnknownEvent} */ ({ type: "unknown", sequence }));
}

/**
 * @param {any} value `{events, cursor, more}`
 * @param {number} after what was asked for
 * @param {string} ownEmail
 * @returns {{ events: MailboxEvent[], sequence: number, more: boolean }} the events' sequences rise from above `after` to at
 *   most `sequence`
 */
export function readSync(value, after, ownEmail) {
  const page = object(value);
  const upTo = check(count(page.cursor), (number) => number >= after, "cursor");
  const events = list(page.events).map((event) => readEntry(event, ownEmail));
  let last = after;
  for (const { sequence } of events) {
    check(sequence, (number) => number > last && number <= upTo, "sequence");
    last = sequence;
  }
  const more = page.more === true;
  check(upTo, () => !more || upTo > after, "a cursor that does not advance");
  return { events, sequence: upTo, more };
}

/**
 * @param {any} value `{results, sequence}`
 * @param {string} ownEmail
 * @returns {{ conversations: Conversation[], sequence: number }}
 */
export function readConversations(value, ownEmail) {
  const { results, sequence } = object(value);
  return { sequence: count(sequence), conversations: conversationsOf(entries(results), ownEmail) };
}

/**
 * @param {any[]} results
 * @param {string} ownEmail
 * @returns {Conversation[]} without those whose peer is not valid
 */
function conversationsOf(results, ownEmail) {
  return results.flatMap((entry) => readable(() => [readConversation(entry, ownEmail)], []));
}

/**
 * @param {any} value
 * @param {string} ownEmail
 * @returns {Conversation}
 */
function readConversation(value, ownEmail) {
  const { email: address, display_name: name, last_message: last, unread } = object(value);
  const lastMessage = last === null || last === undefined ? null : readMessage(last, ownEmail);
  const peer = email(address);
  check(peer, () => peer !== ownEmail && (lastMessage === null || lastMessage.peer === peer), "conversation");
  return { email: peer, displayName: displayName(name), unread: count(unread), lastMessage };
}

/**
 * @param {any} value `{results, next}`, newest first
 * @param {string} peer whose conversation was asked for
 * @param {string} ownEmail
 * @returns {{ messages: ServerMessage[], next: string | null }}
 */
export function readPage(value, peer, ownEmail) {
  const { results, next } = object(value);
  const messages = list(results).map((message) => readMessage(message, ownEmail));
  check(messages, () => messages.every((message) => message.peer === peer), "a message of another conversation");
  const isAddress = (/** @type {any} */ address) => address === null || typeof address === "string";
  return { messages, next: check(next, isAddress, "next") };
}
