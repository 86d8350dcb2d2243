/** The service worker's part in Web Push: it is woken, shows who has written, and opens the chat when that is clicked. */
import { ApiError } from "../net/net-errors.js";
import { PushApi } from "../net/push-api.js";
import { Api } from "../net/api.js";
import { readAccount } from "./account-here.js";
import { noticesOf, OVER, SOMETHING } from "./notices.js";

/** @typedef {import("./notices.js").Notice} Notice */

const CHAT = "/chat";
const REFUSED = 403;
// The calls of a woken worker need no session.
const noSession = async () => {
  throw new Error("the worker has no session");
};
const api = new PushApi(new Api({ tokens: { accessToken: noSession, renewToken: noSession } }));

/** @param {WorkerScope} worker */
export async function woken(worker) {
  const notices = await noticesOf(api).catch((error) => (error instanceof ApiError && error.status === REFUSED ? OVER : SOMETHING));
  await show(worker, notices);
  if (notices === OVER) await (await worker.registration.pushManager.getSubscription())?.unsubscribe();
}

/**
 * @param {WorkerScope} worker
 * @param {Notice[]} notices
 */
async function show({ clients, registration }, notices) {
  const shown = await registration.getNotifications();
  const isNews = notices.some(({ isQuiet }) => !isQuiet);
  // A page that is open in the background has told already, and has read what is new.
  const again = isNews || shown.length === 0 ? notices : shown.map(({ title, body, tag, data }) => ({ title, body, tag, email: data?.email, isQuiet: true }));
  for (const { title, body, tag, email, isQuiet } of again) {
    await registration.showNotification(title, { body, tag, icon: "/static/icons/icon-192.png", silent: isQuiet ?? false, data: { email } });
  }
  if (!(await chatPages(clients)).some(({ focused }) => focused)) return;
  for (const notification of await registration.getNotifications()) notification.close();
}

/** @param {WorkerScope["clients"]} clients @returns {Promise<ServedClient[]>} the pages that tell of messages themselves */
async function chatPages(clients) {
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true });
  return pages.filter(({ url }) => new URL(url).pathname === CHAT);
}

/**
 * @param {WorkerScope} worker
 * @param {Notification} notification
 */
export async function clicked({ clients }, notification) {
  notification.close();
  const { email } = notification.data ?? {};
  const pages = await chatPages(clients);
  const page = pages.find(({ visibilityState }) => visibilityState === "visible") ?? pages[0];
  if (!page) return clients.openWindow(email ? `${CHAT}#/${encodeURIComponent(email)}` : CHAT);
  page.postMessage({ open: email });
  return page.focus();
}

/**
 * The push service has ended the subscription, and may have made another.
 * @param {WorkerScope} worker
 * @param {{ newSubscription?: PushSubscription | null, oldSubscription?: PushSubscription | null }} change
 */
export async function changed({ registration }, { newSubscription, oldSubscription }) {
  const account = await readAccount();
  if (!account) return;
  const manager = registration.pushManager;
  const next = newSubscription ?? (await manager.getSubscription()) ?? (await manager.subscribe(oldSubscription?.options));
  await api.moved(account.token, next);
}
