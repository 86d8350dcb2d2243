/**
 * What the messages of a chat show, by everything that names them (docs/protocol.md §5.9). It depends on the set of contents
 * alone: not on their order, nor on how often one of them comes.
 */
import { readProfile } from "./profile-type.js";
import { readReaction } from "./reaction-type.js";
import { readTimer } from "./timer-type.js";

/**
 * A content that was opened, in the chat of two people.
 * @typedef {object} Told
 * @property {string} hash 64 lower-case hexadecimal digits
 * @property {boolean} mine whether one's own person wrote it
 * @property {string} type
 * @property {string} body
 * @property {number} sent_at milliseconds
 * @property {string | null} [replaces] version 2
 */
/** @typedef {{ hash: string, body: string, sentAtMs: number }} Version */
/** @typedef {{ mine: boolean, emoji: string, sentAtMs: number, isOfEarlier: boolean }} ShownReaction isOfEarlier: to a version before this one */
/**
 * @typedef {object} MessageState
 * @property {boolean} isDeleted
 * @property {Version[]} versions the first one first, the one that is shown last; none of a deleted message
 * @property {ShownReaction[]} reactions at most one of each person, the earlier one first
 */
/**
 * @typedef {object} ChatState
 * @property {Map<string, MessageState>} messages by the hash of the first version; of messages that are here only
 * @property {number} timerSeconds 0: messages are kept
 * @property {{ mine: Profile | null, theirs: Profile | null }} profiles
 */
/** @typedef {NonNullable<ReturnType<typeof readProfile>>} Profile */

export const EDIT_WITHIN_MS = 86_400_000;

const CHANGEABLE = ["text", "file"];

/**
 * @param {Iterable<Told>} contents of one chat, in any order
 * @returns {ChatState}
 */
export function chatState(contents) {
  const told = [...new Map([...contents].map((one) => [one.hash, one])).values()];
  const changes = grouped(told.filter(({ replaces }) => replaces), ({ replaces }) => replaces ?? "");
  const reactions = grouped(told.filter(({ type }) => type === "reaction"), ({ body }) => readReaction(body)?.on ?? "");
  const originals = told.filter(({ type, replaces }) => CHANGEABLE.includes(type) && !replaces);
  return {
    messages: new Map(originals.map((one) => [one.hash, stateOf(one, changes.get(one.hash) ?? [], reactions.get(one.hash) ?? [])])),
    timerSeconds: last(told.filter(({ type }) => type === "timer"), ({ body }) => readTimer(body)?.seconds) ?? 0,
    profiles: { mine: profileOf(told, true), theirs: profileOf(told, false) },
  };
}

/**
 * @param {Told} original
 * @param {Told[]} changes that name it in `replaces`
 * @param {Told[]} reactions that name it
 * @returns {MessageState}
 */
export function stateOf(original, changes, reactions) {
  const own = changes.filter(({ mine }) => mine === original.mine);
  if (own.some(({ type }) => type === "nothing")) {
    return { isDeleted: true, versions: [], reactions: [] };
  }
  const edits = own.filter(({ type, sent_at }) => type === original.type && sent_at <= original.sent_at + EDIT_WITHIN_MS);
  const versions = [original, ...edits.toSorted(byTime)].map(({ hash, body, sent_at }) => ({ hash, body, sentAtMs: sent_at }));
  const shown = versions.at(-1)?.hash;
  const latest = [true, false].flatMap((mine) => reactions.filter((one) => one.mine === mine).toSorted(byTime).slice(-1));
  return {
    isDeleted: false,
    versions,
    reactions: latest.toSorted(byTime).flatMap(({ mine, body, sent_at }) => {
      const { emoji, saw } = readReaction(body) ?? { emoji: "", saw: "" };
      return emoji ? [{ mine, emoji, sentAtMs: sent_at, isOfEarlier: saw !== shown }] : [];
    }),
  };
}

/**
 * The later one counts. Of two at the same time, the one with the greater hash does, in all browsers.
 * @param {Told} left
 * @param {Told} right
 */
function byTime(left, right) {
  return left.sent_at - right.sent_at || (left.hash < right.hash ? -1 : 1);
}

/**
 * @param {Told[]} told
 * @param {boolean} mine
 */
function profileOf(told, mine) {
  return last(told.filter((one) => one.type === "profile" && one.mine === mine), ({ body }) => readProfile(body));
}

/**
 * @template Value
 * @param {Told[]} told
 * @param {(one: Told) => Value} read
 * @returns {Value | null} of the one that counts
 */
function last(told, read) {
  const counting = told.toSorted(byTime).at(-1);
  return counting ? read(counting) : null;
}

/**
 * @param {Told[]} told
 * @param {(one: Told) => string} keyOf
 * @returns {Map<string, Told[]>}
 */
function grouped(told, keyOf) {
  /** @type {Map<string, Told[]>} */
  const groups = new Map();
  for (const one of told) {
    groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  }
  return groups;
}
