/** A new password for a person who has forgotten the old one. The account's keys and messages in this browser stay. */

const IN_HASH = /^#link=([\w-]+)$/;

/**
 * @param {string} hash of the page's address
 * @returns {string | null} the token of a link
 */
export function tokenIn(hash) {
  return IN_HASH.exec(hash)?.[1] ?? null;
}

/**
 * Without an answer it counts as sending: the form then says what went wrong.
 * @param {Session} session
 */
export async function sendsMail(session) {
  const answer = await session.api.resetState().catch(() => null);
  return answer?.mail !== false;
}

/**
 * The server ends all sessions of the account. If one is this browser's, the person is logged out here, too.
 * @param {Session} session of this browser, not restored yet
 * @param {{ token: string, password: string, removesPasskeys: boolean }} reset
 */
export async function setPassword(session, reset) {
  await session.api.resetPassword(reset);
  if (await session.restore()) {
    await session.accessToken().catch(() => {});
  }
}
