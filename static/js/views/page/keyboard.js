/** Keyboard shortcuts of the whole chat page. None of them is a shortcut of the browser. */
import { isForEditing, isLetter, isSlash, onKey } from "../parts/key-presses.js";

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
  onKey(window, (event) => {
    if (event.defaultPrevented || document.querySelector("dialog:modal, .menu:popover-open")) return;
    const action = isForEditing(event) ? null : actionFor(event, actions);
    if (!action) return;
    event.preventDefault();
    action();
  });
}

/**
 * @param {KeyboardEvent} event
 * @param {KeyActions} actions
 */
export function actionFor(event, actions) {
  const { key, altKey, shiftKey } = event;
  if (key === "Escape") return actions.escape;
  if (event.ctrlKey || event.metaKey) return altKey ? null : commandFor(event, actions);
  if (altKey && key === "ArrowUp") return () => actions.move(-1, shiftKey);
  if (altKey && key === "ArrowDown") return () => actions.move(1, shiftKey);
  if (key === "F6" && !altKey) return () => actions.region(shiftKey ? -1 : 1);
  return null;
}

/**
 * @param {KeyboardEvent} event with Ctrl, or ⌘
 * @param {KeyActions} actions
 */
function commandFor(event, actions) {
  if (isLetter(event, "k") && !event.shiftKey) return actions.jump;
  return isSlash(event) ? actions.shortcuts : null;
}

// --- F6 moves the focus between the regions of the page: chats, messages, composer.

/** @typedef {{node: HTMLElement, focus: () => void}} Region */

/**
 * @param {Region[]} regions in the order of the page
 * @param {1 | -1} step
 */
export function focusRegion(regions, step) {
  const seen = regions.filter(({ node }) => node.getClientRects().length > 0);
  const at = seen.findIndex(({ node }) => node.contains(document.activeElement));
  const from = at < 0 && step < 0 ? 0 : at;
  seen[(from + step + seen.length) % seen.length]?.focus();
}
