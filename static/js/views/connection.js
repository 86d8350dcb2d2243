/** The strip about the connection: silent while all is well, and never a flash. */
import { find, setText } from "../lib/dom.js";
import { after } from "../lib/timing.js";

/** @typedef {"ok" | "connecting" | "offline" | "polling"} ConnectionState */

export const UNREACHED = "We couldn't reach the server. Check your network connection and try again.";
export const NOT_KEPT =
  "This browser won't keep anything for VibeChat. Private windows often don't; use a normal one.";
export const QUIET_MS = 2500;

const WORDS = {
  ok: "",
  connecting: "Connecting…",
  offline: "Offline. Check your network connection.",
  polling: "New messages may come a few seconds late.",
};

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

  /** Something could not be had just now, whatever the connection looks like. */
  sayUnreached() {
    setText(this.node, UNREACHED);
  }

  say() {
    clearTimeout(this.timer);
    setText(this.node, WORDS[this.state]);
  }
}

/** Without its database a browser cannot hold a key: there is no chat to show. */
export function sayCannotKeep() {
  find("#opening", HTMLElement).hidden = true;
  setText(find("#connection", HTMLElement), NOT_KEPT);
}
