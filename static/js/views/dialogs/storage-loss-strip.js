/** Says that this browser has lost which numbers were compared, until the person dismisses it. */
import { find, setText } from "../../lib/dom.js";
import { plural } from "../parts/format.js";

/**
 * @typedef {object} Forgetful
 * @property {number} comparedBefore with how many people numbers had been compared; 0: nothing is to be said
 * @property {() => Promise<unknown>} acknowledgeStorageLoss
 * @property {(name: "storageLoss", listener: () => void) => unknown} on
 */

/** @param {Forgetful} account */
export function storageLossStrip(account) {
  const strip = find("#forgetting-strip", HTMLElement);
  const draw = () => {
    const people = plural(account.comparedBefore, "person", "people");
    const words = `You had compared numbers with ${people}. This browser can't tell any more. Compare again if it matters.`;
    setText(find("#forgetting-text", HTMLElement), words);
    strip.hidden = account.comparedBefore === 0;
  };
  // The strip goes once the dismissal is stored, so that a reload shows the same.
  find("#forgetting-said", HTMLButtonElement).addEventListener("click", () => account.acknowledgeStorageLoss().catch(() => {}));
  account.on("storageLoss", draw);
  draw();
}
