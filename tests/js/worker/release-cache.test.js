/** A release is stored whole or not at all, and nothing is answered that is not the release's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHash } from "node:crypto";
import { ReleaseCache } from "../../../static/js/worker/release-cache.js";
import { MemoryCaches } from "../world/memory-caches.js";

const PAGE = "<!doctype html>";
const POLICY = "default-src 'none'";

const integrity = (/** @type {string} */ text) => `sha256-${createHash("sha256").update(text).digest("base64")}`;

function world({ id = "one", files = { "/static/a.1.js": "a", "/static/b.1.css": "b" }, storage = new MemoryCaches() } = {}) {
  const served = { ...files, "/chat": PAGE };
  const loaded = [];
  const load = async (/** @type {string} */ path) => {
    loaded.push(path);
    if (!Object.hasOwn(served, path)) throw new TypeError("offline");
    return new Response(served[path]);
  };
  const table = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, integrity(text)]));
  const release = { id, files: table, pages: { "/chat": integrity(PAGE) }, headers: { "/chat": { "Content-Security-Policy": POLICY } } };
  return { cache: new ReleaseCache({ release, storage, load }), storage, served, loaded };
}

const textOf = async (/** @type {Response | null} */ answer) => answer && (await answer.text());

test("a filled cache answers without the network", async () => {
  const { cache, loaded } = world();
  await cache.fill();
  assert.deepEqual(loaded.splice(0).sort(), ["/chat", "/static/a.1.js", "/static/b.1.css"]);
  assert.equal(await textOf(await cache.get("/static/a.1.js")), "a");
  const page = await cache.read("/chat");
  assert.equal(page?.headers.get("Content-Security-Policy"), POLICY);
  assert.deepEqual(loaded, []);
});

for (const [name, change] of /** @type {const} */ ([
  ["is another one", (served) => (served["/static/b.1.css"] = "another")],
  ["is missing", (served) => delete served["/static/b.1.css"]],
])) {
  test(`nothing is stored where one file ${name}`, async () => {
    const { cache, storage, served } = world();
    change(served);
    await assert.rejects(cache.fill(), TypeError);
    assert.deepEqual(await storage.keys(), []);
  });
}

test("an answer with another status is not stored", async () => {
  const { storage } = world();
  const cache = new ReleaseCache({
    release: { id: "one", files: {}, pages: { "/chat": integrity(PAGE) }, headers: {} },
    storage,
    load: async () => new Response(PAGE, { status: 503 }),
  });
  await assert.rejects(cache.fill(), TypeError);
});

test("a poisoned file is replaced by the server's, and never answered", async () => {
  const { cache, storage, served, loaded } = world();
  await cache.fill();
  await storage.poison("/static/a.1.js", "evil");
  loaded.length = 0;
  assert.equal(await cache.read("/static/a.1.js"), null);
  assert.equal(await textOf(await cache.get("/static/a.1.js")), "a");
  assert.deepEqual(loaded, ["/static/a.1.js"]);
  assert.equal(await textOf(await cache.read("/static/a.1.js")), "a");
  await storage.poison("/static/a.1.js", "evil");
  served["/static/a.1.js"] = "evil";
  await assert.rejects(cache.get("/static/a.1.js"), TypeError);
});

test("the headers of a poisoned page are those of the release", async () => {
  const { cache, storage } = world();
  await cache.fill();
  await storage.poison("/chat", PAGE, { "Content-Security-Policy": "script-src *" });
  assert.equal((await cache.read("/chat"))?.headers.get("Content-Security-Policy"), POLICY);
  await storage.poison("/chat", "<script>");
  assert.equal(await cache.read("/chat"), null);
});

test("a file that a new release shares with the old one is not loaded again, unless it is poisoned", async () => {
  const old = world();
  await old.cache.fill();
  const files = { "/static/a.1.js": "a", "/static/b.2.css": "b2" };
  const next = world({ id: "two", files, storage: old.storage });
  await next.cache.fill();
  assert.deepEqual(next.loaded, ["/static/b.2.css"]);
  await old.storage.poison("/static/a.1.js", "evil");
  const third = world({ id: "three", files, storage: old.storage });
  await third.cache.fill();
  assert.ok(third.loaded.includes("/static/a.1.js"));
  assert.equal(await textOf(await third.cache.read("/static/a.1.js")), "a");
});

test("a page of an old release gets its file if the integrity that it names is that of the bytes", async () => {
  const old = world();
  await old.cache.fill();
  const next = world({ id: "two", files: { "/static/a.2.js": "a2" }, storage: old.storage });
  assert.equal(await textOf(await next.cache.readOther("/static/a.1.js", integrity("a"))), "a");
  assert.equal(await next.cache.readOther("/static/a.1.js", integrity("another")), null);
  assert.equal(await next.cache.readOther("/static/unknown.js", integrity("a")), null);
});

test("other releases are deleted unless pages use them, and other caches stay", async () => {
  const storage = new MemoryCaches();
  for (const id of ["one", "two", "three"]) await world({ id, storage }).cache.fill();
  await storage.open("another thing");
  await world({ id: "three", storage }).cache.tidy(["two"]);
  assert.deepEqual(await storage.keys(), ["vibechat release two", "vibechat release three", "another thing"]);
});
