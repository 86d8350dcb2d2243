/** Says that somebody's keys changed, and lets the person accept or decline them. */
import { find, setText } from "../../lib/dom.js";
import { asFailure } from "../parts/strings.js";
import { AskingDialog } from "./dialog.js";

/** @typedef {{ email: string, fingerprint: string, offer: string }} Decided offer: the id of the offer that was shown */

/**
 * @param {object} parts
 * @param {(decided: Decided) => Promise<unknown>} parts.accept
 * @param {(decided: Decided) => Promise<unknown>} parts.decline
 * @param {(email: string) => boolean} parts.wasCompared
 */
export function keysChangedDialog({ accept, decline, wasCompared }) {
  let decided = { email: "", fingerprint: "", offer: "" };
  const dialog = new AskingDialog("keys-changed", ({ keep }) =>
    (keep ? decline : accept)(decided).catch((error) => {
      throw asFailure(error).code === "key_changed" ? { code: "changed_again" } : error;
    }),
  );
  return {
    /** @param {Decided & { name: string }} person the decision is about this key and statement, no later ones */
    open(person) {
      decided = person;
      for (const node of dialog.node.querySelectorAll("[data-name]")) setText(node, person.name);
      find("#keys-changed-lost", HTMLElement).hidden = !wasCompared(person.email);
      dialog.open();
    },
  };
}
