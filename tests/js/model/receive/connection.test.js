import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { inWorld, pause, until } from "../../world/world.js";

/** @type {EventTarget} stands for the window */
let page;

function setOnLine(isOnLine) {
  globalThis.navigator ??= /** @type {any} */ ({});
  Object.defineProperty(globalThis.navigator, "onLine", { value: isOnLine, configurable: true });
  page.dispatchEvent(new Event(isOnLine ? "online" : "offline"));
}

beforeEach(() => {
  page = new EventTarget();
  globalThis.addEventListener = page.addEventListener.bind(page);
  globalThis.removeEventListener = page.removeEventListener.bind(page);
  setOnLine(true);
});

afterEach(() => setOnLine(true));

describe("the connection", () => {
  test("is offline as soon as the machine is, over a socket that has not noticed", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    await until(() => alice.conversations.connection === "ok");
    const heard = [];
    alice.conversations.on("connection", ({ state }) => heard.push(state));
    world.server.socketAnswer = () => null;
    setOnLine(false);
    assert.equal(alice.conversations.connection, "offline");
    await pause(50);
    assert.equal(alice.conversations.connection, "offline");
    setOnLine(true);
    assert.deepEqual(heard, ["offline", "ok"]);
  }));

  test("is not offline if the server answers, whatever the machine reports", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    await until(() => alice.conversations.connection === "ok");
    setOnLine(false);
    assert.equal(alice.conversations.connection, "offline");
    await until(() => alice.conversations.connection === "ok");
  }));

  test("is unreached after a call without an answer, until one is answered", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    await until(() => alice.conversations.connection === "ok");
    world.server.intercept = () => {
      throw new TypeError("no network");
    };
    world.server.acceptsSockets = false;
    [...world.server.sockets].forEach((socket) => socket.shut(1006));
    await until(() => alice.conversations.connection === "unreached");
    world.server.intercept = () => ({ status: 502, body: null });
    await pause(50);
    assert.equal(alice.conversations.connection, "unreached");
    world.server.intercept = () => undefined;
    await until(() => alice.conversations.connection === "polling");
    world.server.acceptsSockets = true;
    await until(() => alice.conversations.connection === "ok");
  }));

  test("emits nothing after it was closed", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    await until(() => alice.conversations.connection === "ok");
    alice.account.close();
    const heard = [];
    alice.conversations.on("connection", ({ state }) => heard.push(state));
    setOnLine(false);
    assert.deepEqual(heard, []);
  }));
});
