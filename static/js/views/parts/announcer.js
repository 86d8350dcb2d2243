/** Says new messages to a screen reader. */
import { append, element, find, isolated } from "../../lib/dom.js";
import { after } from "../../lib/timing.js";

const SAID_AFTER_MS = 5000;

export class Announcer {
  constructor() {
    this.region = find("#announcer", HTMLElement);
  }

  /** @param {{name: string, text: string}} message */
  say({ name, text }) {
    this.tell(isolated(name), ": ", isolated(text));
  }

  /** @param {...import("../../lib/dom.js").Child} words */
  tell(...words) {
    const line = element("p", {}, ...words);
    append(this.region, line);
    after(SAID_AFTER_MS, () => line.remove());
  }
}
