/** Asks before it opens an address that may look like another one. */
import { find, setAttributes, setText } from "../../lib/dom.js";
import { Dialog } from "./dialog.js";

/** @type {Dialog | null} */
let dialog = null;

/** @param {{href: string, asks: string}} link asks: the host as it was written */
export function askAbout({ href, asks }) {
  dialog ??= makeDialog();
  setText(find("#link-written", HTMLElement), asks);
  for (const shown of dialog.node.querySelectorAll("[data-host]")) setText(shown, new URL(href).host);
  setAttributes(find("#link-open", HTMLAnchorElement), { href });
  dialog.open();
}

function makeDialog() {
  const made = new Dialog("link");
  find("#link-open", HTMLAnchorElement).addEventListener("click", () => made.close());
  return made;
}
