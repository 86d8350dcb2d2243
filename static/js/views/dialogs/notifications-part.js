/** "Notifications of this browser" in Settings. */
import { find, setText } from "../../lib/dom.js";
import { canNotify, requestPermission } from "../parts/browser-notifications.js";
import { asFailure, sentence } from "../parts/strings.js";

const UNREACHED = "Your browser can't be told while VibeChat is closed: its maker's push service didn't answer. Try again later.";

/** @typedef {import("../../model/session/preferences.js").NotificationChoice} NotificationChoice */
/**
 * @typedef {object} NotificationPreferences
 * @property {NotificationChoice} notifications
 * @property {(change: Partial<NotificationChoice>) => Promise<unknown>} setNotifications
 */

/** @typedef {Promise<import("../../model/worker/web-push.js").WebPush>} Pushing */

export class NotificationsPart {
  #preferences;
  #pushing;
  #closed = find("#settings-closed", HTMLInputElement);
  #test = find("#settings-closed-test", HTMLButtonElement);
  #said = find("#settings-closed-said", HTMLElement);
  #shows = find("#settings-notify", HTMLSelectElement);
  #sound = find("#settings-sound", HTMLInputElement);
  #failed = find("#settings-notify-failed", HTMLElement);

  /**
   * @param {NotificationPreferences} preferences
   * @param {Pushing} pushing
   */
  constructor(preferences, pushing) {
    this.#preferences = preferences;
    this.#pushing = pushing;
    this.#closed.addEventListener("change", () => void this.#set({ closed: this.#closed.checked }));
    this.#test.addEventListener("click", () => void this.#sendTest());
    void this.#look();
    this.#shows.addEventListener("change", () => void this.#chosen());
    this.#sound.addEventListener("change", () => void this.#set({ sound: this.#sound.checked }));
  }

  draw() {
    const { shows, sound, closed } = this.#preferences.notifications;
    this.#shows.disabled = !canNotify();
    this.#shows.value = canNotify() ? shows : "off";
    this.#sound.checked = sound;
    this.#closed.checked = closed && shows !== "off";
    this.#closed.disabled = shows === "off";
    this.#test.hidden = !this.#closed.checked;
    setText(this.#failed, "");
    setText(this.#said, "");
  }

  /** Shows the choice where this browser can be woken. */
  async #look() {
    find("#settings-closed-part", HTMLElement).hidden = !(await (await this.#pushing).isPossible());
  }

  async #sendTest() {
    setText(this.#said, "");
    const failure = await (await this.#pushing).test().then(() => null, asFailure);
    setText(failure ? this.#failed : this.#said, failure ? sentence(failure) : "Sent. It comes within a few seconds.");
  }

  async #chosen() {
    const shows = /** @type {NotificationChoice["shows"]} */ (this.#shows.value);
    if (shows === "off" || (await requestPermission())) return this.#set({ shows, isAnswered: true });
    this.draw();
    setText(this.#failed, "Your browser blocks notifications of this page. Allow them in its settings for this page.");
  }

  /** @param {Partial<NotificationChoice>} change */
  async #set(change) {
    this.#test.disabled = true; // until the browser can be woken
    const failure = await this.#preferences.setNotifications(change).then(() => null, asFailure);
    const refused = failure || (await this.#followed()) ? null : UNREACHED;
    if (refused) await this.#preferences.setNotifications({ closed: false }).catch(() => {});
    this.draw();
    this.#test.disabled = false;
    setText(this.#failed, failure ? sentence(failure) : (refused ?? ""));
  }

  /** @returns {Promise<boolean>} false: this browser should be woken, and cannot */
  async #followed() {
    return (await this.#pushing).follow().then(() => true, () => !this.#preferences.notifications.closed);
  }
}
