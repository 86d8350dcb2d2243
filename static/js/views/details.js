/** Who the other one is, who can read the chat, and clearing it. */
import { find, setText } from "../lib/dom.js";
import { drawAvatar } from "./avatar.js";
import { AskingDialog } from "./dialog.js";

/** @typedef {import("./thread.js").Person} Person */

/** @param {{person: () => Person | null, clear: (email: string) => Promise<unknown>}} parts */
export function detailsDialog({ person, clear }) {
  const dialog = new AskingDialog("details", async () => clear(person()?.email ?? ""));
  const { node } = dialog;
  return {
    open() {
      const shown = person();
      if (!shown) return;
      drawAvatar(find("#details-avatar", HTMLElement), shown, "large");
      setText(find("#details-name", HTMLElement), shown.name);
      setText(find("#details-email", HTMLElement), shown.email);
      for (const name of node.querySelectorAll("[data-name]")) setText(name, shown.name);
      find("details", HTMLDetailsElement, node).open = false;
      dialog.open();
    },
  };
}
