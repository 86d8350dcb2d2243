/** What stands where no chat is open: an invitation, a hint, or an address with which there is no chat yet. */
import { fill, find, isolated, setText } from "../../lib/dom.js";

export class NothingOpen {
  /** @param {(email: string) => void} onAdd */
  constructor(onAdd) {
    this.node = find("#nothing-open", HTMLElement);
    this.text = find("#nothing-text", HTMLElement);
    this.add = find("#nothing-add", HTMLButtonElement);
    this.invitation = find("#invitation", HTMLElement);
    this.email = "";
    this.add.addEventListener("click", () => onAdd(this.email));
  }

  /** @param {{hidden: boolean, isEmpty: boolean, unknown: string | null}} state unknown: what the page's address names */
  draw({ hidden, isEmpty, unknown }) {
    /* Whoever writes a link to this page chooses these words. */
    this.email = unknown?.includes("@") ? unknown : "";
    this.node.hidden = hidden;
    this.add.hidden = this.email === "";
    this.invitation.hidden = !isEmpty || this.email !== "";
    this.text.hidden = !this.invitation.hidden;
    if (this.email === "") return setText(this.text, "Choose a chat, or add someone by email.");
    fill(this.text, "You have no chat with ", isolated(this.email), " yet.");
    fill(this.add, "Add ", isolated(this.email));
  }
}
