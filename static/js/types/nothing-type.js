/** A deletion: nothing takes the place of the message that it replaces (docs/protocol.md §5.8). */
import { chatOrNew } from "../storage/queries.js";
import { jsonBody } from "./json-body.js";
import { BROWSER_ID, isCounter, isObject, matches } from "./members.js";

// Whoever holds the peer's key can make up as many as they like. A chain that has passed a place does not need it any more.
const PLACES_LIMIT = 500;

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
  erases: true,
  apply: async (stores, { chat, mine, body: spelled, replaces }) => {
    const place = body.read(spelled);
    if (mine || !place || !replaces) {
      return;
    }
    const row = await chatOrNew(stores("chats"), chat);
    const others = (row.deleted ?? []).filter(({ browser, counter }) => browser !== place.browser || counter !== place.counter);
    stores("chats").put({ ...row, deleted: [...others, { ...place, hash: replaces }].slice(-PLACES_LIMIT) });
  },
});
