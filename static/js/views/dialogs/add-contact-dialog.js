/** Adds a person by email and goes to the chat with them. */
import { find } from "../../lib/dom.js";
import { AskingDialog } from "./dialog.js";

/** @param {{add: (email: string) => Promise<{email: string}>, onAdded: (email: string) => void}} parts */
export function addContactDialog({ add, onAdded }) {
  const dialog = new AskingDialog(
    "add-contact",
    async (values) => {
      const { email } = await add((values.email ?? "").trim());
      return () => onAdded(email);
    },
    { email: "Enter an address." },
  );
  return {
    /** @param {string} [email] that is known already */
    open(email = "") {
      dialog.open();
      find("#add-contact-email", HTMLInputElement).value = email;
    },
  };
}
