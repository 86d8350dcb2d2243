import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { Api } from "../../../static/js/net/api.js";
import { ApiError, NetworkError } from "../../../static/js/net/net-errors.js";

/** @type {{ address: string, init: any }[]} */
let calls;
/** @type {(address: string, init: any) => Response} */
let answer;
/** @type {string[]} */
let refused;
let api;

beforeEach(() => {
  calls = [];
  refused = [];
  answer = () => Response.json({ fine: true });
  globalThis.fetch = async (address, init) => {
    calls.push({ address: String(address), init });
    return answer(String(address), init);
  };
  const tokens = {
    accessToken: async () => "old",
    renewToken: async (token) => {
      refused.push(token);
      return "new";
    },
  };
  api = new Api({ tokens, origin: "http://chat.test" });
});

describe("a call", () => {
  test("carries the access token, and JSON", async () => {
    assert.deepEqual(await api.sendMessage({ ciphertext: "AAAA" }), { fine: true });
    const [{ address, init }] = calls;
    assert.equal(address, "http://chat.test/api/messages/send");
    assert.equal(init.headers.Authorization, "Bearer old");
    assert.equal(init.headers["Content-Type"], "application/json");
    assert.equal(init.body, '{"ciphertext":"AAAA"}');
    assert.equal(init.credentials, "same-origin");
    assert.equal(init.redirect, "error");
  });

  /** A response with endless parts; `sent` counts them. */
  function endless(part) {
    const bytes = new TextEncoder().encode(part);
    const counter = { sent: 0 };
    const pull = (controller) => {
      counter.sent += 1;
      controller.enqueue(bytes);
    };
    answer = () => new Response(new ReadableStream({ pull }));
    return counter;
  }

  for (const [name, ask, mebibytes] of [
    ["contacts", () => api.contacts(), 32],
    ["sync", () => api.sync(0), 32],
    ["a page of messages", () => api.conversation("bob@example.org", null), 32],
    ["a key", () => api.keyOf("bob@example.org"), 1],
    ["a log-in", () => api.logIn({ email: "bob@example.org", password: "secret" }), 1],
    ["a new token", () => api.refresh(), 1],
    ["a message that was sent", () => api.sendMessage({}), 1],
  ]) {
    test(`is aborted if the response has no end: ${name}`, async () => {
      const counter = endless("x".repeat(2 ** 18));
      await assert.rejects(ask(), (error) => error instanceof NetworkError && error.cause instanceof RangeError);
      assert.ok(counter.sent <= 4 * mebibytes + 8, `${counter.sent / 4} MiB were read`);
    });
  }

  for (const part of ["{},", "1,", "[", '{"":', '"a":[],']) {
    test(`is aborted if the response has more values than any list: ${part}`, async () => {
      const counter = endless(part.repeat(10_000));
      await assert.rejects(api.sync(0), (error) => error.cause instanceof RangeError);
      assert.ok(counter.sent <= 50, `${counter.sent} parts were read`);
    });
  }

  test("accepts the longest honest page of a sync", async () => {
    const message = { ciphertext: "x".repeat(4 * Math.ceil(2 ** 16 / 3)), nonce: "n".repeat(16), salt: "s".repeat(44) };
    const events = Array.from({ length: 200 }, (_, index) => ({ type: "new_message", sequence: index + 1, message }));
    answer = () => Response.json({ events, cursor: 200, more: false });
    assert.equal((await api.sync(0)).events.length, 200);
  });

  test("to log out names its session", async () => {
    await api.logOut("mine");
    await api.logOut(null);
    assert.deepEqual(calls.map(({ init }) => init.headers.Authorization), ["Bearer mine", undefined]);
  });

  test("to log in or register carries no token", async () => {
    await api.logIn({ email: "alice@example.org", password: "secret" });
    await api.refresh();
    assert.ok(calls.every(({ init }) => init.headers.Authorization === undefined));
    assert.equal(JSON.parse(calls[0].init.body).refresh_cookie, true);
  });

  test("with an expired token is repeated once with another", async () => {
    answer = (_address, { headers }) =>
      new Response(null, { status: headers.Authorization === "Bearer new" ? 204 : 401 });
    assert.equal(await api.contacts(), null);
    assert.deepEqual(refused, ["old"]);
    answer = () => Response.json({ code: "not_authenticated", detail: "" }, { status: 401 });
    await assert.rejects(api.contacts(), { status: 401 });
    assert.equal(calls.length, 4);
  });

  test("encodes an email in a path as one segment", async () => {
    await api.keyOf("a/../b?c#d%@example.org");
    assert.equal(calls[0].address, "http://chat.test/api/keys/email/a%2F..%2Fb%3Fc%23d%25%40example.org");
  });

  test("for the next page stays on this server, whatever URL it was given", async () => {
    await api.conversation("bob@example.org", "https://elsewhere.test/steal?cursor=abc&page_size=50");
    const path = "/api/messages/conversation/bob%40example.org?cursor=abc&page_size=50";
    assert.equal(calls[0].address, `http://chat.test${path}`);
  });
});

describe("a refusal", () => {
  test("has its code, fields and Retry-After", async () => {
    const body = { code: "invalid", detail: "Not so.", fields: { email: [{ code: "blank", detail: "Say it." }] } };
    answer = () => Response.json(body, { status: 400, headers: { "Retry-After": "7" } });
    await assert.rejects(api.contacts(), (error) => {
      assert.ok(error instanceof ApiError);
      const { code, fields } = error;
      assert.deepEqual({ code, fields }, { code: "invalid", fields: { email: [{ code: "blank" }] } });
      assert.deepEqual([error.status, error.retryAfterSeconds], [400, 7]);
      return true;
    });
  });

  for (const [said, seconds] of [["86400", 300], ["-1", null], ["soon", null], ["", null], ["Infinity", 300], ["0", 0]]) {
    test(`that asks for the patience ${JSON.stringify(said)} gets ${seconds}`, async () => {
      answer = () => Response.json({ code: "unavailable" }, { status: 503, headers: { "Retry-After": said } });
      await assert.rejects(api.contacts(), { retryAfterSeconds: seconds });
    });
  }

  const nonsense = { html: "<h1>Bad gateway</h1>", list: "[1]", object: '{"code": 5, "fields": [null, 3]}', nothing: "" };
  for (const [name, text] of Object.entries(nonsense)) {
    test(`that is ${name} instead of an error is an error all the same`, async () => {
      answer = () => new Response(text, { status: 502 });
      await assert.rejects(api.contacts(), { status: 502, code: "bad_answer" });
    });
  }

  test("is no NetworkError, and a missing response is one", async () => {
    globalThis.fetch = async () => {
      throw new TypeError("Failed to fetch");
    };
    await assert.rejects(api.contacts(), (error) => error instanceof NetworkError && error.code === "network");
  });
});

describe("the deadline of a response", () => {
  /** @type {ReadableStreamDefaultController} */
  let parts;
  /** @type {AbortSignal} */
  let signal;

  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    globalThis.fetch = async (_address, init) => {
      signal = init.signal;
      const body = new ReadableStream({
        start(controller) {
          parts = controller;
          signal.addEventListener("abort", () => controller.error(signal.reason));
        },
      });
      return new Response(body);
    };
  });

  afterEach(() => mock.timers.reset());

  const settle = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

  test("is extended while data arrives: a long response over a slow line is not aborted", async () => {
    const asked = api.contacts();
    await settle();
    for (const part of ['{"results"', ": [", '"ü"', "]}"]) {
      mock.timers.tick(19_999);
      parts.enqueue(new TextEncoder().encode(part));
      await settle();
    }
    parts.close();
    assert.deepEqual(await asked, { results: ["ü"] });
    mock.timers.tick(60_000);
    assert.ok(!signal.aborted);
  });

  for (const [name, ask, seconds] of [["a list", () => api.contacts(), 120], ["one thing", () => api.ownKey(), 30]]) {
    test(`ends for ${name} after ${seconds} s, although something comes every ten`, async () => {
      const asked = assert.rejects(ask(), { code: "network" });
      await settle();
      for (let passed = 0; passed < seconds; passed += 10) {
        assert.ok(!signal.aborted);
        parts.enqueue(new TextEncoder().encode(" "));
        await settle();
        mock.timers.tick(10_000);
      }
      assert.ok(signal.aborted);
      await asked;
    });
  }

  test("ends if the data stops in the middle", async () => {
    const asked = assert.rejects(api.contacts(), { code: "network" });
    await settle();
    parts.enqueue(new TextEncoder().encode('{"results"'));
    await settle();
    mock.timers.tick(20_000);
    await asked;
  });
});
