/**
 * The registry of content types (docs/protocol.md §9). Each type is one module. To add one, write its module and name it in
 * `TYPES`. crypto/, model/ and views/ look a type up here by its name.
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
 * @property {(body: string) => string} [chainHash] its hash in the chain, if that is not its own hash
 * @property {{ isSkip?: boolean }} [marks] the unencrypted properties of its row
 * @property {(stores: Stores, message: Applied) => Promise<void>} [apply] changes stored rows in the transaction that stores
 *   the message: once for each message that is not a repetition, for an own message when it is written
 * @property {(body: string, tools: { linked: (text: string) => RenderedNode[] }) => RenderedNode[]} [render] what stands in
 *   the bubble, where that is more than its text
 */
/** @typedef {{ chat: ChatId, peer: string, mine: boolean, body: string, browser: string, counter: number, hash: string }} Applied */
/** @typedef {import("../lib/dom.js").Child} RenderedNode */
/** @typedef {(name: import("../storage/database.js").StoreName) => IDBObjectStore} Stores */

/** @type {Map<string, ContentType>} */
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
});

/**
 * @param {string} name
 * @returns {boolean} whether this version knows what the body means
 */
export function isKnownType(name) {
  return TYPES.has(name);
}

/**
 * @param {string} name
 * @returns {ContentType}
 */
export function typeOf(name) {
  return TYPES.get(name) ?? UNKNOWN;
}

/**
 * @param {{ type: string, body: string }} content
 * @returns {string | null} null: it needs a newer version of the page
 */
export function textOf({ type, body }) {
  return typeOf(type).textOf(body);
}
