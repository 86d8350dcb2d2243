/** The words of one decrypted message. */
import { once } from "../../lib/once.js";
import { textOf } from "../../types/content-types.js";

// Only chats with contents of version 2 need it.
export const loadChanges = once(() => import("./message-changes.js"));

/**
 * @param {StoredContent} content of a version that is loaded
 * @returns {import("./thread-items.js").Words}
 */
export function wordsOf(content) {
  const { type, body, hash, received, sent_at: sentAtMs, browser, counter, v, reply, replaces } = content;
  return { type, body, text: textOf(content), sentAtMs, hash, received, browser, counter, v, reply, replaces, else: content.else };
}
