/** The peers to whom receipts are sent (docs/protocol.md §5.6). For all others, the server is told nothing either. */
import { chatWith } from "../../storage/chat-ids.js";

/**
 * Contacts count if the person has added them in this browser. Contacts that only the server names do not.
 * @param {{ people: People, chains: Chains }} parts
 * @returns {Promise<Set<ChatId>>} the chats with the contacts that were added here, of people who were accepted or written to, and
 *   of nobody who is blocked
 */
export async function receiptRecipients({ people, chains }) {
  const added = people.all().filter(({ isContact, isAdded }) => isContact && isAdded);
  const { known, blocked } = await chains.standing();
  const recipients = new Set([...added.map(({ email }) => chatWith(email)), ...known]);
  blocked.forEach((chat) => recipients.delete(chat));
  return recipients;
}
