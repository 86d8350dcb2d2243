/**
 * The content of a message and its canonical JSON (docs/protocol.md §5.2). Both sides hash and authenticate these bytes.
 * plaintext.js checks the members.
 */
import { utf8Encode } from "../lib/bytes.js";

/**
 * What the sender has received from one browser of the peer: every message up to `counter`.
 * @typedef {object} Received
 * @property {string} browser 32 lower-case hexadecimal digits
 * @property {number} counter from 1
 * @property {string} hash of that message: 64 lower-case hexadecimal digits
 */

/**
 * @typedef {object} Content
 * @property {number} v 1 or 2
 * @property {string} type one of types/content-types.js, or a word of a newer version
 * @property {string} from the sender's normalised email
 * @property {string} to the recipient's normalised email
 * @property {string} browser the sending browser's id: 32 lower-case hexadecimal digits
 * @property {number} counter of this browser's messages (or receipts) to this recipient, from 1
 * @property {string | null} previous the hash of the one before: 64 lower-case hexadecimal digits; null at counter 1
 * @property {Received[]} received at most 8, each browser once; none where the type does not report it
 * @property {number} sent_at milliseconds since 1970-01-01T00:00:00Z by the sender's clock
 * @property {string} [salt] version 2: 16 random bytes as 32 lower-case hexadecimal digits
 * @property {string | null} [reply] version 2: the hash of the message that it answers
 * @property {string | null} [replaces] version 2: the hash of the own message that it edits or deletes
 * @property {number | null} [expires] version 2: after how many seconds from `sent_at` on it disappears
 * @property {string} [else] version 2: what a page shows that does not know the type
 * @property {string} self_tag 64 lower-case hexadecimal digits; "" only while the tag is computed
 * @property {string} body what the type defines
 */

/** The members that version 2 adds. @typedef {Pick<Content, "salt" | "reply" | "replaces" | "expires" | "else">} Added */

/** The version of receipts, of skips, and of what is written to somebody who may not know a later one. */
export const VERSION = 1;

/**
 * @param {Added & { v?: number }} content
 * @returns {Added & { v?: number }} what a content of version 2 has besides the members of version 1; nothing for version 1
 */
export function addedMembers({ v, salt, reply, replaces, expires, else: instead }) {
  return v === 2 ? { v, salt, reply, replaces, expires, else: instead } : {};
}

/**
 * @param {Content} content checked
 * @returns {Bytes} its canonical JSON in UTF-8
 */
export function canonicalJson(content) {
  // JSON.stringify writes members in the order of this literal.
  const ordered = {
    v: content.v,
    type: content.type,
    from: content.from,
    to: content.to,
    browser: content.browser,
    counter: content.counter,
    previous: content.previous,
    received: content.received.map(({ browser, counter, hash }) => ({ browser, counter, hash })),
    sent_at: content.sent_at,
    ...addedMembers(content),
    self_tag: content.self_tag,
    body: content.body,
  };
  return utf8Encode(JSON.stringify(ordered));
}

/**
 * The bytes that the self tag and the message's hash are computed over (docs/protocol.md §5.3).
 * @param {Content} content
 * @returns {Bytes} its canonical JSON in UTF-8 with `self_tag` empty
 */
export function untaggedJson(content) {
  return canonicalJson({ ...content, self_tag: "" });
}
