/** A choice in Settings of what others are told. Whoever does not tell it is not told it. */
import { find, setText } from "../../lib/dom.js";
import { asFailure, sentence } from "../parts/strings.js";

/** @typedef {{ readReceipts: boolean, typing: boolean }} Told */
/** @typedef {Readonly<Told> & { set: (change: Partial<Told>) => Promise<unknown> }} ToldPreferences */

const FIELDS = { readReceipts: "#settings-read", typing: "#settings-typing" };

export class ToldPart {
  #preferences;
  #name;
  #box;
  #failed;

  /**
   * @param {ToldPreferences} preferences
   * @param {keyof Told} name
   */
  constructor(preferences, name) {
    this.#preferences = preferences;
    this.#name = name;
    this.#box = find(FIELDS[name], HTMLInputElement);
    this.#failed = find(`${FIELDS[name]}-failed`, HTMLElement);
    this.#box.addEventListener("change", () => void this.#chosen());
  }

  draw() {
    this.#box.checked = this.#preferences[this.#name];
    setText(this.#failed, "");
  }

  async #chosen() {
    const failure = await this.#preferences.set({ [this.#name]: this.#box.checked }).then(() => null, asFailure);
    this.draw();
    if (failure) setText(this.#failed, sentence(failure));
  }
}
