/** Above the chat: after what time new messages disappear. It opens the chat's details, where that is set. */
import { button, element, fill, find, icon, setAttributes } from "../../lib/dom.js";
import { durationWords } from "../parts/durations.js";

export class TimerSign {
  #node;
  #seconds = 0;

  /** @param {() => void} onDetails */
  constructor(onDetails) {
    this.#node = button("", onDetails, { class: "timer-sign", hidden: true });
    find("#details-open", HTMLElement).before(this.#node);
  }

  /** @param {number} seconds 0: they stay */
  draw(seconds) {
    if (seconds === this.#seconds) return;
    this.#seconds = seconds;
    this.#node.hidden = seconds === 0;
    const duration = seconds === 0 ? "" : durationWords(seconds);
    const words = `New messages disappear after ${duration}`;
    setAttributes(this.#node, { "aria-label": words, title: words });
    fill(this.#node, icon("sending"), element("span", {}, duration));
  }
}
