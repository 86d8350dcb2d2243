/** The ways in. Only the pages before the chat load this. */
import { Database } from "../../storage/database.js";
import { normalised } from "../server/email.js";
import { requireRoomForKey } from "./browser-support.js";
import { claim } from "./owner.js";

/**
 * What an earlier account of that address has left here stays: that the address is new is only the server's word. The
 * chat page tells the person what is here, and they choose.
 * @param {Session} session
 * @param {{ email: string, password: string, displayName?: string, invite?: string }} person `invite` is the token of an
 *   invitation, which a server needs where registration is closed
 * @returns {Promise<User>}
 * @throws {import("../../net/net-errors.js").ApiError | import("../../net/net-errors.js").NetworkError | import("../server/model-errors.js").BadAnswer
 *   | import("../server/model-errors.js").Refusal | import("../../storage/storage-errors.js").StorageError} with a `code`
 */
export async function register(session, { email, password, displayName = "", invite = "" }) {
  await session.left;
  await requireRoomForKey(normalised(email));
  const user = await session.begin(await session.api.register({ email, password, displayName, invite }), email);
  await begin(user).catch(() => {});
  return user;
}

/**
 * Not known counts as open: the server refuses who needs an invitation.
 * @param {Session} session
 */
export async function isRegistrationClosed(session) {
  const answer = await session.api.registration().catch(() => null);
  return answer?.registration === "closed";
}

/**
 * There is nothing that this browser could have forgotten of it.
 * @param {User} user
 */
async function begin(user) {
  const database = await Database.open(user.email);
  await claim(database, user, { isRegistering: true }).finally(() => database.close());
}

/**
 * @param {Session} session
 * @param {{ email: string, password: string }} credentials
 * @returns {Promise<User>}
 * @throws {import("../../net/net-errors.js").ApiError | import("../../net/net-errors.js").NetworkError | import("../server/model-errors.js").BadAnswer
 *   | import("../server/model-errors.js").Refusal | import("../../storage/storage-errors.js").StorageError} with a `code`
 */
export async function logIn(session, { email, password }) {
  await session.left;
  await requireRoomForKey(normalised(email));
  return session.begin(await session.api.logIn({ email, password }), email);
}
