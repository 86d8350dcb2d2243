/** The notifications of the browser, and a short sound. */
import { after } from "../../lib/timing.js";

/** @typedef {import("../../model/session/preferences.js").NotificationChoice} NotificationChoice */
/** @typedef {{email: string, name: string, text: string}} NewMessage */

const LONGEST_TEXT = 200;
const NOTES_HZ = [660, 880];
const NOTE_SECONDS = 0.12;
const LOUDNESS = 0.08;

export function canNotify() {
  return "Notification" in globalThis;
}

/** @returns {Promise<boolean>} whether notifications are allowed. Browsers ask only in answer to a click. */
export async function requestPermission() {
  return canNotify() && (await Notification.requestPermission()) === "granted";
}

/**
 * @param {NewMessage} message
 * @param {NotificationChoice["shows"]} shows
 * @returns {{title: string, body: string}}
 */
export function wordsOf({ name, text }, shows) {
  if (shows === "nothing") return { title: "VibeChat", body: "New message" };
  return { title: name, body: shows === "text" ? [...text].slice(0, LONGEST_TEXT).join("") : "New message" };
}

/**
 * A later notification of the same person replaces the earlier one.
 * @param {NewMessage} message
 * @param {NotificationChoice["shows"]} shows
 * @param {() => void} onClick
 * @returns {Notification | null} null if the browser shows none
 */
export function notify(message, shows, onClick) {
  if (!canNotify() || Notification.permission !== "granted") return null;
  const { title, body } = wordsOf(message, shows);
  try {
    const shown = new Notification(title, { body, tag: message.email, icon: iconAddress(), silent: true });
    shown.addEventListener("click", () => {
      shown.close();
      window.focus();
      onClick();
    });
    return shown;
  } catch {
    return null; // Chrome on Android shows those of service workers only
  }
}

/**
 * By the service worker, which hears of the click and shows the same person's later messages in the same place.
 * @param {ServiceWorkerRegistration} registration
 * @param {NewMessage} message
 * @param {NotificationChoice["shows"]} shows
 */
export async function notifyBy(registration, message, shows) {
  if (!canNotify() || Notification.permission !== "granted") return;
  const { title, body } = wordsOf(message, shows);
  const { email } = message;
  await registration.showNotification(title, { body, tag: email, icon: iconAddress(), silent: true, data: { email } }).catch(() => {});
}

function iconAddress() {
  const link = document.querySelector("link[rel=icon]");
  return link instanceof HTMLLinkElement ? link.href : "";
}

/** Plays two short notes. A browser that has seen no click on the page plays nothing. */
export function playSound() {
  const context = new AudioContext();
  NOTES_HZ.forEach((frequency, at) => {
    const [note, volume] = [new OscillatorNode(context, { frequency }), new GainNode(context, { gain: LOUDNESS })];
    const start = context.currentTime + at * NOTE_SECONDS;
    volume.gain.setValueAtTime(LOUDNESS, start);
    volume.gain.exponentialRampToValueAtTime(LOUDNESS / 100, start + 2 * NOTE_SECONDS);
    note.connect(volume).connect(context.destination);
    note.start(start);
    note.stop(start + 2 * NOTE_SECONDS);
  });
  after(2000, () => void context.close());
}
