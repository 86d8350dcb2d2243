/** How long messages of the chat are kept from now on (docs/protocol.md §5.8). */
import { isIntegerUpTo, jsonBody } from "./json-body.js";
import { isObject } from "./members.js";

export const LONGEST_TIMER_S = 31_536_000;

const body = jsonBody(
  (value) => isObject(value) && isIntegerUpTo(value.seconds, LONGEST_TIMER_S),
  ({ seconds }) => ({ seconds }),
);

export const readTimer = body.read;

/** @type {import("./content-types.js").ContentType} */
export const timer = Object.freeze({
  name: "timer",
  messageType: "text",
  compose: body.compose,
  isBody: body.isBody,
  reportsReceived: true,
  textOf: () => "",
  isShown: false,
  countsAsUnread: false,
  isKept: true,
});
