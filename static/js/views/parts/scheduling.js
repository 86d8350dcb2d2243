/** When a page is to do something: with a real keyboard, and before the next picture. */
import { after } from "../../lib/timing.js";

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
    else after(0, run);
  };
}
