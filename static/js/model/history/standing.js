/**
 * Whose messages are shown. What a stranger has written waits as a request, and what somebody writes who is blocked here is not
 * taken (docs/protocol.md §7.5).
 */
import { chatWith } from "../../storage/chat-ids.js";
import { all, chatOrNew, get } from "../../storage/queries.js";

/**
 * @param {ChatRow} chat
 * @param {Pick<PersonRow, "isContact" | "isAdded"> | null | undefined} person
 * @param {boolean} hasWritten whether the user has written there from this browser
 * @returns {boolean} whether it is a stranger's
 */
export function isRequest({ accepted, listed, writtenElsewhere }, person, hasWritten) {
  return !(accepted || listed || writtenElsewhere || hasWritten || person?.isContact || person?.isAdded);
}

/** @param {ChatRow} chat */
export function isBlocked({ blocked }) {
  return blocked?.is === true;
}

/**
 * @param {Database} database
 * @returns {Promise<ChatRow[]>} the chats of strangers
 */
export function requestsIn(database) {
  return database.read(["chains", "chats", "people"], async (stores) => {
    const [chains, chats, people] = await Promise.all([all(stores("chains")), all(stores("chats")), all(stores("people"))]);
    const written = new Set(chains.filter(isOwn).map(({ chat }) => chat));
    const known = new Map(people.map((row) => [chatWith(row.email), row]));
    return chats.filter((chat) => isRequest(chat, known.get(chat.id), written.has(chat.id)));
  });
}

/**
 * @param {Database} database
 * @returns {Promise<Set<ChatId>>} the chats of which nothing is shown, found or exported
 */
export async function unshownChats(database) {
  const unshown = (await requestsIn(database)).filter((chat) => !chat.shown || isBlocked(chat));
  return new Set(unshown.map(({ id }) => id));
}

/**
 * @param {Database} database
 * @param {ChatId} id
 * @returns {Promise<boolean>} whether what the person does may draw the user's attention: a message, typing
 */
export async function mayDisturb(database, id) {
  const chat = await database.read(["chats"], (stores) => chatOrNew(stores("chats"), id));
  return !isBlocked(chat) && !(await requestsIn(database)).some((request) => request.id === id);
}

/**
 * @param {ChainRow} chain
 * @returns {boolean} whether it is of messages that the user has written in this browser
 */
export function isOwn({ side, counter }) {
  return side === "own" && counter > 0;
}

const LISTED = "chats are listed";

/**
 * Once, in a database of before there were requests: all its chats stay among the chats.
 * @param {Database} database
 */
export async function keepListed(database) {
  await database.write(["chats", "state"], async (stores) => {
    if (!(await get(stores("state"), LISTED))) {
      (await all(stores("chats"))).forEach((chat) => stores("chats").put({ ...chat, listed: true }));
      stores("state").put(true, LISTED);
    }
  });
}
