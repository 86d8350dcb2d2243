/** Shown while no chat is open: an invitation, a hint, or an offer to add the person that the address names. */
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
    /* The text comes from the link: its author may be anybody. */
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
