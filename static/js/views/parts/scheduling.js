/** When the page draws and sets the focus. */
import { after } from "../../lib/timing.js";

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
