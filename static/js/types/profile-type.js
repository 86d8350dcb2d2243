/** A person's name and small picture (docs/protocol.md §5.8). */
import { base64Length, isTextUpTo, jsonBody } from "./json-body.js";
import { isObject } from "./members.js";

const NAME_LIMIT = 100;
const PICTURE_LIMIT = 32 * 1024;
const PICTURE_TYPES = ["image/jpeg", "image/png", "image/webp"];

/** @typedef {{ type: string, data: string }} Picture data: base64 */

/** @param {any} value */
function isPicture(value) {
  const length = isObject(value) ? base64Length(value.data) : 0;
  return length >= 1 && length <= PICTURE_LIMIT && PICTURE_TYPES.includes(value.type);
}

const body = jsonBody(
  (value) => isObject(value) && isTextUpTo(value.name, NAME_LIMIT) && (value.picture === null || isPicture(value.picture)),
  ({ name, picture }) => ({ name, picture: picture && { type: picture.type, data: picture.data } }),
);

export const readProfile = body.read;

/** @type {import("./content-types.js").ContentType} */
export const profile = Object.freeze({
  name: "profile",
  messageType: "text",
  compose: body.compose,
  isBody: body.isBody,
  reportsReceived: true,
  textOf: () => "",
  isShown: false,
  countsAsUnread: false,
  isKept: true,
});
