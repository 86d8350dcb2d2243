/**
 * The code of another browser of the person, in the address that its picture leads to: /login#add=XXXXXXXXXXXX. It goes on to
 * the chat page behind the #, so that no server sees it.
 */
import { find } from "../../lib/dom.js";

const IN_ADDRESS = /^#add=[\w-]+$/u;

/** @returns {string} the address of the chat page */
export function chatAddress() {
  return IN_ADDRESS.test(location.hash) ? `/chat${location.hash}` : "/chat";
}

/** Says on the page to log in what the code is for. */
export function sayInvited() {
  const address = chatAddress();
  if (address === "/chat") return;
  find("#invited", HTMLElement).hidden = false;
  find("#go-on a", HTMLAnchorElement).href = address;
}
