/** Who may learn that their messages arrived here and were read (docs/protocol.md §5.6). Nobody else does, the server included. */

/**
 * A contact counts where this person has added it in this browser. One that only the server names does not.
 * @param {{ people: People, chains: Chains }} parts
 * @returns {Promise<Set<string>>} the emails of the contacts that were added here, and of those who were written to
 */
export async function receiptRecipients({ people, chains }) {
  const added = people.all().filter(({ isContact, isAdded }) => isContact && isAdded);
  return new Set([...added.map(({ email }) => email), ...(await chains.writtenTo())]);
}
