/** Says that somebody's keys changed, and lets the person accept or decline them. */
import { find, setText } from "../../lib/dom.js";
import { asFailure } from "../parts/strings.js";
import { AskingDialog } from "./dialog.js";

/**
 * @param {object} parts
 * @param {(email: string, fingerprint: string) => Promise<unknown>} parts.accept
 * @param {(email: string, fingerprint: string) => Promise<unknown>} parts.decline
 * @param {(email: string) => boolean} parts.wasCompared
 */
export function keysChangedDialog({ accept, decline, wasCompared }) {
  let decided = { email: "", fingerprint: "" };
  const dialog = new AskingDialog("keys-changed", ({ keep }) =>
    (keep ? decline : accept)(decided.email, decided.fingerprint).catch((error) => {
      throw asFailure(error).code === "key_changed" ? { code: "changed_again" } : error;
    }),
  );
  return {
    /** @param {{email: string, name: string, fingerprint: string}} person the decision is about this key, no later one */
    open(person) {
      decided = person;
      for (const node of dialog.node.querySelectorAll("[data-name]")) setText(node, person.name);
      find("#keys-changed-lost", HTMLElement).hidden = !wasCompared(person.email);
      dialog.open();
    },
  };
}
