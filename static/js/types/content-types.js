/**
 * The registry of content types (docs/protocol.md §9). A type is one module that says all that is particular to it; to add
 * one, write its module and name it in `TYPES`. crypto/, model/ and views/ ask here by the type's name.
 */
import { receipt } from "./receipt-type.js";
import { skip } from "./skip-type.js";
import { text } from "./text-type.js";

/**
 * @typedef {object} ContentType
 * @property {string} name the content's `type`
 * @property {string} messageType what the server is told of it: the envelope's `message_type` (docs/protocol.md §4.2)
 * @property {(value: any) => { body: string } | { refusal: string }} compose the body for a value of this type; refusal: a
 *   stable code, why it cannot be sent
 * @property {(body: string) => boolean} isBody whether a body is as this type says; the content is refused otherwise
 * @property {boolean} reportsReceived false: its content's `received` has to be empty
 * @property {(body: string) => string | null} textOf what the log shows, the list of chats previews and a screen reader is
 *   told; null: there are no words for it
 * @property {boolean} isShown whether it has a place of its own in the log and in the list of chats; a conflict shows anyway
 * @property {boolean} countsAsUnread
 * @property {(body: string) => string} [chainHash] by which the chain names it, where that is not its own hash
 * @property {{ isSkip?: boolean }} [marks] what its row says in the clear
 * @property {(stores: Stores, message: Applied) => Promise<void>} [apply] changes what is stored, in the transaction that
 *   stores the message itself: once for each message that is not a repetition, one's own when it is written
 * @property {(body: string, tools: { linked: (text: string) => RenderedNode[] }) => RenderedNode[]} [render] what stands in
 *   the bubble, where that is more than its text
 */
/** @typedef {{ peer: string, mine: boolean, body: string, browser: string, counter: number, hash: string }} Applied */
/** @typedef {import("../lib/dom.js").Child} RenderedNode */
/** @typedef {(name: import("../storage/database.js").StoreName) => IDBObjectStore} Stores */

/** @type {Map<string, ContentType>} */
export const TYPES = new Map([text, skip, receipt].map((type) => [type.name, type]));

/** It keeps its place and its part in the chain, and the log says that it needs a newer version. */
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
