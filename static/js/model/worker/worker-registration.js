/** Registers the service worker, once the first screen stands, and says which release this page is of. */
import { workerAddress } from "../../lib/worker-addresses.js";

const SCRIPT = "/service-worker.js";

/**
 * A page of a development server has no release, and no worker.
 * @param {string} release
 * @returns {Promise<ServiceWorkerRegistration | undefined>} undefined: this browser has none, or does not allow it
 */
export async function registerWorker(release) {
  const workers = navigator.serviceWorker;
  if (!workers) return undefined;
  if (!release) {
    await (await workers.getRegistration())?.unregister();
    return undefined;
  }
  // Held as long as the page is there, so that the worker keeps what it may still load.
  void navigator.locks.request(`vibechat release ${release}`, { mode: "shared" }, () => new Promise(() => {}));
  const registration = await workers.register(workerAddress(SCRIPT), { updateViaCache: "none" }).catch(() => undefined);
  registration?.active?.postMessage("tidy");
  return registration;
}

/** @param {(email: string) => void} open called when the notification of a person's messages was clicked */
export function onChosenNotification(open) {
  navigator.serviceWorker?.addEventListener("message", ({ data }) => {
    if (typeof data?.open === "string") open(data.open);
  });
}
