/** A reaction of a person to a message; without an emoji, none any more (docs/protocol.md §5.8). */
import { isTextUpTo, jsonBody } from "./json-body.js";
import { HASH, isObject, matches } from "./members.js";

/**
 * @typedef {object} Reaction
 * @property {string} on the hash of the message
 * @property {string} saw the hash of the version of it that its person saw
 * @property {string} emoji "" for none
 */

const EMOJI_LIMIT = 20;

const body = jsonBody(
  (value) => isObject(value) && matches(HASH, value.on) && matches(HASH, value.saw) && isTextUpTo(value.emoji, EMOJI_LIMIT),
  ({ on, saw, emoji }) => ({ on, saw, emoji }),
);

export const readReaction = body.read;

/** @type {import("./content-types.js").ContentType} */
export const reaction = Object.freeze({
  name: "reaction",
  messageType: "text",
  compose: body.compose,
  isBody: body.isBody,
  reportsReceived: true,
  textOf: () => "",
  isShown: false,
  countsAsUnread: false,
});
