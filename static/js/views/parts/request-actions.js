/** The buttons of a request. */
import { button } from "../../lib/dom.js";

/** @typedef {"show" | "accept" | "remove" | "block" | "report"} Action */
/** @typedef {Record<Action, (email: string) => Promise<unknown> | unknown> & { report: (email: string) => Promise<unknown> }} Actions */

/** @type {Record<Action, string>} */
const NAMES = { show: "Show", accept: "Accept", remove: "Delete", block: "Block", report: "Report" };

/**
 * @param {string} email
 * @param {Actions} actions
 * @param {{ describedBy?: string, onFailure: (error: unknown) => void, has: Action[] }} how
 * @returns {HTMLButtonElement[]}
 */
export function requestActions(email, actions, { describedBy = "", onFailure, has }) {
  return has.map((name) => button(NAMES[name], () => {
    void (async () => actions[name](email))().catch(onFailure);
  }, { class: `button small ${name === "accept" ? "soft" : "quiet"}`, "aria-describedby": describedBy || null }));
}
