/**
 * What people say of themselves: a name, and a picture (docs/protocol.md §5.9). It is theirs, so that no name that the server tells
 * counts beside it. Loaded when such a message comes, or such a picture is drawn.
 */
import { smallPicture } from "../../lib/small-picture.js";
import { get } from "../../storage/queries.js";
import { readProfile } from "../../types/profile-type.js";
import { call } from "./names.js";

/** @import { Picture } from "../../types/profile-type.js" */

/** @type {(email: string) => string} both the record's name and its key among the states */
const pictureRecord = (email) => `picture ${email}`;

/**
 * Takes over a profile, unless a later one is here.
 * @param {{ cipher: StorageCipher, people: People }} parts
 * @param {string} email of its writer
 * @param {Pick<StoredContent, "body" | "sent_at" | "hash">} content checked
 */
export async function takeProfile({ cipher, people }, email, { body, sent_at: atMs, hash }) {
  const { name, picture } = /** @type {NonNullable<ReturnType<typeof readProfile>>} */ (readProfile(body));
  const shown = picture && smallPicture(picture) ? await cipher.seal(pictureRecord(email), picture) : null;
  await people.update(email, (row, _others, stores) => {
    const { profile } = row;
    if (!profile || atMs > profile.atMs || (atMs === profile.atMs && hash > profile.hash)) {
      call({ row, displayName: name, isOwnWord: true });
      row.profile = { atMs, hash, hasPicture: shown !== null };
      if (shown) stores("state").put(shown, pictureRecord(email));
      else stores("state").delete(pictureRecord(email));
    }
  }, ["state"]);
}

/**
 * @param {{ cipher: StorageCipher, database: Database }} parts
 * @param {string} email
 * @returns {Promise<Picture | null>} null: that person has none
 */
export async function pictureOf({ cipher, database }, email) {
  const sealed = await database.read(["state"], (stores) => get(stores("state"), pictureRecord(email)));
  return sealed ? cipher.open(pictureRecord(email), sealed) : null;
}
