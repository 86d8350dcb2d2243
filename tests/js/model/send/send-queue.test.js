import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { IDBObjectStore as FDBObjectStore } from "fake-indexeddb";
import { SendQueue } from "../../../../static/js/model/send/send-queue.js";
import { retryDecision } from "../../../../static/js/model/server/retry-policy.js";
import { Emitter } from "../../../../static/js/lib/emitter.js";
import { ApiError, NetworkError } from "../../../../static/js/net/net-errors.js";
import { refusal } from "../../world/memory-server.js";
import { inWorld, pause, until } from "../../world/world.js";

const BUSY = refusal(503, "unavailable");
const HOUR_MS = 3_600_000;
const TIRING = 8;

/** Without a socket, messages are sent with a POST. */
function withoutSockets(server) {
  server.acceptsSockets = false;
  [...server.sockets].forEach((socket) => socket.shut(1006));
}

/** Gives each tab its own document, which can be frozen. */
async function withDocument(open) {
  const page = new EventTarget();
  globalThis.document = /** @type {any} */ (page);
  const person = await open();
  delete globalThis.document;
  return { person, fall: (name) => page.dispatchEvent(new Event(name)) };
}

/** Lets the calls of one tab fail. */
function muted(server, tab) {
  const tokens = new Set();
  const { accessToken } = tab.session;
  tab.session.accessToken = async () => {
    const token = await accessToken.call(tab.session);
    tokens.add(token);
    return token;
  };
  server.intercept = ({ path, token }) => (path.includes("/send") && tokens.has(token) ? BUSY : undefined);
}

/** Lets so many attempts fail that the next one is far away. */
async function tireOut({ server }, person, other) {
  withoutSockets(server);
  server.intercept = ({ path }) => (path.includes("/send") ? BUSY : undefined);
  for (let count = 1; count <= TIRING; count += 1) {
    await person.send(other, `message ${count}`);
    await until(() => server.callsTo("/send").length >= count);
    await pause(20);
  }
  server.intercept = () => undefined;
}

afterEach(() => delete globalThis.document);

describe("two tabs", () => {
  test("do not wait for the sending tab when it is frozen", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    alice.account.close();
    withoutSockets(world.server);
    const carrying = await withDocument(() => world.newTab(alice));
    const tab = await world.newTab(alice);
    muted(world.server, carrying.person);
    await carrying.person.send(bob, "one");
    await until(() => world.server.callsTo("/send").length > 0);
    await tab.send(bob, "two");
    await pause(100);
    assert.equal(world.server.texts.length, 0);
    carrying.fall("freeze");
    await until(() => world.server.texts.length === 2);
    carrying.fall("resume");
    await carrying.person.send(bob, "three").catch(() => {});
    world.server.intercept = () => undefined;
    await bob.shows(alice, "one", "two", "three");
    assert.equal(world.server.texts.length, 3);
  }));

  test("hear from each other that the network is back", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await tireOut(world, alice, bob);
    const sent = world.server.callsTo("/send").length;
    await pause(300);
    assert.equal(world.server.callsTo("/send").length, sent, "it waits");
    await world.openTab(alice);
    await until(() => world.server.texts.length === TIRING);
  }));

  test("send a message that a third one had stored just before it was closed", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const tab = await world.newTab(alice);
    await pause(200);
    const { request } = alice.browser.locks;
    // The killed tab stores the message, and then neither sends it nor tells other tabs.
    alice.browser.locks.request = () => new Promise(() => {});
    const channel = BroadcastChannel.prototype;
    const { postMessage } = channel;
    channel.postMessage = function (message) {
      return message.name === "sending" ? postMessage.call(this, message) : undefined;
    };
    await alice.send(bob, "the last words");
    alice.browser.locks.request = request;
    channel.postMessage = postMessage;
    await bob.shows(alice, "the last words");
    await tab.shows(bob, "the last words");
  }));
});

describe("a frozen tab", () => {
  test("stops waiting for the lock, because it could not release it", async () => {
    /** @type {AbortSignal[]} */
    const signals = [];
    const page = new EventTarget();
    globalThis.document = /** @type {any} */ (page);
    const locks = { request: (_name, { signal }) => new Promise(() => signals.push(signal)) };
    const sendQueue = new SendQueue(/** @type {any} */ ({ accountKey: new Emitter(), locks, ownEmail: "alice@example.org" }));
    sendQueue.wake();
    assert.deepEqual(signals.map(({ aborted }) => aborted), [false]);
    page.dispatchEvent(new Event("freeze"));
    assert.deepEqual(signals.map(({ aborted }) => aborted), [true]);
  });
});

describe("if the result cannot be stored", () => {
  const outcomes = { "a message that was deleted there": refusal(409, "message_deleted"), "a refusal": refusal(400, "invalid") };
  for (const [name, answer] of Object.entries(outcomes)) {
    test(`${name} is not repeated at once`, inWorld(async (world) => {
      const [alice, bob] = await world.friends("alice", "bob");
      const { server } = world;
      withoutSockets(server);
      const { put, delete: remove } = FDBObjectStore.prototype;
      const full = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
      let isFull = false;
      FDBObjectStore.prototype.put = function (...values) {
        return this.name === "outbox" && isFull ? full() : put.apply(this, values);
      };
      FDBObjectStore.prototype.delete = function (...values) {
        return this.name === "outbox" && isFull ? full() : remove.apply(this, values);
      };
      try {
        server.intercept = ({ path }) => {
          if (path.includes("/send")) {
            isFull = true;
            return answer;
          }
        };
        await alice.send(bob, "once");
        await until(() => server.callsTo("/send").length > 0);
        await pause(400);
        assert.ok(server.callsTo("/send").length <= 2);
      } finally {
        Object.assign(FDBObjectStore.prototype, { put, delete: remove });
      }
      server.intercept = () => undefined;
      await until(() => server.texts.length === 1);
    }));
  }
});

describe("a further message", () => {
  test("does not wait for the next attempt of an earlier one", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await tireOut(world, alice, bob);
    await alice.send(bob, "one more");
    await until(() => world.server.texts.length === TIRING + 1);
  }));

  test("waits as long as the server has requested", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    withoutSockets(server);
    server.intercept = ({ path }) => (path.includes("/send") ? refusal(429, "rate_limited", { "Retry-After": "2" }) : undefined);
    await alice.send(bob, "one");
    await until(() => server.callsTo("/send").length === 1);
    server.intercept = () => undefined;
    await alice.send(bob, "two");
    await pause(500);
    assert.equal(server.callsTo("/send").length, 1);
    await until(() => server.texts.length === 2);
  }));
});

describe("a message that is sealed again with another client_id", () => {
  test("before the screen has read it is shown once", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "before");
    await bob.shows(alice, "before");
    const thread = alice.conversations.open(bob.email);
    await until(() => !thread.loading);
    const echo = { clientId: "00000000-0000-4000-8000-000000000001", text: "once", atMs: Date.now(), isStored: true };
    thread.echo(echo);
    assert.deepEqual(alice.texts(bob), ["before", "once"]);
    await thread.refresh();
    assert.deepEqual(alice.texts(bob), ["before"]);
  }));
});

describe("giving up", () => {
  const offline = new NetworkError();
  const busy = new ApiError(503, { code: "unavailable" });
  for (const [name, error, attempt, ageMs, isFinal] of /** @type {const} */ ([
    ["the network is away for minutes", offline, 50, HOUR_MS / 60, false],
    ["the network is not back yet after a weekend", offline, 4, 60 * HOUR_MS, false],
    ["the network stays away after a day", offline, 8, 25 * HOUR_MS, true],
    ["the server is busy", busy, 50, HOUR_MS / 2, false],
    ["the server has been busy for an hour", busy, 3, 2 * HOUR_MS, true],
    ["the clock was set back by a year", offline, 1000, -9000 * HOUR_MS, false],
  ])) {
    test(`${isFinal ? "happens" : "does not happen"} where ${name}`, () => {
      assert.equal(retryDecision(error, { attempt, ageMs }).isFinal, isFinal);
    });
  }
});
