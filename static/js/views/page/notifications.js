/**
 * Tells of new messages while the person looks elsewhere: by a notification, a sound and the icon of the tab. All tabs of a browser
 * tell as one: none does while one of them is looked at, and only one plays the sound.
 */
import { button, fill, find, setAttributes } from "../../lib/dom.js";
import { after } from "../../lib/timing.js";
import { isAttending, onAttention } from "../parts/attention.js";
import { canNotify, notify, notifyBy, playSound, requestPermission } from "../parts/browser-notifications.js";
import { unmarked } from "../thread/formatting.js";

/** @typedef {import("../parts/browser-notifications.js").NewMessage} NewMessage */
/** @typedef {import("../dialogs/notifications-part.js").NotificationPreferences} NotificationPreferences */

/**
 * @typedef {object} NotificationsParts
 * @property {import("../../model/conversations.js").Conversations} conversations
 * @property {NotificationPreferences} preferences
 * @property {(email: string) => void} open
 * @property {Promise<ServiceWorkerRegistration | undefined>} registering
 * @property {import("../dialogs/notifications-part.js").Pushing} push
 */

const CLOSED_TOO = "Also while VibeChat is closed? The maker of your browser then learns when a message comes, never what or from whom. ";
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
  #registering;
  #push;

  /** @param {NotificationsParts} parts */
  constructor({ conversations, preferences, open, registering, push }) {
    this.#registering = registering;
    this.#push = push;
    this.#conversations = conversations;
    this.#preferences = preferences;
    this.#open = open;
    conversations.on("announce", (message) => void this.#tell({ ...message, text: unmarked(message.text) }));
    conversations.on("chats", () => this.#drawIcon());
    for (const [answer, shows] of /** @type {const} */ ([["yes", "name"], ["no", "off"]])) {
      find(`#notify-${answer}`, HTMLButtonElement).addEventListener("click", () => void this.#answer(shows));
    }
    onAttention(() => this.#returned());
    if (isAttending()) this.#returned();
    void push.then((web) => web.follow()).catch(() => {});
    this.#drawIcon();
  }

  /** @param {NewMessage} message */
  async #tell(message) {
    const { shows, sound, isAnswered } = this.#preferences.notifications;
    if (this.#conversations.isMuted(message.email) || (await isAttendedAnywhere())) return;
    const mayAsk = !isAnswered && shows === "off" && canNotify() && Notification.permission !== "denied";
    if (mayAsk) this.#strip.hidden = false;
    if (sound) void playAlone();
    if (shows === "off") return;
    const registration = await this.#registering;
    if (registration?.active) return notifyBy(registration, message, shows);
    const shown = notify(message, shows, () => this.#open(message.email));
    if (shown) this.#shown.add(shown);
  }

  #returned() {
    void navigator.locks.request(ATTENDED, { mode: "shared" }, () => this.#untilLeft());
    for (const notification of this.#shown) notification.close();
    this.#shown.clear();
    void this.#closeThoseOfTheWorker();
  }

  async #closeThoseOfTheWorker() {
    const registration = await this.#registering;
    for (const notification of (await registration?.getNotifications()) ?? []) notification.close();
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
    if (isAllowed && (await (await this.#push).isPossible())) this.#askForClosed();
  }

  /** It is explained before the browser is subscribed. */
  #askForClosed() {
    /** @param {boolean} closed */
    const answer = (closed) => async () => {
      this.#strip.hidden = true;
      await this.#preferences.setNotifications({ closed }).catch(() => {});
      await this.#followed();
    };
    fill(this.#strip, CLOSED_TOO, button("Yes, then too", answer(true)), " ", button("No", answer(false)));
    this.#strip.hidden = false;
  }

  /** Where the push service cannot be reached, Settings show that nothing is told while closed. */
  async #followed() {
    const push = await this.#push;
    await push.follow().catch(() => this.#preferences.setNotifications({ closed: false })).catch(() => {});
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
