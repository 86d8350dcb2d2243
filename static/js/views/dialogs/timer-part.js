/** "Disappearing messages" in the chat's details. */
import { element, fill, find, isolated, setText } from "../../lib/dom.js";
import { durationWords } from "../parts/durations.js";
import { asFailure, sentence } from "../parts/strings.js";

/** @typedef {{ timer: (email: string) => Promise<{ seconds: number, isPossible: boolean }>,
 *   setTimer: (email: string, seconds: number) => Promise<unknown> }} Timers */

const CHOICES = [0, 3600, 86_400, 604_800, 2_419_200];

export class TimerPart {
  #timers;
  #choice = find("#details-timer", HTMLSelectElement);
  #hint = find("#details-timer-hint", HTMLElement);
  #failed = find("#details-timer-failed", HTMLElement);
  /** @type {{ email: string, name: string } | null} */
  #person = null;

  /** @param {Timers} timers */
  constructor(timers) {
    this.#timers = timers;
    this.#choice.addEventListener("change", () => void this.#chosen());
  }

  /** @param {{ email: string, name: string }} person whose chat is shown */
  draw(person) {
    if (person.email !== this.#person?.email) setText(this.#failed, "");
    this.#person = person;
    this.#timers.timer(person.email).then((timer) => this.#person === person && this.#show(person, timer)).catch(() => {});
  }

  /**
   * @param {{ name: string }} person
   * @param {{ seconds: number, isPossible: boolean }} timer
   */
  #show({ name }, { seconds, isPossible }) {
    const all = CHOICES.includes(seconds) ? CHOICES : [...CHOICES, seconds];
    const words = (/** @type {number} */ one) => (one === 0 ? "Off" : durationWords(one));
    fill(this.#choice, ...all.map((one) => element("option", { value: String(one) }, words(one))));
    this.#choice.value = String(seconds);
    this.#choice.disabled = !isPossible;
    if (!isPossible) {
      fill(this.#hint, "You can't use this yet, and new messages stay: ", isolated(name), " or you have a browser with an older VibeChat.");
    } else if (seconds === 0) {
      setText(this.#hint, "New messages stay until somebody deletes them.");
    } else {
      setText(this.#hint, `New messages disappear ${durationWords(seconds)} after they are sent. Someone can still copy them.`);
    }
  }

  async #chosen() {
    const person = this.#person;
    if (!person) return;
    const failure = await this.#timers.setTimer(person.email, Number(this.#choice.value)).then(() => null, asFailure);
    this.draw({ ...person });
    if (failure) setText(this.#failed, sentence(failure));
  }
}
