import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { Realtime } from "../../../static/js/net/realtime.js";

/** @type {FakeSocket[]} */
let sockets;

class FakeSocket {
  static OPEN = 1;
  readyState = 0;
  sent = [];

  constructor(url) {
    this.url = url;
    sockets.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  open() {
    this.readyState = 1;
    this.onopen();
  }

  tell(frame) {
    this.onmessage({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
  }

  shut(code) {
    this.readyState = 3;
    this.onclose({ code });
  }

  close() {
    this.readyState = 3;
  }
}

/** Lets promises settle; the clock stands still meanwhile. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

async function pass(delayMs) {
  mock.timers.tick(delayMs);
  await settle();
}

let realtime;
let tokens;
let refused;
let heard;
let renewInMs;
/** @type {EventTarget} stands for the window */
let page;

beforeEach(async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  sockets = [];
  refused = [];
  heard = [];
  renewInMs = 480_000;
  page = new EventTarget();
  globalThis.addEventListener = page.addEventListener.bind(page);
  globalThis.removeEventListener = page.removeEventListener.bind(page);
  tokens = ["first", "second", "third", "fourth"];
  const accessToken = async () => tokens[0];
  const renewToken = async (token) => {
    refused.push(token);
    tokens.shift();
    return tokens[0];
  };
  realtime = new Realtime({ url: "ws://chat.test/ws/chat/", accessToken, renewToken, renewInMs: () => renewInMs, Socket: FakeSocket });
  for (const name of ["state", "connected", "event", "ephemeral", "resync", "alive"]) {
    realtime.on(name, (detail) => heard.push([name, detail]));
  }
  realtime.start();
  await settle();
});

afterEach(() => {
  realtime.stop();
  mock.timers.reset();
});

async function connect(socket = sockets.at(-1)) {
  socket.open();
  socket.tell({ type: "connected", user: {}, sequence: 7 });
  await settle();
  return socket;
}

describe("a socket", () => {
  test("authenticates first, and is open when the server has confirmed it", async () => {
    sockets[0].open();
    assert.deepEqual(sockets[0].sent, [{ type: "connect", token: "first" }]);
    assert.equal(realtime.state, "connecting");
    sockets[0].tell({ type: "connected", user: {}, sequence: 7 });
    assert.equal(realtime.state, "open");
    assert.equal(heard.find(([name]) => name === "connected")[1].sequence, 7);
  });

  test("emits pushes and resync, and ignores malformed frames", async () => {
    const socket = await connect();
    heard.length = 0;
    const push = { type: "new_message", sequence: 8, message: {} };
    for (const frame of ["no json", "null", "[]", "5", { type: "of a newer server" }, push, { type: "resync" }]) {
      socket.tell(frame);
    }
    assert.deepEqual(heard, [["event", push], ["resync", undefined]]);
  });

  test("accepts one confirmation for each authentication", async () => {
    const socket = await connect();
    heard.length = 0;
    for (let count = 0; count < 50_000; count += 1) {
      socket.tell({ type: "connected", user: {}, sequence: count });
    }
    assert.deepEqual(heard, []);
    await pass(480_000);
    socket.tell({ type: "connected", user: {}, sequence: 8 });
    socket.tell({ type: "connected", user: {}, sequence: 9 });
    assert.deepEqual(heard.filter(([name]) => name === "connected").map(([, { sequence }]) => sequence), [8]);
  });

  test("is closed if a frame is too long, and the frame is not parsed", async () => {
    const { parse } = JSON;
    let longest = 0;
    JSON.parse = (text) => {
      longest = Math.max(longest, text.length);
      return parse(text);
    };
    try {
      for (const frame of [`"${"x".repeat(2 ** 20)}"`, new Blob(["{}"])]) {
        const count = sockets.length;
        const socket = await connect();
        socket.onmessage({ data: frame });
        assert.equal(realtime.state, "offline");
        await pass(30_000);
        assert.equal(sockets.length, count + 1);
      }
    } finally {
      JSON.parse = parse;
    }
    assert.ok(longest < 1000, String(longest));
  });

  test("accepts the longest honest push", async () => {
    const socket = await connect();
    heard.length = 0;
    socket.tell({ type: "new_message", sequence: 8, message: { ciphertext: "x".repeat(4 * Math.ceil(2 ** 16 / 3)) } });
    assert.equal(heard.length, 1);
  });

  test("that is lost is opened again, with a growing delay", async () => {
    for (const limitMs of [1000, 2000, 4000]) {
      const count = sockets.length;
      sockets.at(-1).shut(1006);
      assert.equal(realtime.state, "offline");
      await pass(limitMs / 2 - 1);
      assert.equal(sockets.length, count);
      await pass(limitMs / 2 + 1);
      assert.equal(sockets.length, count + 1);
    }
  });

  test("is opened again at once when the machine is online", async () => {
    sockets[0].shut(1006);
    page.dispatchEvent(new Event("online"));
    await settle();
    assert.equal(sockets.length, 2);
  });

  test("is checked when the network is back: it answers soon, or another one is opened", async () => {
    const socket = await connect();
    page.dispatchEvent(new Event("online"));
    assert.deepEqual(socket.sent.at(-1), { type: "keep_alive" });
    socket.tell({ type: "alive" });
    await pass(3_000);
    assert.equal(sockets.length, 1);
    page.dispatchEvent(new Event("online"));
    await pass(3_000);
    assert.equal(sockets.length, 2);
  });

  for (const code of [1001, 1006, 1011, 1012, 1013, 4408, 4429]) {
    test(`that is closed with ${code} is followed by another one, with the same token and not at once`, async () => {
      (await connect()).shut(code);
      assert.equal(realtime.state, "offline");
      await pass(499);
      assert.equal(sockets.length, 1);
      await pass(501);
      assert.equal(sockets.length, 2);
      assert.deepEqual(refused, []);
    });
  }

  test("is checked when the machine reports offline, and emits alive if it answers", async () => {
    const socket = await connect();
    heard.length = 0;
    page.dispatchEvent(new Event("offline"));
    assert.deepEqual(socket.sent.at(-1), { type: "keep_alive" });
    socket.tell({ type: "alive" });
    socket.tell({ type: "alive" });
    assert.deepEqual(heard, [["alive", undefined]]);
    await pass(3_000);
    assert.equal(realtime.state, "open");
  });

  test("whose opening began over a lost network is started again soon after the network is back", async () => {
    assert.equal(realtime.state, "connecting");
    page.dispatchEvent(new Event("online"));
    await pass(2_999);
    assert.equal(sockets.length, 1);
    await pass(1);
    assert.equal(sockets.length, 2);
    assert.equal(realtime.state, "connecting");
  });

  test("is checked after the page was frozen", async () => {
    realtime.stop();
    globalThis.document = /** @type {any} */ (new EventTarget());
    realtime.start();
    await settle();
    const socket = await connect();
    globalThis.document.dispatchEvent(new Event("resume"));
    assert.deepEqual(socket.sent.at(-1), { type: "keep_alive" });
    delete globalThis.document;
  });

  test("whose closing is announced sends nothing more, and its close is waited for only briefly", async () => {
    const socket = await connect();
    const asked = realtime.send({ client_id: "one" });
    socket.tell({ type: "disconnect", reason: "server_stopping" });
    const sent = socket.sent.length;
    await assert.rejects(realtime.send({ client_id: "two" }), { code: "network" });
    assert.equal(socket.sent.length, sent);
    const accepted = { type: "message_accepted", sequence: 8, message: { client_id: "one" } };
    socket.tell(accepted);
    assert.deepEqual(await asked, accepted);
    await pass(2_000);
    assert.equal(realtime.state, "offline");
    await pass(1_000);
    await connect();
    void realtime.send({ client_id: "two" }).catch(() => {});
    assert.equal(sockets[1].sent.at(-1).client_id, "two");
  });

  for (const [said, soonestMs] of [[0, 5_000], [-1e12, 5_000], [NaN, 5_000], [1e15, 2 ** 31 - 1]]) {
    test(`whose token is to be renewed in ${said} ms renews it neither in a loop nor at once`, async () => {
      renewInMs = said;
      const socket = await connect();
      const renewals = () => socket.sent.filter(({ type }) => type === "connect").length - 1;
      await pass(Math.min(soonestMs, 24_000) - 1);
      assert.equal(renewals(), 0);
      await pass(1);
      assert.equal(renewals(), soonestMs > 24_000 ? 0 : 1);
    });
  }

  test("whose token was refused is opened again with another one", async () => {
    sockets[0].open();
    sockets[0].shut(4401);
    await pass(1000);
    assert.deepEqual(refused, ["first"]);
    sockets[1].open();
    assert.deepEqual(sockets[1].sent, [{ type: "connect", token: "second" }]);
  });

  test("gets the next token before the old one expires", async () => {
    const socket = await connect();
    tokens.shift();
    for (let passedMs = 0; passedMs < 480_000; passedMs += 20_000) {
      socket.tell({ type: "alive" });
      await pass(20_000);
    }
    const connects = socket.sent.filter(({ type }) => type === "connect");
    assert.deepEqual(connects.map(({ token }) => token), ["first", "second"]);
    assert.equal(sockets.length, 1);
  });

  test("that does not answer is closed", async () => {
    const socket = await connect();
    await pass(25_000);
    assert.deepEqual(socket.sent.at(-1), { type: "keep_alive" });
    await pass(9_999);
    assert.equal(realtime.state, "open");
    await pass(1);
    assert.equal(realtime.state, "offline");
    await pass(1000);
    assert.equal(sockets.length, 2);
  });

  test("that answers is kept", async () => {
    const socket = await connect();
    for (let count = 0; count < 10; count += 1) {
      await pass(25_000);
      socket.tell({ type: "alive" });
    }
    assert.equal(realtime.state, "open");
    assert.equal(sockets.length, 1);
  });

  test("that never confirms the authentication is closed", async () => {
    sockets[0].open();
    await pass(10_000);
    assert.equal(realtime.state, "offline");
  });

  test("that was stopped is not opened again, and its late frames are ignored", async () => {
    const socket = await connect();
    realtime.stop();
    heard.length = 0;
    assert.equal(socket.onmessage, null);
    await pass(60_000);
    assert.equal(sockets.length, 1);
    assert.deepEqual(heard, []);
  });
});

describe("sending over the socket", () => {
  const envelope = { client_id: "one", ciphertext: "AAAA" };

  test("resolves with the acceptance of this message", async () => {
    const socket = await connect();
    const sending = realtime.send(envelope);
    const accepted = { type: "message_accepted", sequence: 8, message: { client_id: "one" } };
    socket.tell({ ...accepted, message: { client_id: "another" } });
    socket.tell(accepted);
    assert.deepEqual(await sending, accepted);
    assert.deepEqual(socket.sent.at(-1), { type: "send_message", ...envelope });
  });

  test("is asked to wait for at most five minutes", async () => {
    const socket = await connect();
    const sending = realtime.send(envelope);
    socket.tell({ type: "error", client_id: "one", code: "rate_limited", detail: "", retry_after: 1e9 });
    await assert.rejects(sending, { retryAfterSeconds: 300 });
  });

  test("rejects with the code of the refusal", async () => {
    const socket = await connect();
    const sending = realtime.send(envelope);
    socket.tell({ type: "error", client_id: "one", code: "stale_key", detail: "" });
    await assert.rejects(sending, { code: "stale_key", status: 0 });
  });

  test("rejects with a NetworkError if there is no socket, or no answer", async () => {
    await assert.rejects(realtime.send(envelope), { code: "network" });
    const lost = assert.rejects((await connect(), realtime.send(envelope)), { code: "network" });
    sockets[0].shut(1006);
    await lost;
    await pass(1000);
    await connect();
    const unanswered = assert.rejects(realtime.send(envelope), { code: "network" });
    await pass(10_000);
    await unanswered;
  });

  test("over a dead connection opens another one at once", async () => {
    const socket = await connect();
    const unanswered = assert.rejects(realtime.send(envelope), { code: "network" });
    await pass(5_000);
    void realtime.send({ client_id: "two" }).catch(() => {});
    await pass(5_000);
    await unanswered;
    assert.equal(socket.readyState, 3);
    assert.equal(sockets.length, 2);
  });

  test("that is not answered over a working connection keeps it open", async () => {
    const socket = await connect();
    const unanswered = assert.rejects(realtime.send(envelope), { code: "network" });
    await pass(5_000);
    socket.tell({ type: "new_message", sequence: 9, message: {} });
    await pass(5_000);
    await unanswered;
    assert.equal(realtime.state, "open");
    assert.equal(sockets.length, 1);
  });
});

describe("an ephemeral frame", () => {
  test("goes out by an open socket, and nobody waits for an answer", async () => {
    const socket = await connect();
    assert.equal(realtime.sendEphemeral("bob@example.org", "AAAA"), true);
    assert.deepEqual(socket.sent.at(-1), { type: "send_ephemeral", recipient_email: "bob@example.org", payload: "AAAA" });
    socket.tell({ type: "error", client_id: null, code: "rate_limited", detail: "", retry_after: 1 });
    await pass(15_000);
    assert.equal(realtime.state, "open");
    assert.equal(sockets.length, 1);
  });

  test("is dropped where there is no socket, before it is open, and while it ends", async () => {
    assert.equal(realtime.sendEphemeral("bob@example.org", "AAAA"), false);
    const socket = await connect();
    socket.tell({ type: "disconnect", reason: "server_stopping" });
    assert.equal(realtime.sendEphemeral("bob@example.org", "AAAA"), false);
    assert.deepEqual(socket.sent.map(({ type }) => type), ["connect"]);
  });

  test("that comes in is an event of its own, if it is in form", async () => {
    const socket = await connect();
    heard.length = 0;
    const good = { type: "ephemeral", sender_email: "bob@example.org", payload: "AAAA" };
    const bad = [{ sender_email: 5 }, { payload: ["AAAA"] }, { payload: "A".repeat(2736) }, { payload: undefined }];
    for (const frame of [...bad.map((members) => ({ ...good, ...members })), good]) {
      socket.tell(frame);
    }
    assert.deepEqual(heard, [["ephemeral", { email: "bob@example.org", payload: "AAAA" }]]);
  });
});
