/** Which requests the service worker answers, and by what. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { answerBy, files, filesOfOthers, pages } from "../../../static/js/worker/routes.js";

const ORIGIN = "https://chat.example.org";
const never = new Promise(() => {});

/** @type {any} */
const cache = {
  isPage: (path) => path === "/chat",
  isFile: (path) => path === "/static/a.js",
  read: async () => new Response("stored page"),
  get: async () => new Response("stored file"),
  readOther: async (path, integrity) => (integrity === "sha256-old" ? new Response("old file") : null),
};

/** @returns {any} */
const request = (path, { method = "GET", mode = "no-cors", integrity = "" } = {}) =>
  ({ request: { url: new URL(path, ORIGIN).href, method, mode, integrity } });
const navigation = (path) => request(path, { mode: "navigate" });

function routes(load) {
  return [pages(cache, load, { patienceMs: 20 }), files(cache), filesOfOthers(cache, load)];
}

const answerOf = async (event, load = async () => new Response("served")) =>
  (await answerBy(routes(load), event, ORIGIN))?.text();

for (const path of ["/api/messages/sync", "/api/auth/refresh", "/admin/", "/files/1", "/static/admin/x.js", "/client-manifest.json", "/nowhere"]) {
  test(`${path} goes to the server`, () => {
    assert.equal(answerBy(routes(async () => new Response()), request(path), ORIGIN), null);
    assert.equal(answerBy(routes(async () => new Response()), navigation(path), ORIGIN), null);
  });
}

test("what is sent, and what is of another origin, goes where it is meant to", () => {
  const load = async () => new Response();
  assert.equal(answerBy(routes(load), request("/chat", { method: "POST", mode: "navigate" }), ORIGIN), null);
  assert.equal(answerBy(routes(load), request("https://other.example/static/a.js"), ORIGIN), null);
});

test("a page is the server's while it answers", async () => {
  assert.equal(await answerOf(navigation("/chat")), "served");
  assert.equal(await answerOf({ ...navigation("/chat"), preloadResponse: Promise.resolve(new Response("preloaded")) }), "preloaded");
  assert.equal(await answerOf(navigation("/chat"), async () => new Response("refused", { status: 403 })), "refused");
});

for (const [name, load] of [
  ["does not answer", async () => { throw new TypeError("offline"); }],
  ["is in trouble", async () => new Response("trouble", { status: 503 })],
  ["takes too long", () => never],
]) {
  test(`a page is the stored one where the server ${name}`, async () => {
    assert.equal(await answerOf(navigation("/chat"), load), "stored page");
  });
}

test("a page that is not stored is waited for", async () => {
  const empty = { ...cache, read: async () => null };
  const load = () => new Promise((resolve) => setTimeout(() => resolve(new Response("late")), 50));
  const answer = answerBy([pages(empty, load, { patienceMs: 5 })], navigation("/chat"), ORIGIN);
  assert.equal(await (await answer)?.text(), "late");
});

test("a file of the release is the stored one", async () => {
  assert.equal(await answerOf(request("/static/a.js")), "stored file");
});

test("a file of another release is the stored one if it is what its page wants", async () => {
  assert.equal(await answerOf(request("/static/old.js", { integrity: "sha256-old" })), "old file");
  assert.equal(await answerOf(request("/static/new.js", { integrity: "sha256-new" })), "served");
  assert.equal(answerBy(routes(async () => new Response()), request("/static/old.js"), ORIGIN), null);
});
