/** Sentences for error codes of ways back in, passkeys and invitations (strings.js has the others). */

const NOT_TAKEN = "This browser did not take it, and nothing was changed here. Ask the person who runs this server.";

export const VAULT_SENTENCES = {
  code_malformed: "A recovery code has 28 letters and digits, in seven groups of four. Type all of them.",
  code_unknown: "This code opens nothing here. It is another account's, or you have made a newer one since.",
  proof_needed: "Your password is needed for this.",
  key_not_here: "Your messages are locked in this browser. Unlock them first.",
  vault_locked: "Your account has ways back in already. Close this and look again.",
  vault_changed: "One of your other browsers has just changed something here. Try again.",
  list_changed: "One of your other browsers has just changed something here. Try again.",
  vault_newer: "Your ways back in were changed by a newer version of VibeChat. Reload the page.",
  vault_older: `The server gave this browser an old copy of your ways back in. ${NOT_TAKEN}`,
  vault_forked: `The server gave this browser other ways back in than your other browser has. ${NOT_TAKEN}`,
  vault_missing: `The server says that your ways back in are gone. ${NOT_TAKEN}`,
  vault_given_up:
    "You have made new ways back in another browser of yours. Unlock here with the new recovery code, or by that browser. " +
    "If that wasn't you, ask the person who runs this server.",
  vault_foreign: `The server gave this browser somebody else's ways back in. ${NOT_TAKEN}`,
  vault_damaged: `Your ways back in came damaged from the server. ${NOT_TAKEN}`,
  vault_unsigned: `Your ways back in were changed by something that is not one of your browsers. ${NOT_TAKEN}`,
  list_outside_vault: `The server names a browser as yours that none of your browsers has added. ${NOT_TAKEN}`,
  stream_older: `The server gave this browser an old copy of what your browsers keep for each other. ${NOT_TAKEN}`,
  stream_forked: `The server gave this browser something else than what your browsers keep for each other. ${NOT_TAKEN}`,
  stream_missing: `The server says that something is gone that your browsers keep for each other. ${NOT_TAKEN}`,
  stream_unsigned: `What your browsers keep for each other was changed by something that is not one of them. ${NOT_TAKEN}`,
  stream_damaged: `What your browsers keep for each other came damaged from the server. ${NOT_TAKEN}`,
  archive_full: "There's no room left on this server to keep more of your messages for your other browsers. Ask the person who runs it.",
  archive_newer: "Another browser of yours keeps messages in a way that this page doesn't know yet. Reload this page.",
  archive_damaged: "Some messages that another browser of yours kept can't be read. All others are here.",
  passkey_cancelled: "The passkey was not used. Try again, or choose another way.",
  passkey_exists: "This device has a passkey of yours already.",
  passkey_impossible: "This browser can't use a passkey here. Choose another way.",
  passkey_unknown: "This passkey opens nothing here. Choose another way.",
  passkey_refused: "This passkey logs in nowhere here. It may have been removed. Log in with your password.",
  passkey_without_key: "This passkey logs you in, but it can't open your messages. Choose another way.",
  invitation_unknown: "This code opens nothing. Look at it again, or make a new one in your other browser.",
  invitation_taken: "Another browser was quicker. Make a new code.",
  invitation_expired: "The time for this code is over. Make a new one.",
  invitation_refused: "Something else answered in place of your browser. Nothing was added. Make a new code.",
  invitation_cancelled: "This was stopped in the other browser.",
};

/** @param {number | null} group the one that a single wrong character is in; null: nobody knows */
export function damagedSentence(group) {
  const where = group === null ? "Compare it with what you kept." : `Look at group ${group}.`;
  return `A character of this code is wrong. ${where}`;
}
