/**
 * The service worker: keeps one release of the pages, so that they open without a network, and tells of messages while none is open. The server links this file and its
 * imports into one script at /service-worker.js.
 */
import { load } from "./worker/network.js";
import { played } from "./worker/played.js";
import { changed, clicked, woken } from "./worker/push.js";
import { ReleaseCache } from "./worker/release-cache.js";
import { answerBy, files, filesOfOthers, pages } from "./worker/routes.js";

const worker = /** @type {WorkerScope} */ (/** @type {unknown} */ (globalThis));
const cache = new ReleaseCache({ release: worker.RELEASE, storage: worker.caches, load });
const ROUTES = [pages(cache, load), files(cache), filesOfOthers(cache, load), played(worker.clients)];

worker.addEventListener("install", (event) => {
  event.waitUntil(cache.fill().then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (event) => {
  // The request for a page starts while the worker does.
  event.waitUntil(Promise.all([worker.registration.navigationPreload?.enable(), worker.clients.claim()]));
});

worker.addEventListener("fetch", (event) => {
  const answer = answerBy(ROUTES, event, worker.location.origin);
  if (answer) event.respondWith(answer);
});

worker.addEventListener("message", (event) => {
  if (event.data === "tidy") event.waitUntil(tidy());
});

worker.addEventListener("push", (event) => event.waitUntil(woken(worker)));
worker.addEventListener("notificationclick", (event) => event.waitUntil(clicked(worker, event.notification)));
worker.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(changed(worker, event)));

/** Each page holds a lock with the name of its release. */
async function tidy() {
  const { held = [] } = await worker.navigator.locks.query();
  const used = held.flatMap(({ name = "" }) => (name.startsWith("vibechat release ") ? [name.slice("vibechat release ".length)] : []));
  await cache.tidy(used);
}
