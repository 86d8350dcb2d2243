/** The connection strip. It is empty while connected, and appears only after a delay. */
import { find, setText } from "../../lib/dom.js";
import { after } from "../../lib/timing.js";

/** @typedef {"ok" | "connecting" | "unreached" | "offline" | "polling"} ConnectionState */

export const UNREACHED = "We couldn't reach the server. Check your network connection and try again.";
export const QUIET_MS = 2500;

const WORDS = {
  ok: "",
  connecting: "Connecting…",
  unreached: "Can't reach the server. Trying again…",
  offline: "Offline. Check your network connection.",
  polling: "New messages may come a few seconds late.",
};

/**
 * Whether chats may exist that this browser has not loaded.
 * @param {ConnectionState} state
 */
export function isWithoutServer(state) {
  return state === "connecting" || state === "unreached";
}

export class ConnectionStrip {
  constructor() {
    this.node = find("#connection", HTMLElement);
    /** @type {ConnectionState} */
    this.state = "ok";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** @param {ConnectionState} state */
  draw(state) {
    const wasWell = this.state === "ok";
    this.state = state;
    if (state === "ok") return this.say();
    if (wasWell) this.timer = after(QUIET_MS, () => this.say());
    else if (this.node.textContent !== "") this.say();
  }

  /** A request failed, whatever the state of the connection. */
  sayUnreached() {
    setText(this.node, UNREACHED);
  }

  say() {
    clearTimeout(this.timer);
    setText(this.node, WORDS[this.state]);
  }
}

/** Nothing can be shown, and stopped-page.js could not be loaded. */
export function sayNotOpened() {
  find("#opening", HTMLElement).hidden = true;
  setText(find("#connection", HTMLElement), "VibeChat could not be opened. Reload the page.");
  return false;
}
