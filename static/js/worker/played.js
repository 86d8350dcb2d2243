/**
 * Sounds and videos that play while they are loaded. The worker passes the range that a player asks for to the page of that player, and
 * the page's answer back. So it holds no key, and a page gets only what it opens itself.
 */
import { PLAYING, playedAs } from "../lib/media.js";
import { after } from "../lib/timing.js";

/** @typedef {import("./routes.js").Route} Route */
/** @typedef {import("./routes.js").FetchEvent} FetchEvent */
/** @typedef {import("../lib/media.js").PlayedRange} PlayedRange */

const RANGE = /^bytes=(\d{1,15})-(\d{0,15})$/;
/** For a part over a slow line, and less than browsers let a worker wait. */
const PATIENCE_MS = 240_000;
const [PARTIAL, NOT_FOUND, NO_SUCH_RANGE] = [206, 404, 416];
const HEADERS = {
  "Accept-Ranges": "bytes", "Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; sandbox",
  "Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
};

/**
 * @param {Pick<WorkerScope["clients"], "get">} clients
 * @param {{ patienceMs?: number }} [options]
 * @returns {Route} takes only what a player of a page asks for
 */
export function played(clients, { patienceMs = PATIENCE_MS } = {}) {
  return (event, { pathname }) =>
    pathname.startsWith(PLAYING) && ["audio", "video"].includes(event.request.destination) && event.clientId
      ? play(clients, event, pathname.slice(PLAYING.length), patienceMs)
      : null;
}

/**
 * @param {Pick<WorkerScope["clients"], "get">} clients
 * @param {FetchEvent} event
 * @param {string} name
 * @param {number} patienceMs
 */
async function play(clients, { request, clientId }, name, patienceMs) {
  const client = await clients.get(clientId);
  const range = RANGE.exec(request.headers.get("Range") ?? "bytes=0-");
  if (!client || !range) {
    return new Response(null, { status: client ? NO_SUCH_RANGE : NOT_FOUND, headers: HEADERS });
  }
  const wanted = { name, start: Number(range[1]), end: range[2] === "" ? null : Number(range[2]) + 1 };
  return responseOf(await asked(client, wanted, patienceMs));
}

/**
 * @param {ServedClient} client
 * @param {{ name: string, start: number, end: number | null }} wanted
 * @param {number} patienceMs
 * @returns {Promise<PlayedRange>}
 */
function asked(client, wanted, patienceMs) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    const answer = (/** @type {PlayedRange} */ data) => {
      clearTimeout(patience);
      port1.close();
      resolve(data);
    };
    const patience = after(patienceMs, () => answer({ status: NOT_FOUND }));
    port1.onmessage = ({ data }) => answer(data);
    client.postMessage({ play: wanted }, [port2]);
  });
}

/** @param {PlayedRange} answer */
function responseOf({ status, start = 0, size = 0, type = "", bytes }) {
  if (status === NO_SUCH_RANGE) {
    return new Response(null, { status, headers: { ...HEADERS, "Content-Range": `bytes */${size}` } });
  }
  if (status !== PARTIAL || !bytes || playedAs(type) === null) {
    return new Response(null, { status: NOT_FOUND, headers: HEADERS });
  }
  const range = { "Content-Range": `bytes ${start}-${start + bytes.length - 1}/${size}`, "Content-Length": String(bytes.length) };
  return new Response(bytes, { status, headers: { ...HEADERS, ...range, "Content-Type": type } });
}
