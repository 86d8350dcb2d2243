/** Says new messages to a screen reader, and counts the unread in the page's title. */
import { append, element, find } from "../lib/dom.js";

const SAID_AFTER_MS = 5000;

export class Announcer {
  constructor() {
    this.region = find("#announcer", HTMLElement);
  }

  /** @param {{name: string, text: string}} message */
  say({ name, text }) {
    const line = element("p", {}, `${name}: ${text}`);
    append(this.region, line);
    setTimeout(() => line.remove(), SAID_AFTER_MS);
  }
}

/**
 * @param {number} unread
 * @param {string | null} name of the chat that is open
 */
export function drawTitle(unread, name) {
  const title = name === null ? "VibeChat" : `${name} · VibeChat`;
  document.title = unread > 0 ? `(${unread}) ${title}` : title;
}
