/** What the person says of themselves to those whom they write to. All their browsers have the later change (docs/protocol.md §14.3). */
import { later } from "../../lib/later.js";
import { get } from "../../storage/queries.js";

/** @typedef {{ name: string, picture: import("../../types/profile-type.js").Picture | null }} Profile */
/** @typedef {import("../../lib/later.js").Setting<Profile>} OwnProfile */

const OWN = "own profile";

/**
 * @param {{ cipher: StorageCipher, database: Database }} parts
 * @returns {Promise<OwnProfile | undefined>} undefined: the person has never changed it
 */
export async function ownProfile({ cipher, database }) {
  const found = await database.read(["state"], (stores) => get(stores("state"), OWN));
  return found && { ...found, value: await cipher.open(OWN, found.value) };
}

/**
 * Takes over a change, unless a later one is here.
 * @param {{ cipher: StorageCipher, database: Database, preferences: Preferences }} parts
 * @param {OwnProfile} profile
 */
export async function takeOwnProfile({ cipher, database, preferences }, profile) {
  const sealed = { ...profile, value: await cipher.seal(OWN, profile.value) };
  await database.write(["state"], async (stores) => {
    stores("state").put(later(await get(stores("state"), OWN), sealed), OWN);
  });
  preferences.noteProfile();
}

/**
 * @param {OwnProfile | undefined} profile
 * @returns {string} "" for no picture; another one for another picture
 */
export function pictureIdOf(profile) {
  return profile?.value.picture ? `${profile.at} ${profile.by}` : "";
}

/**
 * @param {any} value of the vault
 * @returns {OwnProfile | undefined} undefined: there is none, or it is malformed
 */
export function readOwnProfile(value) {
  const isProfile = typeof value?.value?.name === "string" && Number.isSafeInteger(value.at) && typeof value.by === "string";
  return isProfile ? value : undefined;
}
