/** Whether the person is looking: only then is a message read. */

export function isAttending() {
  return document.visibilityState === "visible" && document.hasFocus();
}

/** @param {() => void} onReturn called when the person comes back to this page */
export function onAttention(onReturn) {
  const look = () => isAttending() && onReturn();
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);
}
