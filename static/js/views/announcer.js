/** Says new messages to a screen reader. */
import { append, element, find, isolated } from "../lib/dom.js";

const SAID_AFTER_MS = 5000;

export class Announcer {
  constructor() {
    this.region = find("#announcer", HTMLElement);
  }

  /** @param {{name: string, text: string}} message */
  say({ name, text }) {
    const line = element("p", {}, isolated(name), ": ", isolated(text));
    append(this.region, line);
    setTimeout(() => line.remove(), SAID_AFTER_MS);
  }
}
