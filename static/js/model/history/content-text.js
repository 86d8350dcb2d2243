/** What the screen shows of a message that was opened, by its type. A new type is added here and in thread-items.js. */

const TAKEN_BACK = "This message was taken back.";

/**
 * @param {{ type: string, body: string }} content
 * @returns {string | null} null: its type needs a newer version of the page
 */
export function textOf({ type, body }) {
  if (type === "skip") {
    return TAKEN_BACK;
  }
  return type === "text" ? body : null;
}
