/** What has to leave the archive without leaving the chain: contents that were deleted or whose time is over (docs/protocol.md §14.8). */
import { chatWith } from "../../storage/chat-ids.js";
import { messagesAtCounter } from "../../storage/queries.js";
import { goneAtMs } from "../../types/expiry.js";
import { contentOf } from "../history/chain-check.js";

/** @import { ArchivedMessage } from "./archive-content.js" */

const TWINS_COMPARED = 20;

/**
 * @param {ArchivedMessage} message
 * @returns {boolean} whether its time is over and its content still stands there
 */
export function isOver({ at, content }) {
  return content.body !== "" && goneAtMs(content, at || content.sent_at) <= Date.now();
}

/**
 * @param {ArchivedMessage} message
 * @returns {ArchivedMessage} of which only the place in the chain is left
 */
export function withoutBody(message) {
  return { ...message, content: { ...message.content, body: "" } };
}

/**
 * @param {{ database: Database, cipher: StorageCipher }} parts
 * @param {ArchivedMessage[]} messages
 * @returns {Promise<(message: ArchivedMessage) => boolean>} whether its content is to go: its time is over, or it was removed here
 */
export async function erasedIn({ database, cipher }, messages) {
  const rows = await database.read(["messages"], (stores) => Promise.all(messages.map(({ peer, content: { browser, counter } }) =>
    messagesAtCounter(stores("messages"), chatWith(peer), browser, counter, TWINS_COMPARED))));
  const erased = new Set();
  await Promise.all(messages.map(async (message, index) => {
    const contents = await Promise.all((rows[index] ?? []).filter(({ mine }) => mine === message.mine).map((row) => contentOf(cipher, row)));
    const isRemoved = contents.some((content) => content?.hash === message.content.hash && content.body === "");
    if (message.content.body !== "" && (isRemoved || isOver(message))) {
      erased.add(message);
    }
  }));
  return (message) => erased.has(message);
}
