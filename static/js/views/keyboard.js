/** The keys that work anywhere on the chat page. Never the browser's own. */

/**
 * @typedef {object} KeyActions
 * @property {() => void} jump
 * @property {() => void} shortcuts
 * @property {(step: 1 | -1, unreadOnly: boolean) => void} move
 * @property {(step: 1 | -1) => void} region
 * @property {() => void} escape
 */

/** @param {KeyActions} actions */
export function listenToKeys(actions) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const action = actionFor(event, actions);
    if (!action) return;
    event.preventDefault();
    action();
  });
}

/**
 * @param {KeyboardEvent} event
 * @param {KeyActions} actions
 */
function actionFor(event, actions) {
  const { key, altKey, shiftKey } = event;
  const command = event.ctrlKey || event.metaKey;
  if (command && !altKey && !shiftKey && key.toLowerCase() === "k") return actions.jump;
  if (command && !altKey && key === "/") return actions.shortcuts;
  if (altKey && !command && key === "ArrowUp") return () => actions.move(-1, shiftKey);
  if (altKey && !command && key === "ArrowDown") return () => actions.move(1, shiftKey);
  if (key === "F6" && !command && !altKey) return () => actions.region(shiftKey ? -1 : 1);
  if (key === "Escape") return actions.escape;
  return null;
}
