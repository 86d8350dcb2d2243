/**
 * Tells of new messages while the person looks elsewhere: by a notification, a sound and the icon of the tab. All tabs of a browser
 * tell as one: none does while one of them is looked at, and only one plays the sound.
 */
import { find, setAttributes } from "../../lib/dom.js";
import { after } from "../../lib/timing.js";
import { isAttending, onAttention } from "../parts/attention.js";
import { canNotify, notify, playSound, requestPermission } from "../parts/browser-notifications.js";

/** @typedef {import("../parts/browser-notifications.js").NewMessage} NewMessage */
/** @typedef {import("../dialogs/notifications-part.js").NotificationPreferences} NotificationPreferences */

const ATTENDED = "vibechat attended";
const SOUND = "vibechat sound";
const SOUND_MS = 500;

export class Notifications {
  #conversations;
  #preferences;
  #open;
  #strip = find("#notify-strip", HTMLElement);
  #icon = find("link[rel=icon]", HTMLLinkElement);
  /** @type {Set<Notification>} */
  #shown = new Set();

  /** @param {{conversations: import("../../model/conversations.js").Conversations, preferences: NotificationPreferences, open: (email: string) => void}} parts */
  constructor({ conversations, preferences, open }) {
    this.#conversations = conversations;
    this.#preferences = preferences;
    this.#open = open;
    conversations.on("announce", (message) => void this.#tell(message));
    conversations.on("chats", () => this.#drawIcon());
    for (const [answer, shows] of /** @type {const} */ ([["yes", "name"], ["no", "off"]])) {
      find(`#notify-${answer}`, HTMLButtonElement).addEventListener("click", () => void this.#answer(shows));
    }
    onAttention(() => this.#returned());
    if (isAttending()) this.#returned();
    this.#drawIcon();
  }

  /** @param {NewMessage} message */
  async #tell(message) {
    const { shows, sound, isAnswered } = this.#preferences.notifications;
    if (this.#conversations.isMuted(message.email) || (await isAttendedAnywhere())) return;
    const mayAsk = !isAnswered && shows === "off" && canNotify() && Notification.permission !== "denied";
    if (mayAsk) this.#strip.hidden = false;
    if (sound) void playAlone();
    const shown = shows !== "off" && notify(message, shows, () => this.#open(message.email));
    if (shown) this.#shown.add(shown);
  }

  #returned() {
    void navigator.locks.request(ATTENDED, { mode: "shared" }, () => this.#untilLeft());
    for (const notification of this.#shown) notification.close();
    this.#shown.clear();
  }

  /** @returns {Promise<void>} */
  #untilLeft() {
    return new Promise((left) => {
      const look = () => {
        if (isAttending()) return;
        document.removeEventListener("visibilitychange", look);
        removeEventListener("blur", look);
        left();
      };
      document.addEventListener("visibilitychange", look);
      addEventListener("blur", look);
      look();
    });
  }

  /** @param {"name" | "off"} shows */
  async #answer(shows) {
    this.#strip.hidden = true;
    const isAllowed = shows !== "off" && (await requestPermission());
    await this.#preferences.setNotifications({ shows: isAllowed ? shows : "off", isAnswered: true }).catch(() => {});
  }

  #drawIcon() {
    const isUnread = this.#conversations.chats().some(({ unread, isArchived }) => unread > 0 && !isArchived);
    const href = (isUnread && this.#icon.dataset.unread) || this.#icon.dataset.read;
    if (href && this.#icon.getAttribute("href") !== href) setAttributes(this.#icon, { href });
  }
}

/** Whether the person looks at a page of this browser that is VibeChat. */
async function isAttendedAnywhere() {
  const { held = [] } = await navigator.locks.query();
  return isAttending() || held.some(({ name }) => name === ATTENDED);
}

/** Plays the sound, unless another tab plays it. */
function playAlone() {
  return navigator.locks.request(SOUND, { ifAvailable: true }, (lock) => {
    if (!lock) return;
    playSound();
    return new Promise((done) => after(SOUND_MS, () => done(undefined)));
  });
}
