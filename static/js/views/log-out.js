/** Asks whether this browser shall forget its key and messages. */
import { find, setText } from "../lib/dom.js";
import { AskingDialog } from "./dialog.js";
import { plural } from "./format.js";

const KEEPS = "Your key and messages stay in this browser, so that you can go on when you log in again.";

/**
 * @typedef {object} LogOutParts
 * @property {(choice: {forget: boolean}) => Promise<unknown>} logOut
 * @property {() => number} unsent
 * @property {() => void} onDone
 */

/** @param {LogOutParts} parts */
export function logOutDialog({ logOut, unsent, onDone }) {
  const forget = find("#log-out-forget", HTMLInputElement);
  const keeps = find("#log-out-keeps", HTMLElement);
  const draw = () => setText(keeps, forget.checked ? forgetsWords(unsent()) : KEEPS);
  const dialog = new AskingDialog("log-out", async () => {
    await logOut({ forget: forget.checked });
    onDone();
  });
  forget.addEventListener("change", draw);
  find("#log-out-open", HTMLButtonElement).addEventListener("click", () => {
    dialog.open();
    draw();
  });
  return dialog;
}

/** @param {number} unsent */
function forgetsWords(unsent) {
  const loses =
    unsent > 0 ? ` ${plural(unsent, "message that is", "messages that are")} not sent yet will be lost.` : "";
  return `This browser will forget your key and every message.${loses}`;
}
