/** Names of sealed records that the service worker opens too. */

/** @type {(email: string) => string} */
export const nicknameRecord = (email) => `nickname ${email}`;
