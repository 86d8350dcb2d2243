/** Registration and log-in. Only the pages before the chat load this module. */
import { Database } from "../../storage/database.js";
import { normalised } from "../server/email.js";
import { requireRoomForKey } from "./browser-support.js";
import { claim } from "./owner.js";

/**
 * Registers an account. Data of an earlier account with that email stays, because only the server says that the account is
 * new. The chat page shows the data and asks the person.
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
 * Without an answer it counts as open: the server refuses a registration without an invitation.
 * @param {Session} session
 */
export async function isRegistrationClosed(session) {
  const answer = await session.api.registration().catch(() => null);
  return answer?.registration === "closed";
}

/**
 * Notes that the account is new, so that this browser cannot have lost data of it.
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
