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

/** With a real keyboard, opening a chat may put the caret into the composer; an on-screen one would cover the chat. */
export function hasKeyboard() {
  return matchMedia("(hover: hover) and (pointer: fine)").matches;
}

/**
 * Calls that come in a burst become one, before the next picture.
 * @param {() => void} draw
 */
export function oncePerFrame(draw) {
  let waiting = false;
  const run = () => {
    waiting = false;
    draw();
  };
  return () => {
    if (waiting) return;
    waiting = true;
    if (document.visibilityState === "visible") requestAnimationFrame(run);
    else setTimeout(run, 0);
  };
}
