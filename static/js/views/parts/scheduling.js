/** When the page draws, sets the focus, and does what can wait. */
import { after } from "../../lib/timing.js";

// The idle callback runs at the latest after this time.
const WITHIN_MS = 2000;

/** @param {() => unknown} work what nobody waits for */
export function whenIdle(work) {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(work, { timeout: WITHIN_MS });
  else after(WITHIN_MS, work);
}

/** Whether the device has a hardware keyboard: an on-screen keyboard would cover the chat when the composer takes the focus. */
export function hasKeyboard() {
  return matchMedia("(hover: hover) and (pointer: fine)").matches;
}

/**
 * Joins all calls before the next frame into one.
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
    else after(0, run);
  };
}
