/**
 * A chat's id names it in this browser: in the database and in the model. The id of a chat with one other person is that
 * person's email. A chat of more people will have an id that is no email.
 */

/**
 * @param {string} email of the other person
 * @returns {ChatId}
 */
export function chatWith(email) {
  return /** @type {ChatId} */ (email);
}

/**
 * @param {ChatId} id of a chat with one other person
 * @returns {string} that person's email
 */
export function peerOf(id) {
  return id;
}

/** The name of the sealed record of the user's own name for a person. @type {(email: string) => string} */
export const nicknameRecord = (email) => `nickname ${email}`;
