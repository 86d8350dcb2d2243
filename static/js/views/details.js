/** Who the other one is, who can read the chat, whether numbers were compared, and clearing it. */
import { fill, find, setText } from "../lib/dom.js";
import { once } from "../lib/once.js";
import { drawAvatar } from "./avatar.js";
import { comparedWords } from "./compared.js";
import { AskingDialog } from "./dialog.js";
import { numbers } from "./later.js";
import { named } from "./named.js";
import { asFailure } from "./sentences.js";

/** @typedef {import("./thread.js").Person} Person */
/** @typedef {import("./numbers.js").Safety & {state: (email: string) => import("./compared.js").Compared}} Safety */

/**
 * @param {object} parts
 * @param {() => Person | null} parts.person
 * @param {(email: string) => Promise<unknown>} parts.clear
 * @param {Safety} parts.safety
 */
export function detailsDialog({ person, clear, safety }) {
  const dialog = new AskingDialog("details", async () => clear(person()?.email ?? ""));
  const { node } = dialog;
  const drawCompared = () => {
    const shown = person();
    if (!shown) return;
    const words = comparedWords(safety.state(shown.email), new Date());
    fill(find("#details-compared", HTMLElement), ...named(words, shown.name));
  };
  const numbersDialog = once(async () => {
    const made = new (await numbers()).NumbersDialog({ safety });
    made.node.addEventListener("close", drawCompared);
    return made;
  });
  const compare = async () => {
    const shown = person();
    if (shown) await (await numbersDialog()).openFor(shown);
  };
  find("#details-compare", HTMLButtonElement).addEventListener("click", () => {
    compare().catch((error) => dialog.form.show({ code: "network", ...asFailure(error) }));
  });
  return {
    open() {
      const shown = person();
      if (!shown) return;
      drawAvatar(find("#details-avatar", HTMLElement), shown, "large");
      setText(find("#details-name", HTMLElement), shown.name);
      setText(find("#details-email", HTMLElement), shown.email);
      for (const name of node.querySelectorAll("[data-name]")) setText(name, shown.name);
      drawCompared();
      find("details", HTMLDetailsElement, node).open = false;
      dialog.open();
    },
  };
}
