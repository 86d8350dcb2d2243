/** Chat details: who the other person is, who can read the chat, the comparison of numbers, and "Clear this chat". */
import { fill, find, setText } from "../../lib/dom.js";
import { drawAvatar } from "../parts/avatar.js";
import { named } from "../parts/named.js";
import { asFailure, sentence } from "../parts/strings.js";
import { COMPARE_AGAIN, comparedWords } from "./comparison.js";
import { AskingDialog } from "./dialog.js";
import { NumbersDialog } from "./numbers-dialog.js";
import { TimerPart } from "./timer-part.js";

/** @typedef {import("../thread/thread-view.js").Person & { fullName: string }} Person */
/**
 * @typedef {object} Comparison
 * @property {(email: string) => import("./comparison.js").Compared} state
 * @property {(email: string) => boolean} warns
 */
/** @typedef {import("./numbers-dialog.js").Safety & Comparison} Safety */
/**
 * @typedef {object} Blocking
 * @property {(email: string) => boolean} isRequest
 * @property {(email: string) => boolean} isBlocked
 * @property {(email: string) => unknown} block
 * @property {(email: string) => unknown} unblock
 * @property {(email: string) => Promise<unknown>} report
 */

/**
 * @param {object} parts
 * @param {() => Person | null} parts.person
 * @param {(email: string) => Promise<unknown>} parts.clear
 * @param {Safety} parts.safety
 * @param {(email: string) => boolean} parts.isMuted
 * @param {(email: string, muted: boolean) => Promise<unknown>} parts.setMuted
 * @param {(email: string, button: HTMLElement) => void} parts.options opens the menu of the chat
 * @param {Blocking["isRequest"]} parts.isRequest
 * @param {Blocking["isBlocked"]} parts.isBlocked
 * @param {Blocking["block"]} parts.block
 * @param {Blocking["unblock"]} parts.unblock
 * @param {Blocking["report"]} parts.report
 * @param {import("./timer-part.js").Timers} parts.timers
 */
export function detailsDialog({ person, clear, safety, isMuted, setMuted, options, isRequest, isBlocked, block, unblock, report, timers }) {
  const dialog = new AskingDialog("details", async () => clear(email));
  const { node } = dialog;
  let email = "";
  const mute = find("#details-mute", HTMLInputElement);
  mute.addEventListener("change", () => {
    mute.disabled = true;
    void setMuted(email, mute.checked).catch(draw).finally(() => (mute.disabled = false));
  });
  const blocking = find("#details-block", HTMLButtonElement);
  blocking.addEventListener("click", () => void (isBlocked(email) ? unblock(email) : block(email)));
  const failed = find("#details-report-failed", HTMLElement);
  find("#details-report", HTMLButtonElement).addEventListener("click", () => {
    setText(failed, "");
    void report(email).catch((error) => setText(failed, sentence(asFailure(error))));
  });
  const timer = new TimerPart(timers);
  const compared = new NumbersDialog({ safety, beneath: node });
  const draw = () => {
    const shown = person();
    if (shown?.email === email) {
      drawPerson(node, shown, safety);
      timer.draw(shown);
    }
    if (!mute.disabled) mute.checked = isMuted(email);
    blocking.hidden = isRequest(email);
    setText(blocking, isBlocked(email) ? "Unblock" : "Block");
  };
  compared.node.addEventListener("close", draw);
  const compare = async () => {
    const shown = person();
    if (shown) await compared.openFor({ ...shown, name: shown.fullName });
  };
  const more = find("#details-options", HTMLButtonElement);
  more.addEventListener("click", () => options(email, more));
  // Closing the details cancels a comparison that is still loading.
  node.addEventListener("close", () => dialog.isOpen || compared.leave());
  find("#details-compare", HTMLButtonElement).addEventListener("click", () => {
    compare().catch((error) => dialog.form.show({ code: "network", ...asFailure(error) }));
  });
  return {
    open() {
      const shown = person();
      if (!shown || dialog.isOpen) return;
      email = shown.email;
      find("details", HTMLDetailsElement, node).open = false;
      dialog.open(); // it resets the form
      draw();
    },
    /** Closes the topmost dialog. Returns whether one was open. */
    escape() {
      const top = [compared, dialog].find((one) => one?.isOpen);
      top?.close();
      return Boolean(top);
    },
    /** Draws the details again, and closes them when another chat is open. */
    follow() {
      if (!dialog.isOpen) return;
      if (person()?.email === email) return draw();
      dialog.close();
    },
  };
}

/**
 * @param {HTMLElement} node
 * @param {Person} person
 * @param {Safety} safety
 */
function drawPerson(node, person, safety) {
  drawAvatar(find("#details-avatar", HTMLElement), person, "large");
  setText(find("#details-name", HTMLElement), person.name);
  setText(find("#details-email", HTMLElement), person.email);
  for (const name of node.querySelectorAll("[data-name]")) setText(name, person.name);
  const warns = safety.warns(person.email);
  find("#details-differed", HTMLElement).hidden = !warns;
  find("#details-readers", HTMLElement).hidden = warns;
  const state = safety.state(person.email);
  const words = warns && state.compared === "no" ? COMPARE_AGAIN : comparedWords(state, new Date());
  fill(find("#details-compared", HTMLElement), ...named(words, person.name));
}
