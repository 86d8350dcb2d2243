/** Logs out, and deletes this browser's key and messages where the person asks for it. */
import { find, setText } from "../../lib/dom.js";
import { plural } from "../parts/format.js";
import { onKey } from "../parts/key-presses.js";
import { AskingDialog } from "./dialog.js";

const KEEPS = "Your key and messages stay in this browser, so that you can go on when you log in again.";

/** @typedef {{isOnlyWay: () => boolean, isThere: () => boolean, keep: () => void}} WayBack isThere: one opens the messages elsewhere */
/**
 * @typedef {object} LogOutParts
 * @property {(choice: {forget: boolean}) => Promise<unknown>} logOut
 * @property {() => number} unsent
 * @property {() => number} drafts
 * @property {WayBack} wayBack
 * @property {() => void} onDone
 */

/** @param {LogOutParts} parts */
export function logOutDialog({ logOut, unsent, drafts, wayBack, onDone }) {
  const forget = find("#log-out-forget", HTMLInputElement);
  const keeps = find("#log-out-keeps", HTMLElement);
  const button = find("#log-out-now", HTMLButtonElement);
  const draw = () => {
    setText(keeps, forget.checked ? forgetsWords(wayBack.isThere(), unsent(), drafts()) : KEEPS);
    for (const node of [keeps, button]) node.classList.toggle("grave", forget.checked);
  };
  /** @type {AskingDialog} */
  const dialog = new AskingDialog("log-out", () =>
    dialog.hold(async () => {
      await logOut({ forget: forget.checked });
      onDone();
    }),
  );
  forget.addEventListener("change", draw);
  find("#log-out-save", HTMLButtonElement).addEventListener("click", () => {
    dialog.close();
    wayBack.keep();
  });
  /* Enter on a check box would submit the form, so that pressing it twice would log out. */
  onKey(forget, (event) => event.key === "Enter" && event.preventDefault());
  return {
    open() {
      find("#log-out-only", HTMLElement).hidden = !wayBack.isOnlyWay();
      dialog.open();
      draw();
    },
  };
}

/**
 * @param {boolean} isThere whether a way back opens the messages elsewhere
 * @param {number} unsent
 * @param {number} drafts
 */
export function forgetsWords(isThere, unsent, drafts) {
  const others = [
    unsent > 0 && plural(unsent, "message that is not sent yet", "messages that are not sent yet"),
    drafts > 0 && plural(drafts, "draft", "drafts"),
  ].filter(Boolean);
  const also = others.length > 0 ? ` You also lose ${others.join(" and ")}.` : "";
  const end = isThere ? "Your ways back in can open them again" : "Nobody can bring them back";
  return `You lose your key and all messages in this browser. ${end}.${also}`;
}
