/** Version 2 of the content: its types, and the members that it adds (docs/protocol.md §5.7 and §5.8). */
import { file } from "./file-type.js";
import { isIntegerUpTo, isTextUpTo } from "./json-body.js";
import { BROWSER_ID, HASH, matches } from "./members.js";
import { nothing } from "./nothing-type.js";
import { profile } from "./profile-type.js";
import { reaction } from "./reaction-type.js";
import { receipt } from "./receipt-type.js";
import { skip } from "./skip-type.js";
import { text } from "./text-type.js";
import { LONGEST_TIMER_S, timer } from "./timer-type.js";

/** @import { ContentType, ContentVersion } from "./content-types.js" */

const ELSE_LIMIT = 200;
const SALT = BROWSER_ID; // 16 bytes as well

/** @type {Map<string, ContentType>} */
const types = new Map([text, reaction, file, nothing, timer, profile].map((type) => [type.name, type]));

/** @type {ContentVersion} */
export const VERSION_2 = Object.freeze({
  types,
  refused: [skip.name, receipt.name],
  wrongMember: ({ type, salt, reply, replaces, expires, else: instead }) => {
    const rules = types.get(type) ?? { mayReply: true, replacing: "may", isKept: false };
    /** @type {[boolean, ProtocolErrorReason][]} */
    const checks = [
      [matches(SALT, salt), "content_salt"],
      [reply === null || (Boolean(rules.mayReply) && matches(HASH, reply)), "reply"],
      [mayReplace(rules, replaces) && (replaces === null || reply === null), "replaces"],
      [expires === null || (!rules.isKept && expires !== 0 && isIntegerUpTo(expires, LONGEST_TIMER_S)), "expires"],
      [isTextUpTo(instead, ELSE_LIMIT), "else"],
    ];
    return checks.find(([isRight]) => !isRight)?.[1] ?? null;
  },
});

/**
 * @param {Pick<ContentType, "replacing">} rules
 * @param {unknown} replaces
 * @returns {boolean}
 */
function mayReplace({ replacing }, replaces) {
  return replaces === null ? replacing !== "must" : replacing !== undefined && matches(HASH, replaces);
}
