/** A deletion: nothing takes the place of the message that it replaces (docs/protocol.md §5.8). */
import { jsonBody } from "./json-body.js";
import { BROWSER_ID, isCounter, isObject, matches } from "./members.js";

const body = jsonBody(
  (value) => isObject(value) && matches(BROWSER_ID, value.browser) && isCounter(value.counter),
  ({ browser, counter }) => ({ browser, counter }),
);

/** @type {import("./content-types.js").ContentType} */
export const nothing = Object.freeze({
  name: "nothing",
  messageType: "text",
  compose: body.compose,
  isBody: body.isBody,
  reportsReceived: true,
  textOf: () => "",
  isShown: false,
  countsAsUnread: false,
  replacing: "must",
  isKept: true,
  deletes: body.read,
});
