/** The ways in. Only the pages before the chat load this. */
import { Database } from "../storage/database.js";
import { claim } from "./owner.js";

/**
 * @param {Session} session
 * @param {{ email: string, password: string, displayName?: string, invite?: string }} person `invite` is the token of an
 *   invitation, which a server needs where registration is closed
 * @returns {Promise<User>}
 * @throws {import("../net/errors.js").ApiError | import("../net/errors.js").NetworkError | import("./errors.js").BadAnswer}
 *   with a `code`
 */
export async function register(session, { email, password, displayName = "", invite = "" }) {
  await session.left;
  const user = await session.begin(await session.api.register({ email, password, displayName, invite }), email);
  // The address is new to the server. What an earlier account of that name has left here is not for this one.
  await Database.delete(user.email);
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
 * @throws {import("../net/errors.js").ApiError | import("../net/errors.js").NetworkError | import("./errors.js").BadAnswer}
 *   with a `code`
 */
export async function logIn(session, { email, password }) {
  await session.left;
  return session.begin(await session.api.logIn({ email, password }), email);
}
