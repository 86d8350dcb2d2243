/** Somebody's keys changed: what that means, and the person's decision. */
import { setText } from "../lib/dom.js";
import { AskingDialog } from "./dialog.js";

/** @param {{accept: (email: string) => Promise<unknown>}} parts */
export function keysChangedDialog({ accept }) {
  let email = "";
  const dialog = new AskingDialog("keys-changed", () => accept(email));
  return {
    /** @param {{email: string, name: string}} person */
    open(person) {
      email = person.email;
      for (const node of dialog.node.querySelectorAll("[data-name]")) setText(node, person.name);
      dialog.open();
    },
  };
}
