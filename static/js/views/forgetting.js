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
  find("#forgetting-said", HTMLButtonElement).addEventListener("click", () => {
    strip.hidden = true;
    account.forgettingSaid().catch(draw);
  });
  account.on("forgetting", draw);
  draw();
}
