/** A skip has the counter of a message that was taken back; its body is that message's hash (docs/protocol.md §5.5). */
import { HASH, matches } from "./members.js";

/** @type {import("./content-types.js").ContentType} */
export const skip = Object.freeze({
  name: "skip",
  messageType: "text",
  compose: (/** @type {string} */ hash) => ({ body: hash }),
  isBody: (/** @type {string} */ body) => matches(HASH, body),
  reportsReceived: true,
  textOf: () => "This message was taken back.",
  isShown: false,
  countsAsUnread: true,
  chainHash: (/** @type {string} */ body) => body,
  marks: { isSkip: true },
});
