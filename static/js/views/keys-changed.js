/** Somebody's keys changed: what that means, and the person's decision. */
import { setText } from "../lib/dom.js";
import { AskingDialog } from "./dialog.js";

/** @param {{accept: (email: string, fingerprint: string) => Promise<unknown>}} parts */
export function keysChangedDialog({ accept }) {
  let decided = { email: "", fingerprint: "" };
  const dialog = new AskingDialog("keys-changed", () => accept(decided.email, decided.fingerprint));
  return {
    /** @param {{email: string, name: string, fingerprint: string}} person the decision is about this key, no later one */
    open(person) {
      decided = person;
      for (const node of dialog.node.querySelectorAll("[data-name]")) setText(node, person.name);
      dialog.open();
    },
  };
}
