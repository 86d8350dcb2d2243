/** The quiet bar that asks to keep a way back, once there are messages to lose. */
import { button, element, fill, find } from "../../lib/dom.js";

/**
 * @param {object} parts
 * @param {() => Promise<{isDue: () => Promise<boolean>, postpone: () => Promise<unknown>}>} parts.reminder
 * @param {() => boolean} parts.isOnlyWay whether messages are lost with this browser
 * @param {() => void} parts.onKeep
 */
export function wayBackBar({ reminder, isOnlyWay, onKeep }) {
  const bar = find("#way-back", HTMLElement);
  let isAsking = false;
  const show = (/** @type {boolean} */ isShown) => {
    bar.hidden = !isShown;
    const keep = button("Keep a way back · 20 seconds", onKeep);
    const later = button("Later", () => void postpone().catch(() => {}));
    const words = element("p", {}, "If this browser is lost, your messages are too.");
    fill(bar, ...(isShown ? [words, element("p", {}, keep, later)] : []));
  };
  const draw = async () => {
    if (bar.hidden === !isOnlyWay() || isAsking) return;
    isAsking = true;
    const isDue = isOnlyWay() && (await reminder().then((known) => known.isDue()).catch(() => false));
    if (isDue !== !bar.hidden) show(isDue);
    isAsking = false;
  };
  const postpone = async () => {
    show(false);
    await (await reminder()).postpone();
  };
  return { draw: () => void draw(), postpone };
}
