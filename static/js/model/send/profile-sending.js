/** Tells the people whom the person writes to their name and picture. Loaded with the first message. */
import { CryptoManager } from "../../crypto/crypto.js";
import { changed } from "../../lib/later.js";
import { SerialQueue } from "../../lib/timing.js";
import { chatWith } from "../../storage/chat-ids.js";
import { profile as profileType } from "../../types/profile-type.js";
import { isBlocked } from "../history/standing.js";
import { Refusal } from "../server/model-errors.js";
import { ownProfile, takeOwnProfile } from "../session/own-profile.js";

/** @import { Profile } from "../session/own-profile.js" */

/** @typedef {Pick<ConversationsParts, "chatList" | "cipher" | "database" | "messageStore" | "outbox" | "people" | "preferences">} Parts */

const turns = new SerialQueue();

/**
 * @param {Parts} parts
 * @param {{ name: string, picture?: Profile["picture"] }} change without a picture: it stays
 * @returns {Promise<string[]>} the emails of those to whom it goes
 * @throws {Refusal}
 */
export async function changeProfile(parts, { name, picture: chosen }) {
  const before = await ownProfile(parts);
  const profile = { name, picture: chosen === undefined ? (before?.value.picture ?? null) : chosen };
  composed(profile);
  await takeOwnProfile(parts, changed(before, profile, parts.cipher.browser));
  const told = [];
  for (const { email } of parts.chatList.all().filter(({ lastAt }) => lastAt !== null)) {
    if (await tellProfile(parts, email)) told.push(email);
  }
  return told;
}

/**
 * @param {Parts} parts
 * @param {string} email of somebody who is no stranger
 * @returns {Promise<boolean>} whether it goes to that person: it has changed since they were told, and all browsers of both read it
 */
export function tellProfile(parts, email) {
  return turns.run(async () => {
    const { messageStore, outbox, people } = parts;
    const [own, chat] = [await ownProfile(parts), await messageStore.chat(chatWith(email))];
    const isDue = own !== undefined && own.at > (chat.profileToldMs ?? 0) && !isBlocked(chat) && people.contentVersion(email) === 2;
    if (isDue) {
      const message = { type: profileType.name, ...composed(own.value), v: 2, peer: email, clientId: CryptoManager.randomUuid() };
      // By the time of the change, and not of the sending, all who are told agree which one is the latest.
      await outbox.add({ ...message, atMs: Date.now(), sentAtMs: own.at });
    }
    return isDue;
  });
}

/** @param {Profile} value */
function composed(value) {
  const made = profileType.compose(value);
  if ("refusal" in made) {
    throw new Refusal(made.refusal);
  }
  return made;
}
