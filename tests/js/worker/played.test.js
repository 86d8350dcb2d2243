/** Which players the service worker answers, and what it makes of the answer of their page. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { played } from "../../../static/js/worker/played.js";
import { answerBy } from "../../../static/js/worker/routes.js";

const ORIGIN = "https://chat.example.org";
const BYTES = Uint8Array.of(1, 2, 3);
const ANSWER = { status: 206, start: 5, size: 100, type: "video/webm", bytes: BYTES };

/** A page that answers; `wanted` is what it was asked for. */
function newPage(answer) {
  const page = { wanted: null, postMessage: ({ play }, [port]) => {
    page.wanted = play;
    if (answer) port.postMessage(answer);
    port.close();
  } };
  return page;
}

function event({ path = "/files/play/abc", destination = "video", clientId = "own", range = "bytes=5-7", method = "GET" } = {}) {
  const headers = new Headers(range === null ? {} : { Range: range });
  return /** @type {any} */ ({ clientId, request: { url: new URL(path, ORIGIN).href, method, destination, headers, mode: "no-cors" } });
}

const answered = (page, which, options) => answerBy([played(/** @type {any} */ ({ get: async (id) => (id === "own" ? page : undefined) }), options)], event(which), ORIGIN);

describe("a player's request", () => {
  test("is answered with the range that its page has opened, and as no document", async () => {
    const page = newPage(ANSWER);
    const response = /** @type {Response} */ (await answered(page));
    assert.deepEqual(page.wanted, { name: "abc", start: 5, end: 8 });
    assert.equal(response.status, 206);
    assert.deepEqual(new Uint8Array(await response.arrayBuffer()), BYTES);
    assert.deepEqual(Object.fromEntries(response.headers), {
      "accept-ranges": "bytes", "cache-control": "no-store", "content-length": "3", "content-range": "bytes 5-7/100",
      "content-security-policy": "default-src 'none'; sandbox", "content-type": "video/webm", "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
    });
  });

  for (const [range, start, end] of [["bytes=9-", 9, null], [null, 0, null], ["bytes=0-1", 0, 2]]) {
    test(`for ${range} is asked of the page from ${start} to ${end}`, async () => {
      const page = newPage(ANSWER);
      await answered(page, { range });
      assert.deepEqual(page.wanted, { name: "abc", start, end });
    });
  }

  for (const range of ["bytes=-5", "bytes=0-1,4-5", "words=0-1", "bytes=x-", `bytes=${"9".repeat(16)}-`]) {
    test(`for ${range} is refused, and the page is not asked`, async () => {
      const page = newPage(ANSWER);
      assert.equal((await answered(page, { range }))?.status, 416);
      assert.equal(page.wanted, null);
    });
  }

  test("for what is behind the end is refused with the size", async () => {
    const response = await answered(newPage({ status: 416, size: 100 }));
    assert.deepEqual([response?.status, response?.headers.get("Content-Range")], [416, "bytes */100"]);
  });

  for (const type of ["text/html", "image/svg+xml", "application/pdf", "", "video/webm; x", "text/javascript"]) {
    test(`gets nothing of the type “${type}”`, async () => {
      assert.equal((await answered(newPage({ ...ANSWER, type })))?.status, 404);
    });
  }

  test("is refused where the page has nothing, does not answer or is gone", async () => {
    const silent = newPage(null);
    assert.equal((await answered(newPage({ status: 404 })))?.status, 404);
    assert.equal((await answered(silent, {}, { patienceMs: 5 }))?.status, 404);
    assert.equal((await answered(silent, { clientId: "another" }))?.status, 404);
  });
});

for (const [name, which] of Object.entries({
  "a document": { destination: "document" }, "a frame": { destination: "iframe" }, "a script": { destination: "script" },
  "a fetch": { destination: "" }, "no page": { clientId: "" }, "something that is sent": { method: "POST" }, "another address": { path: "/files/other" },
})) {
  test(`${name} is no player, and goes to the server`, () => {
    const page = newPage(ANSWER);
    assert.equal(answered(page, which), null);
    assert.equal(page.wanted, null);
  });
}
