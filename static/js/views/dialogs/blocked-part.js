/** "Blocked people" in Settings. */
import { button, clipped, element, fill, find } from "../../lib/dom.js";

/** @typedef {import("../../model/screen/strangers.js").Strangers} Strangers */

export class BlockedPart {
  #strangers;
  #list = find("#settings-blocked", HTMLElement);

  /** @param {() => Promise<Strangers>} strangers */
  constructor(strangers) {
    this.#strangers = strangers;
  }

  async draw() {
    const people = await (await this.#strangers()).blocked();
    const rows = people.map(({ email, name }, index) => element("li", { class: "blocked" },
      element("span", { id: `blocked-${index}` }, clipped(name), name === email ? null : element("span", { class: "hint" }, clipped(email))),
      button("Unblock", () => void this.#unblock(email), { class: "button small quiet", "aria-describedby": `blocked-${index}` })));
    fill(this.#list, ...(rows.length > 0 ? rows : [element("li", { class: "hint" }, "You have blocked nobody.")]));
  }

  /** @param {string} email */
  async #unblock(email) {
    await (await this.#strangers()).unblock(email);
    await this.draw();
  }
}
