/** "Notifications of this browser" in Settings. */
import { find, setText } from "../../lib/dom.js";
import { canNotify, requestPermission } from "../parts/browser-notifications.js";
import { asFailure, sentence } from "../parts/strings.js";

/** @typedef {import("../../model/session/preferences.js").NotificationChoice} NotificationChoice */
/**
 * @typedef {object} NotificationPreferences
 * @property {NotificationChoice} notifications
 * @property {(change: Partial<NotificationChoice>) => Promise<unknown>} setNotifications
 */

export class NotificationsPart {
  #preferences;
  #shows = find("#settings-notify", HTMLSelectElement);
  #sound = find("#settings-sound", HTMLInputElement);
  #failed = find("#settings-notify-failed", HTMLElement);

  /** @param {NotificationPreferences} preferences */
  constructor(preferences) {
    this.#preferences = preferences;
    this.#shows.addEventListener("change", () => void this.#chosen());
    this.#sound.addEventListener("change", () => void this.#set({ sound: this.#sound.checked }));
  }

  draw() {
    const { shows, sound } = this.#preferences.notifications;
    this.#shows.disabled = !canNotify();
    this.#shows.value = canNotify() ? shows : "off";
    this.#sound.checked = sound;
    setText(this.#failed, "");
  }

  async #chosen() {
    const shows = /** @type {NotificationChoice["shows"]} */ (this.#shows.value);
    if (shows === "off" || (await requestPermission())) return this.#set({ shows, isAnswered: true });
    this.draw();
    setText(this.#failed, "Your browser blocks notifications of this page. Allow them in its settings for this page.");
  }

  /** @param {Partial<NotificationChoice>} change */
  async #set(change) {
    const failure = await this.#preferences.setNotifications(change).then(() => null, asFailure);
    this.draw();
    if (failure) setText(this.#failed, sentence(failure));
  }
}
