/** A message as the screen shows it. */

/**
 * @typedef {object} ThreadItem
 * @property {"message"} kind
 * @property {string} key stable while the message is shown
 * @property {string | null} clientId
 * @property {boolean} mine
 * @property {string} text "" while it is being opened or where it could not be
 * @property {"written" | "sending" | "sent" | "delivered" | "read" | "failed" | "held" | null} state null: not one's own; written: not
 *   stored as a message yet, and nobody is told that it will be sent
 * @property {Date} at
 * @property {boolean} opening it is being opened
 * @property {Unopened | null} unopened it could not be opened, and why
 * @property {string | null} failure why it could not be sent: a stable code
 */

/** @typedef {{ text: string | undefined, unopened: Unopened | null }} Content as far as it is known here */
/** @typedef {{ clientId: string, text: string, atMs: number, isStored: boolean }} Echo a message that was just written here */

/**
 * @param {string | null} clientId
 * @param {number} atMs
 * @returns {ThreadItem} one's own, being sent
 */
function item(clientId, atMs) {
  return {
    kind: "message",
    key: clientId ?? "",
    clientId,
    mine: true,
    text: "",
    state: "sending",
    at: new Date(atMs),
    opening: false,
    unopened: null,
    failure: null,
  };
}

/**
 * @param {MessageRow} row
 * @param {Content} content
 * @returns {ThreadItem}
 */
export function storedItem(row, { text = "", unopened }) {
  return {
    ...item(row.clientId, row.createdAtMs),
    key: keyOf(row),
    mine: row.mine,
    text,
    state: row.mine ? stateOf(row) : null,
    opening: row.raw !== undefined && unopened === null,
    unopened,
  };
}

/**
 * @param {OutboxRow} row
 * @param {Content} content
 * @returns {ThreadItem}
 */
export function unsentItem({ clientId, atMs, state, reason }, { text = "", unopened }) {
  return { ...item(clientId, atMs), text, state, unopened, failure: reason };
}

/**
 * @param {Echo} echo
 * @returns {ThreadItem}
 */
export function echoItem({ clientId, text, atMs, isStored }) {
  return { ...item(clientId, atMs), text, state: isStored ? "sending" : "written" };
}

/**
 * What could not be sent stands where it was written; what is on its way comes last.
 * @param {ThreadItem[]} stored
 * @param {ThreadItem[]} unsent
 * @param {ThreadItem[]} echoes
 * @returns {ThreadItem[]}
 */
export function inOrder(stored, unsent, echoes) {
  const items = [...stored];
  for (const stuck of unsent.filter(({ state }) => state !== "sending")) {
    const after = items.findLastIndex(({ at }) => at <= stuck.at);
    items.splice(after + 1, 0, stuck);
  }
  return [...items, ...unsent.filter(({ state }) => state === "sending"), ...echoes];
}

/**
 * One's own keeps its key when the server has it; of others', only the server's id is sure to be theirs alone.
 * @param {MessageRow | OutboxRow} row
 * @returns {string}
 */
export function keyOf(row) {
  return "id" in row && !(row.mine && row.clientId) ? `s${row.id}` : (row.clientId ?? "");
}

/**
 * @param {MessageRow} row
 * @returns {"sent" | "delivered" | "read"}
 */
function stateOf({ deliveredAtMs, readAtMs }) {
  if (readAtMs > 0) {
    return "read";
  }
  return deliveredAtMs > 0 ? "delivered" : "sent";
}
