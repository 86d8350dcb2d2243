/**
 * The person's own settings of a chat, which all their browsers share (docs/protocol.md §14.8). Each setting stands with the time and
 * the browser of its last change, and the later change counts (lib/later.js).
 */
import { later } from "../../lib/later.js";
import { isVisible } from "../../lib/text.js";

/**
 * @template Value
 * @typedef {import("../../lib/later.js").Setting<Value>} Setting
 */
/** @typedef {import("../../storage/rows.js").ChatSettings} ChatSettings */
/** @typedef {ChatSettings & { nickname?: Setting<string> }} ToldSettings nickname: "" for none */
/** @typedef {{ pinned?: boolean, muted?: boolean, unread?: boolean, archived?: number | null, deleted?: number | null }} SettingsChange */

export const LONGEST_NICKNAME = 100;

const isFlag = (/** @type {unknown} */ value) => typeof value === "boolean";
const isPlace = (/** @type {any} */ value) => value === null || (Number.isFinite(value) && value >= 0);
/** @type {Record<string, (value: any) => boolean>} in the order in which they are told */
const FORMS = {
  pinned: isFlag, muted: isFlag, unread: isFlag, archived: isPlace, deleted: isPlace,
  nickname: (value) => typeof value === "string" && value === nicknameOf(value),
};
const BROWSER = /^[0-9a-f]{32}$/;

/**
 * @param {string} typed
 * @returns {string} "" where it shows nothing
 */
export function nicknameOf(typed) {
  const trimmed = typed.trim();
  return isVisible(trimmed) ? [...trimmed].slice(0, LONGEST_NICKNAME).join("").trim() : "";
}

/**
 * @template {ToldSettings} Settings
 * @param {Settings} one
 * @param {Settings} other
 * @returns {Settings} the later of each, always in one order
 */
export function merged(one, other) {
  const names = /** @type {(keyof Settings)[]} */ (Object.keys(FORMS));
  const entries = names.map((name) => [name, later(/** @type {any} */ (one[name]), /** @type {any} */ (other[name]))]);
  return Object.fromEntries(entries.filter(([, setting]) => setting));
}

/**
 * @param {ToldSettings} known
 * @param {ToldSettings} told
 * @returns {boolean} whether nothing in it is later than what is known
 */
export function knowsSettings(known, told) {
  return JSON.stringify(merged(known, told)) === JSON.stringify(merged(known, {}));
}

/**
 * @param {any} value of another own browser's stream
 * @returns {ToldSettings} without what is malformed
 */
export function readSettings(value) {
  const entries = Object.entries(FORMS).flatMap(([name, isForm]) => {
    const { value: told, at, by } = value?.[name] ?? {};
    const isRead = isForm(told) && Number.isSafeInteger(at) && at > 0 && typeof by === "string" && BROWSER.test(by);
    return isRead ? [[name, { value: told, at, by }]] : [];
  });
  return Object.fromEntries(entries);
}
