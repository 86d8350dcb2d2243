/**
 * What the service worker answers itself. The first route that takes a request answers it; what none takes goes to the server, as
 * without a worker: the API, the admin's pages, and everything that is sent.
 */
import { pause } from "../lib/timing.js";

/** @typedef {import("./release-cache.js").ReleaseCache} ReleaseCache */
/** @typedef {{ request: Request, clientId: string, preloadResponse?: Promise<Response | undefined> }} FetchEvent */
/** @typedef {(event: FetchEvent, url: URL) => Promise<Response> | null} Route null: it does not take the request */

// How long a page is waited for before the stored one is shown.
const PATIENCE_MS = 5000;
const FAILURES = 500;

/**
 * @param {Route[]} routes
 * @param {FetchEvent} event
 * @param {string} origin of this server
 * @returns {Promise<Response> | null}
 */
export function answerBy(routes, event, origin) {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== origin) return null;
  for (const route of routes) {
    const answer = route(event, url);
    if (answer) return answer;
  }
  return null;
}

/**
 * A page comes from the server, so that a new release shows at once. Where the server does not answer, it is the stored one.
 * @param {ReleaseCache} cache
 * @param {(request: Request) => Promise<Response>} load
 * @param {{ patienceMs?: number }} [options]
 * @returns {Route}
 */
export function pages(cache, load, { patienceMs = PATIENCE_MS } = {}) {
  return (event, { pathname }) =>
    event.request.mode === "navigate" && cache.isPage(pathname) ? page(cache, pathname, served(event, load), patienceMs) : null;
}

/**
 * @param {ReleaseCache} cache
 * @param {string} path
 * @param {Promise<Response>} serving
 * @param {number} patienceMs
 * @returns {Promise<Response>}
 */
async function page(cache, path, serving, patienceMs) {
  const inTime = await Promise.race([serving.catch(() => null), pause(patienceMs).then(() => null)]);
  if (inTime && inTime.status < FAILURES) return inTime;
  return (await cache.read(path).catch(() => null)) ?? serving;
}

/**
 * @param {FetchEvent} event
 * @param {(request: Request) => Promise<Response>} load
 */
async function served({ request, preloadResponse }, load) {
  return (await preloadResponse) ?? load(request);
}

/**
 * @param {ReleaseCache} cache
 * @returns {Route} files of this release
 */
export function files(cache) {
  return (_, { pathname }) => (cache.isFile(pathname) ? cache.get(pathname) : null);
}

/**
 * Pages of an earlier release may be open, and load more of it. They name each file with its integrity.
 * @param {ReleaseCache} cache
 * @param {(request: Request) => Promise<Response>} load
 * @returns {Route}
 */
export function filesOfOthers(cache, load) {
  return ({ request }, { pathname }) =>
    pathname.startsWith("/static/") && request.integrity
      ? cache.readOther(pathname, request.integrity).then((stored) => stored ?? load(request))
      : null;
}
