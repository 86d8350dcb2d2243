/** The invitation that a new account needs where registration is closed: from the page's link, or typed into the field. */
import { find } from "../../lib/dom.js";

const IN_LINK = /[#?&]invite=([\w-]+)/;

/**
 * @param {string} text a link, or what stands in one after "invite="
 * @returns {string}
 */
export function inviteIn(text) {
  return IN_LINK.exec(text)?.[1] ?? text.trim();
}

export class InvitationField {
  #input = find("#invite", HTMLInputElement);

  /** @param {string} hash of the page's address */
  constructor(hash) {
    this.#input.value = IN_LINK.exec(hash)?.[1] ?? "";
  }

  /** @returns {string} "" where there is none */
  get token() {
    return inviteIn(this.#input.value);
  }

  ask() {
    find("#invitation", HTMLElement).hidden = false;
  }
}
