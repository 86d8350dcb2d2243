/** Says that this browser has forgotten whom the person had checked, until they have taken note. */
import { find } from "../lib/dom.js";

/**
 * @typedef {object} Forgetful
 * @property {boolean} forgetting
 * @property {() => Promise<unknown>} forgettingSaid
 * @property {(name: "forgetting", listener: () => void) => unknown} on
 */

/** @param {Forgetful} account */
export function forgettingStrip(account) {
  const strip = find("#forgetting-strip", HTMLElement);
  const draw = () => {
    strip.hidden = !account.forgetting;
  };
  // It goes when it is kept that it was read: what is on the screen is what the next page shows.
  find("#forgetting-said", HTMLButtonElement).addEventListener("click", () => account.forgettingSaid().catch(() => {}));
  account.on("forgetting", draw);
  draw();
}
