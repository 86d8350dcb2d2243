/** Whether the page is visible and focused: only then does a message count as read. */

export function isAttending() {
  return document.visibilityState === "visible" && document.hasFocus();
}

/** @param {() => void} onReturn called when the person comes back to this page */
export function onAttention(onReturn) {
  const look = () => isAttending() && onReturn();
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);
}
