/**
 * The registry of content types (docs/protocol.md §9). Each type is one module. To add one, write its module and name it in
 * `TYPES`, or in version-2.js. crypto/, model/ and views/ look a type up here by its name and the version of its content.
 */
import { receipt } from "./receipt-type.js";
import { skip } from "./skip-type.js";
import { text } from "./text-type.js";

/**
 * @typedef {object} ContentType
 * @property {string} name the content's `type`
 * @property {string} messageType the envelope's `message_type`, which the server can read (docs/protocol.md §4.2)
 * @property {(value: any) => { body: string } | { refusal: string }} compose the body for a value of this type; refusal: a
 *   stable code for why it cannot be sent
 * @property {(body: string) => boolean} isBody whether a body is valid; a content with an invalid body is refused
 * @property {boolean} reportsReceived false: its content's `received` must be empty
 * @property {(body: string) => string | null} textOf the text for the log, the list of chats and screen readers; null: it has
 *   no text
 * @property {boolean} isShown whether it has a place of its own in the log and in the list of chats; a conflict shows anyway
 * @property {boolean} countsAsUnread
 * @property {(body: string) => string[]} [filesOf] the ids of the files that the server is to give to the recipient
 * @property {boolean} [mayReply] version 2: its `reply` may name a message
 * @property {"may" | "must"} [replacing] version 2: whether its `replaces` names a message; none: never
 * @property {boolean} [isKept] version 2: it never expires
 * @property {(body: string) => Place | null} [deletes] version 2: the place of the message that it replaces and removes from the storage
 * @property {(body: string) => string} [chainHash] its hash in the chain, if that is not its own hash
 * @property {{ isSkip?: boolean }} [marks] the unencrypted properties of its row
 * @property {(stores: Stores, message: Applied) => Promise<void>} [apply] changes stored rows in the transaction that stores
 *   the message: once for each message that is not a repetition, for an own message when it is written
 * @property {(body: string, tools: { linked: (text: string) => RenderedNode[] }) => RenderedNode[]} [render] what stands in
 *   the bubble, where that is more than its text
 */
/** @typedef {{ chat: ChatId, peer: string, mine: boolean, body: string, browser: string, counter: number, hash: string }} Applied */
/** @typedef {{ browser: string, counter: number }} Place in a chain */
/** @typedef {import("../lib/dom.js").Child} RenderedNode */
/** @typedef {(name: import("../storage/database.js").StoreName) => IDBObjectStore} Stores */

/**
 * @typedef {object} ContentVersion
 * @property {Map<string, ContentType>} types by name
 * @property {readonly string[]} refused names that no content of this version has
 * @property {(content: any) => ProtocolErrorReason | null} wrongMember the word for the first of the members that this version
 *   adds that is wrong
 */

/** @type {Map<string, ContentType>} of version 1 */
export const TYPES = new Map([text, skip, receipt].map((type) => [type.name, type]));

/** A type of a newer version: the message keeps its place in the chain, and the log says that it needs a newer version. */
const UNKNOWN = Object.freeze({
  name: "",
  messageType: text.messageType,
  compose: () => ({ refusal: "unknown_type" }),
  isBody: () => true,
  reportsReceived: true,
  textOf: () => null,
  isShown: true,
  countsAsUnread: true,
  mayReply: true,
  replacing: "may",
});

/** @type {Map<number, ContentVersion>} by number: those that are loaded */
const VERSIONS = new Map([[1, { types: TYPES, refused: [], wrongMember: () => null }]]);

/**
 * Loads what a version of the content needs, before a content of it is read or written.
 * @param {unknown} v a content's `v`
 */
export async function loadVersion(v) {
  if (v === 2 && !VERSIONS.has(v)) {
    VERSIONS.set(v, (await import("./version-2.js")).VERSION_2);
  }
}

/**
 * @param {number} v a content's `v`
 * @returns {ContentVersion | undefined} none: it is unknown, or not loaded
 */
export function versionOf(v) {
  return VERSIONS.get(v);
}

/**
 * @param {string} name
 * @param {number} [v] of the content
 * @returns {boolean} whether this page knows what the body means
 */
export function isKnownType(name, v = 1) {
  return versionOf(v)?.types.has(name) ?? false;
}

/**
 * @param {string} name
 * @param {number} [v] of the content
 * @returns {ContentType}
 */
export function typeOf(name, v = 1) {
  return versionOf(v)?.types.get(name) ?? UNKNOWN;
}

/**
 * @param {{ type: string, body: string, v?: number }} content
 * @returns {string | null} null: it needs a newer version of the page
 */
export function textOf({ type, body, v }) {
  return typeOf(type, v).textOf(body);
}

/**
 * @param {{ type: string, v?: number, replaces?: string | null }} content
 * @returns {boolean} whether it changes another message, and so has no place of its own and is no news
 */
export function isChange({ type, v, replaces }) {
  return Boolean(replaces) && isKnownType(type, v);
}

/**
 * @param {{ type: string, v?: number, replaces?: string | null }} content
 * @returns {boolean} whether it has a place of its own in the log and in the list of chats
 */
export function isPlaced(content) {
  return typeOf(content.type, content.v).isShown && !isChange(content);
}

/**
 * @param {{ type: string, v?: number, replaces?: string | null }} content
 * @returns {boolean} whether it counts as unread
 */
export function isNews(content) {
  return typeOf(content.type, content.v).countsAsUnread && !isChange(content);
}
