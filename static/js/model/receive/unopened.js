/** Explains why a message could not be decrypted, and what the person can do. */
import { DecryptionError, KeyChangedError, ProtocolError } from "../../crypto/crypto-errors.js";
import { BadAnswer, Refusal } from "../server/model-errors.js";

/**
 * @typedef {object} Unopened
 * @property {string} reason
 * @property {string} advice
 * @property {boolean} [isForAnother] it names an own key that is not here
 * @property {"other_browser" | "forgotten"} [where] the server confirms that it is an own key; all such messages share one
 *   line
 */

export const UNOPENED = "This message could not be opened.";
/** Shown in place of an invisible text. */
export const EMPTY = "This message is empty.";

/**
 * @param {boolean} mine
 * @param {string} name of the other person
 */
const askAgain = (mine, name) => (mine ? "Send it again if it still matters." : `Ask ${name} to send it again.`);

/** @type {Unopened} */
export const UNREADABLE = { reason: "What this browser keeps of it is damaged.", advice: "Another browser may show it." };

/** The message is whole, and of a suite, version or type that this page does not know. @type {Unopened} */
export const NEWER = { reason: "It needs a newer version of VibeChat.", advice: "Reload this page." };

/** @typedef {{ mine: boolean, name: string }} Unread name: of the other person */

/** @type {Map<string, (message: Unread) => Unopened>} by the code of the refusal */
const REFUSED = new Map(
  Object.entries({
    own_forgotten_key: ({ mine, name }) => ({
      reason: "This browser has forgotten the key for it.",
      advice: askAgain(mine, name),
      isForAnother: true,
      where: "forgotten",
    }),
    own_other_key: ({ mine, name }) => ({
      reason: mine ? "It was written with another browser's key." : "It was written to another browser's key.",
      advice: mine ? "The browser that it was written in can open it." : askAgain(mine, name),
      isForAnother: true,
      where: "other_browser",
    }),
    retired_key: ({ name }) => ({
      reason: `It came after ${name}'s keys changed, and was written with the old ones.`,
      advice: "Do not rely on it.",
    }),
    declined_key: ({ name }) => ({
      reason: "It came with keys that you did not accept.",
      advice: `Ask ${name} in person or by phone whether it is theirs.`,
    }),
    unsigned_key: ({ name }) => ({ reason: `${name} has to open VibeChat once before it can be read.`, advice: "" }),
    key_not_theirs: ({ name }) => ({
      reason: `It was written with a key that is not ${name}'s.`,
      advice: "Do not rely on it.",
    }),
  }),
);

/**
 * @param {unknown} error
 * @param {Unread} message
 * @returns {Unopened | null} null: the error is temporary and not the message's
 */
export function explain(error, message) {
  const { mine, name } = message;
  if (isRefusedFor(error, "unknown_suite", "unknown_version")) {
    return NEWER;
  }
  if (isRefusedFor(error, "not_our_key")) {
    return { reason: "It names a key that is not yours.", advice: askAgain(mine, name), isForAnother: true };
  }
  if (error instanceof KeyChangedError) {
    return { reason: `${name}'s keys changed.`, advice: "Review the change to read it." };
  }
  if (error instanceof Refusal) {
    const reason = "The key that it was written with cannot be found.";
    return REFUSED.get(error.code)?.(message) ?? { reason, advice: askAgain(mine, name) };
  }
  if (error instanceof ProtocolError || error instanceof DecryptionError || error instanceof BadAnswer) {
    return { reason: "It was damaged or changed on the way.", advice: askAgain(mine, name) };
  }
  return null;
}

/**
 * @param {unknown} error
 * @param {...string} reasons
 * @returns {boolean}
 */
function isRefusedFor(error, ...reasons) {
  return error instanceof ProtocolError && reasons.includes(error.reason);
}
