/** The archive of opened messages, with several browsers of one person. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MESSAGES_LIMIT } from "../../../../static/js/model/vault/archive-content.js";
import { Database } from "../../../../static/js/storage/database.js";
import { all } from "../../../../static/js/storage/queries.js";
import { refusal } from "../../world/memory-server.js";
import { keepCode, lockedBrowser, secondBrowser, streamsOf, talk } from "../../world/own-browsers.js";
import { inWorld, rowsOf, until } from "../../world/world.js";

/** Makes the archive equal to what this browser has opened. */
async function archived(person) {
  await person.account.vault.archive({ takesIn: true });
  assert.deepEqual((await rowsOf(person, "messages")).filter(({ unarchived }) => unarchived), []);
}

/** The server has lost, or withholds, all messages. */
function withhold(server) {
  server.messages.length = 0;
}

/** The texts in the archive of all browsers of the person, by segment. */
async function segmentsOf(world, person) {
  const streams = await streamsOf(world, person);
  await streams.look();
  const found = [];
  for (const { browser, kind, hashes } of streams.all().filter((one) => one.kind === "archive")) {
    for (let from = 1; from <= hashes.length; from += 8) {
      found.push(...(await streams.read({ browser, kind }, from)));
    }
  }
  return found.map(({ content }) => content.messages.map((message) => message.content.body));
}

async function texts(world, person) {
  return (await segmentsOf(world, person)).flat().sort();
}

/** Changes the stored messages of a browser, as no page does. */
async function changeRows({ browser, email }, change) {
  browser.use();
  const database = await Database.open(email);
  await database.write(["messages"], async (stores) => (await all(stores("messages"))).forEach((row) => stores("messages").put(change(row))));
  database.close();
}

/** Alice and Bob with messages from Alice: "1", "2", … */
async function withMany(world, count) {
  const [alice, bob] = await world.friends("alice", "bob");
  for (let number = 1; number <= count; number += 1) {
    await alice.send(bob, String(number));
  }
  await until(async () => (await rowsOf(alice, "messages")).length === count);
  return [alice, bob];
}

const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

describe("the archive", () => {
  test("is not written, and the server not asked for it, before there is a way back", inWorld(async (world) => {
    const [alice] = await talk(world);
    await alice.account.vault.archive({ takesIn: true });
    assert.deepEqual(world.server.callsTo("/streams"), []);
    await keepCode(alice);
    await archived(alice);
    assert.deepEqual(await texts(world, alice), ["one", "two"]);
  }));

  test("shows in a fresh browser what the server withholds", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await alice.conversations.markRead(bob.email);
    const code = await keepCode(alice);
    await archived(alice);
    withhold(world.server);
    const fresh = await secondBrowser(world, alice, code);
    await fresh.shows(bob, "one", "two");
    assert.deepEqual((await rowsOf(fresh, "messages")).map(({ unread }) => unread), [undefined, undefined]);
    assert.deepEqual(fresh.items(bob).map(({ mine }) => mine), [true, false]);
  }));

  test("shows each message once, and what no archive has yet comes from the server", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    const code = await keepCode(alice);
    const second = await secondBrowser(world, alice, code);
    await second.shows(bob, "one", "two");
    await Promise.all([archived(alice), archived(second)]);
    await bob.send(alice, "three");
    await alice.shows(bob, "one", "two", "three");
    await second.shows(bob, "one", "two", "three");
    await archived(second);
    await bob.send(alice, "four");
    await alice.shows(bob, "one", "two", "three", "four");
    const fresh = await secondBrowser(world, alice, code);
    await fresh.shows(bob, "one", "two", "three", "four");
  }));

  test("grows in its last segment, and every text is in it once", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await keepCode(alice);
    await archived(alice);
    await alice.send(bob, "three");
    await until(() => alice.states(bob).at(-1) !== "sending");
    await archived(alice);
    assert.deepEqual((await segmentsOf(world, alice)).map((one) => one.sort()), [["one", "three", "two"]]);
    const writes = world.server.callsTo("/streams/").filter(({ method }) => method === "PUT").length;
    await archived(alice);
    assert.equal(world.server.callsTo("/streams/").filter(({ method }) => method === "PUT").length, writes);
  }));

  test("has each message once if the page was closed after a write that it has not noted", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await keepCode(alice);
    await archived(alice);
    await changeRows(alice, ({ archived: _, ...row }) => ({ ...row, unarchived: row.sealed ? 1 : undefined }));
    const again = await world.reload(alice);
    await again.send(bob, "three");
    await until(() => again.states(bob).at(-1) !== "sending");
    await archived(again);
    assert.deepEqual(await texts(world, again), ["one", "three", "two"]);
  }));

  test("gets from the next page what one had not written when it was closed", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await keepCode(alice);
    await archived(alice);
    await alice.send(bob, "three");
    await until(() => alice.states(bob).at(-1) !== "sending");
    alice.account.close();
    assert.deepEqual(await texts(world, alice), ["one", "two"]);
    await world.newTab(alice);
    await until(async () => (await texts(world, alice)).includes("three"));
  }));

  test("has each message once if the answer to a write was lost", inWorld(async (world) => {
    const [alice] = await talk(world);
    await keepCode(alice);
    let isLost = false;
    world.server.tamper = ({ method, path }, answer) => {
      if (method === "PUT" && path.includes("/archive/") && !isLost) {
        isLost = true;
        throw new TypeError("the network is gone");
      }
      return answer;
    };
    await until(async () => {
      await alice.account.vault.archive().catch(() => {});
      return (await rowsOf(alice, "messages")).every(({ unarchived }) => !unarchived);
    });
    assert.equal(isLost, true);
    assert.deepEqual(await texts(world, alice), ["one", "two"]);
  }));

  test("and the states are written at once when the page is hidden", inWorld(async (world) => {
    const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
    globalThis.document = /** @type {any} */ (page);
    world.atEnd(() => delete globalThis.document);
    const [alice, bob] = await talk(world);
    await keepCode(alice);
    await archived(alice);
    await alice.send(bob, "three");
    await bob.shows(alice, "one", "two", "three");
    alice.conversations.setDraft(bob.email, "half a sen");
    await until(() => alice.chat(bob).draft === "half a sen");
    page.visibilityState = "hidden";
    page.dispatchEvent(new Event("visibilitychange"));
    await until(async () => (await texts(world, alice)).includes("three"));
  }));

  test("is full when the server says so: that is said, and the chat goes on", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await keepCode(alice);
    const isWrite = ({ method, path }) => method === "PUT" && path.includes("/archive/");
    world.server.intercept = (call) => (isWrite(call) ? refusal(409, "storage_full") : undefined);
    await alice.account.vault.archive();
    assert.deepEqual([alice.account.vault.state, alice.account.vault.problem], ["kept", "archive_full"]);
    await alice.send(bob, "three");
    await bob.shows(alice, "one", "two", "three");
    world.server.intercept = () => undefined;
    await archived(alice);
    assert.equal(alice.account.vault.problem, null);
    assert.deepEqual(await texts(world, alice), ["one", "three", "two"]);
  }));

  test("of a vault that was given up begins anew with the next vault", inWorld(async (world) => {
    const [alice] = await talk(world);
    await keepCode(alice);
    await archived(alice);
    alice.browser.use();
    const database = await Database.open(alice.email);
    await database.write(["state"], async (stores) => stores("state").put({ vault: "another", segments: {} }, "archive"));
    database.close();
    world.server.user(alice.email).streams.clear();
    await changeState(alice, "stream pins", {});
    await archived(await world.reload(alice));
    assert.deepEqual(await texts(world, alice), ["one", "two"]);
  }));
});

async function changeState({ browser, email }, name, value) {
  browser.use();
  const database = await Database.open(email);
  await database.write(["state"], async (stores) => stores("state").put(value, name));
  database.close();
}

describe("history in a fresh browser", () => {
  test("goes back to the first message, though the server has none; in order, without a hole", inWorld(async (world) => {
    const [alice, bob] = await withMany(world, 130);
    const code = await keepCode(alice);
    await archived(alice);
    withhold(world.server);
    const fresh = await secondBrowser(world, alice, code);
    const thread = fresh.conversations.open(bob.email);
    await until(async () => {
      await thread.loadOlder();
      return fresh.texts(bob).length === 130;
    });
    assert.deepEqual(fresh.texts(bob), numbers(1, 130));
    assert.equal(thread.hasOlder, false);
  }));

  test("shows a screen at first, however much the archive has", inWorld(async (world) => {
    const [alice, bob] = await withMany(world, 130);
    const code = await keepCode(alice);
    await archived(alice);
    withhold(world.server);
    const fresh = await lockedBrowser(world, alice);
    fresh.conversations.open(bob.email);
    await fresh.account.vault.unlockByCode(code);
    await fresh.account.vault.archive({ takesIn: true });
    await until(() => fresh.texts(bob).at(-1) === "130");
    assert.ok(fresh.texts(bob).length < 100, String(fresh.texts(bob).length));
  }));

  test("has what the archive lacks in the middle, from the server, and opens only that", inWorld(async (world) => {
    const [alice, bob] = await withMany(world, 90);
    const code = await keepCode(alice);
    await changeRows(alice, (row) => (row.counter > 40 && row.counter <= 80 ? { ...row, archived: true, unarchived: undefined } : row));
    const again = await world.reload(alice);
    await archived(again);
    const fresh = await secondBrowser(world, alice, code);
    await fresh.account.vault.archive({ takesIn: true });
    const thread = fresh.conversations.open(bob.email);
    await until(async () => {
      await thread.loadOlder();
      return fresh.texts(bob).join() === numbers(1, 90).join();
    }, () => fresh.texts(bob).join());
    const rows = await rowsOf(fresh, "messages");
    assert.equal(rows.filter(({ archived: isArchived }) => isArchived).length >= 40, true);
  }));

  test("counts a message as unread that nobody has seen yet, and only once", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await alice.conversations.markRead(bob.email);
    await until(() => alice.chat(bob).unread === 0 && world.server.texts[1].read_at);
    const code = await keepCode(alice);
    alice.conversations.close(bob.email);
    await bob.send(alice, "three");
    await until(() => alice.chat(bob).unread === 1);
    await until(async () => (await rowsOf(alice, "messages")).every(({ raw }) => !raw));
    await archived(alice);
    const fresh = await secondBrowser(world, alice, code);
    await fresh.account.vault.archive({ takesIn: true });
    await fresh.shows(bob, "one", "two", "three");
    await until(() => fresh.chat(bob).unread === 1, () => `unread: ${fresh.chat(bob).unread}`);
  }));

  test("goes on in both directions after it came from the archive", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    const code = await keepCode(alice);
    await archived(alice);
    withhold(world.server);
    const fresh = await secondBrowser(world, alice, code);
    await fresh.shows(bob, "one", "two");
    await fresh.send(bob, "three");
    await bob.shows(alice, "one", "two", "three");
    await bob.send(alice, "four");
    await fresh.shows(bob, "one", "two", "three", "four");
    assert.deepEqual(bob.items(alice).filter(({ conflict, secondBrowser: isOther }) => conflict || isOther), []);
    assert.deepEqual(fresh.marks(bob), []);
  }));
});

describe("a cleared message", () => {
  test("leaves the archives of all browsers, and no fresh browser shows it", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    const code = await keepCode(alice);
    const second = await secondBrowser(world, alice, code);
    await second.shows(bob, "one", "two");
    await archived(alice);
    await changeRows(second, ({ archived: _, ...row }) => ({ ...row, unarchived: row.sealed ? 1 : undefined }));
    await archived(second);
    assert.deepEqual(await texts(world, alice), ["one", "one", "two", "two"]);
    await alice.conversations.clear(bob.email);
    await bob.send(alice, "three");
    await alice.shows(bob, "three");
    await archived(alice);
    assert.deepEqual(await texts(world, alice), ["three"]);
    const fresh = await secondBrowser(world, alice, code);
    await fresh.account.vault.archive({ takesIn: true });
    await fresh.shows(bob, "three");
  }));

  test("leaves the archive later if the server was away", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await keepCode(alice);
    await archived(alice);
    world.server.intercept = ({ path }) => (path.includes("/streams") ? refusal(503, "unavailable") : undefined);
    await alice.conversations.clear(bob.email);
    await alice.account.vault.archive().catch(() => {});
    world.server.intercept = () => undefined;
    assert.deepEqual(await texts(world, alice), ["one", "two"]);
    await archived(await world.reload(alice));
    assert.deepEqual(await texts(world, alice), []);
  }));

  test("stays away when another browser's archive still has it", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    const code = await keepCode(alice);
    const second = await secondBrowser(world, alice, code);
    await second.shows(bob, "one", "two");
    await alice.conversations.clear(bob.email);
    await changeRows(second, ({ archived: _, ...row }) => ({ ...row, unarchived: row.sealed ? 1 : undefined }));
    await archived(second);
    await archived(alice);
    assert.deepEqual(alice.texts(bob), []);
    assert.deepEqual(await texts(world, alice), []);
  }));

  test("of a chat that was cleared before its archive had come does not come", inWorld(async (world) => {
    const [alice, bob] = await withMany(world, 60);
    const code = await keepCode(alice);
    await archived(alice);
    const fresh = await lockedBrowser(world, alice);
    await until(() => fresh.chat(bob));
    await fresh.conversations.clear(bob.email);
    await fresh.account.vault.unlockByCode(code);
    await archived(fresh);
    assert.deepEqual(await rowsOf(fresh, "messages"), []);
    assert.deepEqual(await texts(world, fresh), []);
  }));
});

describe("a segment that", () => {
  for (const [name, content, problem] of [
    ["a newer version has written is left, and read by a newer page", { v: 2, messages: 7 }, "archive_newer"],
    ["is out of form is left out", { v: 1, messages: [{ id: 1 }] }, "archive_damaged"],
  ]) {
    test(`${name}; that is said, and the others are read`, inWorld(async (world) => {
      const [alice, bob] = await talk(world);
      const code = await keepCode(alice);
      await archived(alice);
      const streams = await streamsOf(world, alice);
      await streams.look();
      await streams.append("archive", content);
      withhold(world.server);
      const fresh = await secondBrowser(world, alice, code);
      await fresh.shows(bob, "one", "two");
      await until(() => fresh.account.vault.problem === problem);
    }));
  }

  test("is full is followed by another one", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await keepCode(alice);
    const streams = await streamsOf(world, alice);
    await archived(alice);
    const [{ content, number }] = await streams.read({ browser: await ownBrowser(streams), kind: "archive" });
    const [first] = content.messages;
    const many = Array.from({ length: MESSAGES_LIMIT }, (_, index) =>
      ({ ...first, marks: [], content: { ...first.content, received: [], body: "x", counter: 1000 + index } }));
    await streams.rewrite({ browser: await ownBrowser(streams), kind: "archive", number }, () => ({ v: 1, messages: many.slice(0, 400) }));
    await alice.send(bob, "y".repeat(4000));
    await alice.send(bob, "last");
    await until(() => alice.states(bob).every((state) => state !== "sending"));
    await archived(alice);
    assert.ok((await texts(world, alice)).includes("last"));
  }));
});

async function ownBrowser(streams) {
  await streams.look();
  return streams.all().find(({ kind }) => kind === "archive").browser;
}
