/** Asks once before the first message to somebody whose safety number did not match. */
import { setText } from "../../lib/dom.js";
import { AskingDialog } from "./dialog.js";

/** @param {{mayWrite: (email: string) => Promise<unknown>}} parts */
export function differDialog({ mayWrite }) {
  let asked = { email: "", send: () => {} };
  const dialog = new AskingDialog("differ", async () => {
    const { email, send } = asked;
    await mayWrite(email);
    return send;
  });
  return {
    /**
     * @param {{email: string, name: string}} person
     * @param {() => void} send what was written
     */
    open({ email, name }, send) {
      asked = { email, send };
      for (const node of dialog.node.querySelectorAll("[data-name]")) setText(node, name);
      dialog.open();
    },
  };
}
