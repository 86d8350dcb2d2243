/** What the person has read or cleared in another of their browsers, as the chat's row keeps it. */
import { has } from "./ranges.js";

/**
 * @param {ChatRow} chat
 * @param {{ browser: string, counter: number }} message
 * @returns {{ seen: boolean, passed: boolean }} in another browser
 */
export function marksElsewhere({ elsewhere }, { browser, counter }) {
  const isIn = (/** @type {"seen" | "passed"} */ what) => has(elsewhere?.[what][browser] ?? [], counter);
  return { seen: isIn("seen"), passed: isIn("passed") };
}
