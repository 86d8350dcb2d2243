/** A text message (docs/protocol.md §5.1). */
import { isWellFormed } from "../lib/bytes.js";
import { isVisible } from "../lib/text.js";

/** In Unicode code points. */
export const BODY_LIMIT = 4000;

/** @type {import("./content-types.js").ContentType} */
export const text = Object.freeze({
  name: "text",
  messageType: "text",
  compose: (/** @type {string} */ written) => {
    if (!isVisible(written)) {
      return { refusal: "empty" };
    }
    return isShortEnough(written) ? { body: withoutLoneSurrogates(written) } : { refusal: "too_long" };
  },
  isBody: isShortEnough,
  reportsReceived: true,
  textOf: (/** @type {string} */ body) => body,
  isShown: true,
  countsAsUnread: true,
  mayReply: true,
  replacing: "may",
});

/** @param {string} written */
function isShortEnough(written) {
  return [...written].length <= BODY_LIMIT;
}

/** @param {string} written */
function withoutLoneSurrogates(written) {
  return isWellFormed(written) ? written : written.replace(/\p{Surrogate}/gu, "\ufffd");
}
