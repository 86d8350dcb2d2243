import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { idOf, keepCode, secondBrowser, streamsOf, talk, told, twoWithHistory } from "../../world/own-browsers.js";
import { inWorld, pause, rowsOf, until } from "../../world/world.js";

const unread = (person, other) => person.chat(other)?.unread;
const writes = (world, { browser: { host } }) => world.server.callsTo("/states/").filter((call) => call.method === "PUT" && call.host === host).length;

/** Waits until a browser has told this draft of the chat with the other person. */
function isTold(world, person, other, text) {
  return until(async () => (await told(world, person, other))?.draft?.text === text);
}

/** Bob sends these, and both of Alice's browsers count them as unread. */
async function sendUnread({ alice, second, bob }, ...texts) {
  const before = unread(alice, bob);
  for (const text of texts) {
    await bob.send(alice, text);
  }
  for (const browser of [alice, second]) {
    await until(() => unread(browser, bob) === before + texts.length, () => `unread: ${unread(browser, bob)}`);
    await until(() => browser.texts(bob).includes(texts.at(-1)));
  }
}

describe("what was read in one browser", () => {
  test("is unread in no other one, and peers see it as read", inWorld(async (world) => {
    const given = await twoWithHistory(world);
    const { alice, second, bob } = given;
    await sendUnread(given, "three", "four");
    await alice.conversations.markRead(bob.email);
    await until(() => unread(second, bob) === 0);
    await until(() => bob.states(alice).slice(-2).join() === "read,read");
    await sendUnread(given, "five");
    await second.conversations.markRead(bob.email);
    await until(() => unread(alice, bob) === 0);
  }));

  test("is only what was on the screen there", inWorld(async (world) => {
    const given = await twoWithHistory(world);
    const { alice, second, bob } = given;
    await alice.conversations.markRead(bob.email);
    await until(() => unread(second, bob) === 0);
    await sendUnread(given, "three", "four", "five");
    const [, three, , five] = (await rowsOf(alice, "messages")).filter(({ mine, hidden }) => !mine && !hidden).map(({ id }) => id);
    await alice.conversations.markRead(bob.email, { shown: [five], passed: [three], atEnd: false });
    await until(() => unread(second, bob) === 1);
    const rows = await rowsOf(second, "messages");
    assert.equal(rows.find(({ id }) => id === five).seen, true);
    const passed = rows.find(({ id }) => id === three);
    assert.deepEqual([passed.seen, passed.passed], [false, true], "nobody is told that it was read");
  }));

  test("is not unread in a browser to which it comes later", inWorld(async (world) => {
    const given = await twoWithHistory(world);
    const { alice, second, bob } = given;
    second.account.close();
    await bob.send(alice, "three");
    await until(() => alice.texts(bob).includes("three"));
    await alice.conversations.markRead(bob.email);
    await until(async () => Object.values((await told(world, alice, bob))?.seen ?? {}).join() === "1,2");
    const again = await world.reload(second);
    await again.shows(bob, "one", "two", "three");
    await until(() => unread(again, bob) === 0);
  }));

  test("is not unread in a browser that is added, though the server was not told", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    const code = await keepCode(alice);
    await alice.account.preferences.set({ readReceipts: false });
    for (const text of ["three", "four", "five"]) {
      await bob.send(alice, text);
    }
    await alice.shows(bob, "one", "two", "three", "four", "five");
    await alice.conversations.markRead(bob.email);
    await until(async () => Object.values((await told(world, alice, bob))?.seen ?? {}).join() === "1,4");
    const second = await secondBrowser(world, alice, code);
    await until(() => unread(second, bob) === 0, () => `unread: ${unread(second, bob)}`);
    assert.equal(world.server.messages.some(({ read_at: at }) => at), false);
  }));

  test("leaves another message with its counter unread", inWorld(async (world) => {
    const given = await twoWithHistory(world);
    const { alice, second, bob } = given;
    await sendUnread(given, "three");
    await alice.conversations.markRead(bob.email);
    await until(() => unread(second, bob) === 0);
    const [chat] = await rowsOf(second, "chats");
    const [[from, to]] = Object.values(chat.elsewhere.seen)[0];
    assert.deepEqual([from, to], [1, 2]);
  }));
});

describe("ticks", () => {
  test("show in a browser that is added", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    const code = await keepCode(alice);
    await bob.conversations.markRead(alice.email);
    await alice.showsStates(bob, "read", "");
    await until(async () => (await told(world, alice, bob))?.ticks[idOf(alice)]?.read.length === 1);
    world.server.intercept = ({ path }) => (path.includes("/messages/sync") ? { status: 503, body: {} } : undefined);
    const second = await secondBrowser(world, alice, code);
    await until(() => second.states(bob)[0] === "read", () => second.states(bob).join());
  }));
});

describe("what was cleared in one browser", () => {
  test("is cleared in the others, and what comes later stays", inWorld(async (world) => {
    const given = await twoWithHistory(world);
    const { alice, second, bob } = given;
    await alice.conversations.clear(bob.email);
    await second.shows(bob);
    await bob.send(alice, "three");
    for (const browser of [alice, second]) {
      await browser.shows(bob, "three");
      await until(() => unread(browser, bob) === 1);
    }
    await until(async () => (await rowsOf(second, "chats"))[0].clearedElsewhere === false);
    assert.deepEqual(second.marks(bob), []);
  }));

  test("asks nobody whether to keep it, whichever comes first: the server's event or the other browser's word", inWorld(async (world) => {
    const given = await twoWithHistory(world);
    const { alice, second, bob } = given;
    await second.send(bob, "kept here");
    await alice.shows(bob, "one", "two", "kept here");
    await alice.conversations.clear(bob.email);
    await bob.send(alice, "three");
    await second.shows(bob, "three");
    await until(async () => (await rowsOf(second, "chats"))[0].clearedElsewhere === false);
  }));

  test("while it was being sent shows in no other one, also not in one that is added later", inWorld(async (world) => {
    const { alice, second, bob, code } = await twoWithHistory(world);
    world.server.acceptsSockets = false;
    [...world.server.sockets].forEach((socket) => socket.shut(1006));
    world.server.intercept = ({ path }) => (path.endsWith("/send") ? { status: 503, body: {} } : undefined);
    await alice.send(bob, "on its way");
    await until(() => alice.texts(bob).includes("on its way"));
    await alice.conversations.clear(bob.email);
    assert.equal(world.server.texts.length, 2);
    world.server.acceptsSockets = true;
    world.server.intercept = () => undefined;
    await until(() => world.server.texts.length === 3);
    await until(async () => Object.values((await told(world, alice, bob))?.cleared ?? {}).flat().some(([, to]) => to === 2));
    for (const browser of [alice, second, await secondBrowser(world, alice, code)]) {
      await browser.shows(bob);
    }
    await alice.account.vault.archive({ takesIn: true });
    await bob.shows(alice, "one", "two", "on its way");
  }));

  test("does not come back to a browser to which the server brings it later", inWorld(async (world) => {
    const given = await twoWithHistory(world);
    const { alice, second, bob } = given;
    second.account.close();
    await bob.send(alice, "three");
    await alice.shows(bob, "one", "two", "three");
    world.server.intercept = ({ method, path }) => (method === "DELETE" && path.includes("/conversations/") ? { status: 503, body: {} } : undefined);
    await alice.conversations.clear(bob.email);
    await alice.shows(bob);
    await until(async () => (await told(world, alice, bob))?.cleared_through > 0);
    const again = await world.reload(second);
    await until(() => again.account.vault.state === "kept");
    await again.shows(bob);
  }));
});

describe("a draft", () => {
  const draft = (person, other) => person.chat(other)?.draft ?? "";
  const bothLook = (...browsers) => Promise.all(browsers.map(({ account }) => account.vault.load()));

  test("appears in the other browser, goes on there, and leaves both when it is sent", inWorld(async (world) => {
    const { alice, second, bob } = await twoWithHistory(world);
    second.conversations.open(bob.email);
    alice.conversations.setDraft(bob.email, "a word");
    await until(() => draft(second, bob) === "a word");
    await until(() => second.conversations.open(bob.email).draft === "a word");
    second.conversations.setDraft(bob.email, "a word more");
    await until(() => draft(alice, bob) === "a word more");
    await second.send(bob, "a word more");
    await until(() => draft(alice, bob) === "" && draft(second, bob) === "");
    await alice.shows(bob, "one", "two", "a word more");
  }));

  test("stays as it was typed where the other browser has typed another one", inWorld(async (world) => {
    const { alice, second, bob } = await twoWithHistory(world);
    alice.conversations.setDraft(bob.email, "from the first");
    second.conversations.setDraft(bob.email, "from the second");
    await isTold(world, alice, bob, "from the first");
    await isTold(world, second, bob, "from the second");
    await bothLook(alice, second);
    assert.deepEqual([draft(alice, bob), draft(second, bob)], ["from the first", "from the second"]);
    await second.send(bob, "from the second");
    await alice.shows(bob, "one", "two", "from the second");
    await until(() => draft(second, bob) === "from the first");
    assert.equal(draft(alice, bob), "from the first");
    await alice.send(bob, "from the first");
    await until(() => draft(second, bob) === "");
    await bob.shows(alice, "one", "two", "from the second", "from the first");
  }));

  test("stays where it was typed when the other browser has put another text in its place, and sent that", inWorld(async (world) => {
    const { alice, second, bob } = await twoWithHistory(world);
    alice.conversations.setDraft(bob.email, "from the first");
    await until(() => draft(second, bob) === "from the first");
    second.conversations.setDraft(bob.email, "from the second");
    await isTold(world, second, bob, "from the second");
    await second.send(bob, "from the second");
    await isTold(world, second, bob, "");
    await alice.shows(bob, "one", "two", "from the second");
    await bothLook(alice, second);
    assert.equal(draft(alice, bob), "from the first");
  }));

  test("goes when it was sent in the other browser, though the message comes after the other browser's word", inWorld(async (world) => {
    const { alice, second, bob } = await twoWithHistory(world);
    alice.conversations.setDraft(bob.email, "a word");
    await until(() => draft(second, bob) === "a word");
    world.server.intercept = ({ path, host }) =>
      (path.includes("/messages/sync") && host === alice.browser.host ? { status: 503, body: {} } : undefined);
    const { sockets } = world.server;
    world.server.push = (owner, event) => {
      const isHers = (socket) => socket.user === owner && !(event.type === "new_message" && socket.url.includes(alice.browser.host));
      [...sockets].filter(isHers).forEach((socket) => socket.tell(event));
    };
    await second.send(bob, "a word");
    await isTold(world, second, bob, "");
    await bothLook(alice, second);
    assert.equal(draft(alice, bob), "a word");
    world.server.intercept = () => undefined;
    [...sockets].forEach((socket) => socket.shut(1006));
    await alice.shows(bob, "one", "two", "a word");
    await until(() => draft(alice, bob) === "");
  }));

  test("of the other browser waits while the composer here has the focus and holds another text, or was just sent from", inWorld(async (world) => {
    const { alice, second, bob } = await twoWithHistory(world);
    const composer = () => alice.conversations.open(bob.email).draft;
    alice.conversations.focusDraft(bob.email);
    second.conversations.setDraft(bob.email, "from the second");
    await until(() => composer() === "from the second");
    second.conversations.setDraft(bob.email, "from the second, longer");
    await until(() => composer() === "from the second, longer");
    second.conversations.setDraft(bob.email, "something else");
    await until(() => draft(alice, bob) === "something else");
    assert.equal(composer(), "from the second, longer");
    alice.conversations.setDraft(bob.email, "typed here");
    await alice.send(bob, "typed here");
    await alice.shows(bob, "one", "two", "typed here");
    second.conversations.setDraft(bob.email, "from the second, again");
    await until(() => draft(alice, bob) === "from the second, again");
    assert.equal(composer(), "");
    alice.conversations.focusDraft(null);
    await until(() => composer() === "from the second, again");
  }));

  test("that is erased stays erased", inWorld(async (world) => {
    const { alice, second, bob } = await twoWithHistory(world);
    alice.conversations.setDraft(bob.email, "a word");
    await until(() => draft(second, bob) === "a word");
    alice.conversations.setDraft(bob.email, "");
    await until(() => draft(second, bob) === "");
    const again = await world.reload(second);
    await until(() => again.account.vault.state === "kept");
    await until(() => writes(world, second) > 0);
    assert.equal(draft(again, bob), "");
  }));
});

describe("the states", () => {
  test("are written by a person with a vault only", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await alice.conversations.markRead(bob.email);
    alice.conversations.setDraft(bob.email, "a word");
    await pause(2500);
    assert.deepEqual(world.server.callsTo("/streams"), []);
  }));

  test("come to rest: what came from another browser is not told back", inWorld(async (world) => {
    const given = await twoWithHistory(world);
    const { alice, second, bob } = given;
    await sendUnread(given, "three");
    await pause(2500);
    const before = [alice, second].map((browser) => writes(world, browser));
    await alice.conversations.markRead(bob.email);
    await until(() => unread(second, bob) === 0);
    await pause(4000);
    const after = [alice, second].map((browser) => writes(world, browser));
    assert.deepEqual(after.map((count, index) => count - before[index]), [1, 0]);
  }));

  test("are taken over once the connection is back", inWorld(async (world) => {
    const given = await twoWithHistory(world);
    const { alice, second, bob } = given;
    await sendUnread(given, "three");
    world.server.intercept = ({ method, path, host }) =>
      (path.includes("/states") && method === "GET" && host === second.browser.host ? { status: 503, body: {} } : undefined);
    const isAsked = () => world.server.callsTo("/states").some(({ method, host }) => method === "GET" && host === second.browser.host);
    await alice.conversations.markRead(bob.email);
    await until(isAsked);
    world.server.intercept = () => undefined;
    await second.account.vault.load();
    await until(() => unread(second, bob) === 0);
  }));

  test("of a newer version, or with what no browser writes, change nothing", inWorld(async (world) => {
    const given = await twoWithHistory(world);
    const { alice, second, bob } = given;
    await sendUnread(given, "three");
    const streams = await streamsOf(world, second);
    const place = { browser: idOf(second), kind: "states", number: 1 };
    const all = { seen: { x: [[1, 9]] }, passed: { ["ab".repeat(16)]: "all", __proto__: 1 }, cleared: [[1, 9]], ticks: 7, draft: { text: 1, changes: "now" } };
    for (const content of [{ v: 2, chats: { [bob.email]: { draft: { text: "no", changes: { ["ab".repeat(16)]: 9 } } } } }, { v: 1, chats: { [bob.email]: all, "no one": {} } }, [], "x"]) {
      const { hash } = await streams.rewrite(place, () => content);
      await until(() => world.server.user(alice.email).streams.get(`${place.browser} states`).hashes[0] !== hash
        || world.server.callsTo(`${place.browser}/states`).some(({ method, host }) => method === "GET" && host === alice.browser.host));
      await alice.account.vault.load();
    }
    assert.deepEqual([unread(alice, bob), alice.chat(bob).draft, alice.account.vault.problem], [2, "", null]);
    await alice.shows(bob, "one", "two", "three");
  }));
});
