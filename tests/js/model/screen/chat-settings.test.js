import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { later } from "../../../../static/js/lib/later.js";
import { knowsSettings, LONGEST_NICKNAME, merged, nicknameOf, readSettings } from "../../../../static/js/model/session/chat-settings.js";
import { refusal } from "../../world/memory-server.js";
import { keepCode, secondBrowser, talk, told, twoWithHistory } from "../../world/own-browsers.js";
import { inWorld, rowsOf, until } from "../../world/world.js";

const listed = ({ conversations }) => conversations.chats().map(({ email }) => email);
const archived = (person, other) => person.chat(other)?.isArchived;
const named = (person, other) => person.chat(other)?.name;

const toldSettings = async (...parties) => (await told(...parties))?.settings;

describe("a chat in this browser", () => {
  test("that is pinned stands first", inWorld(async (world) => {
    const [alice, bob, carol] = await world.friends("alice", "bob", "carol");
    await bob.send(alice, "one");
    await alice.shows(bob, "one");
    await carol.send(alice, "two");
    await alice.shows(carol, "two");
    assert.deepEqual(listed(alice), [carol.email, bob.email]);
    await alice.conversations.set(bob.email, { pinned: true });
    await until(() => alice.chat(bob).isPinned);
    assert.deepEqual(listed(alice), [bob.email, carol.email]);
    const again = await world.reload(alice);
    assert.deepEqual(listed(again), [bob.email, carol.email]);
    await again.conversations.set(bob.email, { pinned: false });
    await until(() => !again.chat(bob).isPinned);
    assert.deepEqual(listed(again), [carol.email, bob.email]);
  }));

  test("that is archived returns when a message comes", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await alice.conversations.set(bob.email, { archived: true });
    await until(() => archived(alice, bob));
    await bob.send(alice, "three");
    await until(() => archived(alice, bob) === false);
    await alice.conversations.set(bob.email, { archived: true });
    await until(() => archived(alice, bob));
    await alice.conversations.set(bob.email, { archived: false });
    await until(() => archived(alice, bob) === false);
  }));

  test("that is archived returns when the person writes into it", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await alice.conversations.set(bob.email, { archived: true });
    await until(() => archived(alice, bob));
    await alice.send(bob, "three");
    await until(() => archived(alice, bob) === false);
  }));

  test("that is archived and muted stays there, also when it is not muted any more", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await alice.conversations.set(bob.email, { archived: true, muted: true });
    await bob.send(alice, "three");
    await until(() => alice.chat(bob).lastLine === "three");
    assert.equal(archived(alice, bob), true);
    await alice.conversations.set(bob.email, { muted: false });
    await until(() => !alice.chat(bob).isMuted);
    assert.equal(archived(alice, bob), true);
    await bob.send(alice, "four");
    await until(() => archived(alice, bob) === false);
  }));

  test("that an older version of the page has muted is muted until the person says otherwise", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await alice.account.preferences.setNotifications({ muted: [bob.email] });
    const again = await world.reload(alice);
    assert.equal(again.conversations.isMuted(bob.email), true);
    await again.conversations.set(bob.email, { muted: false });
    await until(() => !again.conversations.isMuted(bob.email));
  }));

  test("that is marked as unread is so until it is opened, and nobody is told", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await alice.conversations.set(bob.email, { unread: true });
    await until(() => alice.chat(bob).isMarkedUnread);
    const again = await world.reload(alice);
    assert.equal(again.chat(bob).isMarkedUnread, true);
    again.conversations.open(bob.email);
    await until(() => !again.chat(bob).isMarkedUnread);
    assert.equal(world.server.messages.some(({ read_at: at }) => at), false);
  }));

  test("that is deleted is gone until a message comes, and the other keeps theirs", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await alice.conversations.set(bob.email, { pinned: true, archived: true });
    alice.conversations.setDraft(bob.email, "a draft");
    await until(() => alice.chat(bob).draft === "a draft");
    await alice.conversations.set(bob.email, { deleted: true });
    await until(() => listed(alice).length === 0);
    await until(async () => (await rowsOf(alice, "messages")).filter(({ hidden }) => !hidden).length === 0);
    const again = await world.reload(alice);
    assert.deepEqual(listed(again), []);
    await bob.shows(alice, "one", "two");
    await bob.send(again, "three");
    await until(() => listed(again).length === 1);
    const { isPinned, isArchived, draft } = again.chat(bob);
    assert.deepEqual([isPinned, isArchived, draft], [false, false, ""]);
    await again.conversations.clear(bob.email);
    await until(() => again.chat(bob)?.lastAt === null, "a cleared chat with a contact stays in the list");
  }));

  test("that is deleted comes back when the contact is added again", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await alice.conversations.set(bob.email, { deleted: true });
    await until(() => listed(alice).length === 0);
    await alice.account.contacts.add(bob.email);
    await until(() => listed(alice).length === 1);
  }));

  test("that is deleted takes back what was not sent", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    world.server.acceptsSockets = false;
    [...world.server.sockets].forEach((socket) => socket.shut(1006));
    world.server.intercept = ({ path }) => (path.includes("/send") ? refusal(400, "invalid") : undefined);
    await alice.conversations.send(bob.email, "never");
    await until(() => alice.chat(bob).failed);
    await alice.conversations.set(bob.email, { deleted: true });
    await until(() => listed(alice).length === 0);
    assert.deepEqual((await rowsOf(alice, "outbox")).filter(({ isSkip }) => !isSkip), []);
  }));
});

describe("a nickname", () => {
  test("stands in place of the display name, and warnings name the address", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    const before = named(alice, bob);
    await alice.conversations.set(bob.email, { nickname: "  Bobby  " });
    await until(() => named(alice, bob) === "Bobby");
    const thread = alice.conversations.open(bob.email);
    assert.deepEqual([thread.name, thread.fullName], ["Bobby", `Bobby (${bob.email})`]);
    assert.equal(alice.chat(bob).otherName, before);
    assert.equal(alice.account.contacts.byEmail(bob.email).name, "Bobby");
    const again = await world.reload(alice);
    assert.equal(named(again, bob), "Bobby");
    await again.conversations.set(bob.email, { nickname: " \u200b " });
    await until(() => named(again, bob) === before);
    assert.equal(again.conversations.open(bob.email).fullName, before);
    assert.equal(again.chat(bob).otherName, "");
  }));

  test("is not readable in what is stored here, and never reaches the server", inWorld(async (world) => {
    const { alice, second, bob } = await twoWithHistory(world);
    await alice.conversations.set(bob.email, { nickname: "Bobbington" });
    await until(() => named(second, bob) === "Bobbington");
    for (const store of ["people", "chats", "state"]) {
      assert.equal(JSON.stringify(await rowsOf(alice, store)).includes("Bobbington"), false, store);
    }
    assert.equal(JSON.stringify(world.server.callsTo("/")).includes("Bobbington"), false);
  }));

  test("that another person has as a name shows the addresses of both", inWorld(async (world) => {
    const [alice, bob, carol] = await world.friends("alice", "bob", "carol");
    await carol.send(alice, "one");
    await bob.send(alice, "two");
    await until(() => listed(alice).length === 2);
    await alice.conversations.set(bob.email, { nickname: named(alice, carol) });
    await until(() => alice.chat(bob).isAmbiguous && alice.chat(carol).isAmbiguous);
  }));

  test("is cut to its longest", () => {
    assert.equal(nicknameOf("😀".repeat(LONGEST_NICKNAME + 1)), "😀".repeat(LONGEST_NICKNAME));
    assert.equal(nicknameOf("\u2060\u200e"), "");
  });
});

describe("the settings of a chat in two browsers", () => {
  test("are the same", inWorld(async (world) => {
    const { alice, second, bob } = await twoWithHistory(world);
    await alice.conversations.set(bob.email, { pinned: true, muted: true, unread: true, archived: true });
    await alice.conversations.set(bob.email, { nickname: "Bobby" });
    await until(() => archived(second, bob) && named(second, bob) === "Bobby");
    const { isPinned, isMuted, isMarkedUnread } = second.chat(bob);
    assert.deepEqual([isPinned, isMuted, isMarkedUnread], [true, true, true]);
    await second.conversations.set(bob.email, { muted: false, archived: false });
    second.conversations.close(bob.email);
    second.conversations.open(bob.email);
    await until(() => archived(alice, bob) === false && !alice.chat(bob).isMuted && !alice.chat(bob).isMarkedUnread);
    assert.equal(alice.chat(bob).isPinned, true);
  }));

  test("end equal when both change at once, setting by setting", inWorld(async (world) => {
    const { alice, second, bob } = await twoWithHistory(world);
    await Promise.all([
      alice.conversations.set(bob.email, { nickname: "Of the first" }), second.conversations.set(bob.email, { nickname: "Of the second" }),
      alice.conversations.set(bob.email, { pinned: true }), second.conversations.set(bob.email, { muted: true }),
    ]);
    const state = (person) => JSON.stringify([person.chat(bob).isPinned, person.chat(bob).isMuted, named(person, bob)]);
    await until(() => state(alice) === state(second) && alice.chat(bob).isMuted && alice.chat(bob).isPinned, () => `${state(alice)} ${state(second)}`);
    await until(async () => JSON.stringify(await toldSettings(world, alice, bob))?.includes("Of the") ?? false);
  }));

  test("come to a browser that is added later", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await alice.conversations.set(bob.email, { pinned: true });
    await alice.conversations.set(bob.email, { nickname: "Bobby" });
    const code = await keepCode(alice);
    await until(async () => (await toldSettings(world, alice, bob))?.nickname?.value === "Bobby");
    const second = await secondBrowser(world, alice, code);
    await until(() => second.chat(bob)?.isPinned && named(second, bob) === "Bobby");
  }));

  test("are deleted with the chat in both", inWorld(async (world) => {
    const { alice, second, bob } = await twoWithHistory(world);
    await alice.conversations.set(bob.email, { deleted: true });
    await until(() => listed(second).length === 0, () => JSON.stringify(second.conversations.chats()));
    await bob.send(alice, "three");
    await until(() => listed(second).length === 1 && listed(alice).length === 1);
  }));
});

describe("what another browser tells of settings", () => {
  const by = "ab".repeat(16);
  const setting = (value, at = 1) => ({ value, at, by });

  test("counts by the later change, in each order and when repeated", () => {
    const [one, other] = [setting("one", 5), { ...setting("other", 5), by: "cd".repeat(16) }];
    for (const [left, right] of [[one, other], [other, one]]) {
      assert.equal(later(left, right), other);
      assert.deepEqual(merged({ nickname: left }, { nickname: right }), { nickname: other });
    }
    assert.equal(later(one, setting("later", 6)).value, "later");
    assert.equal(later(undefined, one), one);
    assert.equal(knowsSettings({ pinned: setting(true, 2) }, { pinned: setting(false, 1) }), true);
    assert.equal(knowsSettings({ pinned: setting(true, 2) }, { pinned: setting(false, 3) }), false);
    assert.equal(knowsSettings({}, { muted: setting(true) }), false);
  });

  for (const [what, value] of Object.entries({
    "no object": 7, "another value": { pinned: setting("yes") }, "no time": { pinned: { value: true, by } }, "a time out of range": { muted: setting(true, 2 ** 60) },
    "a time before all": { muted: setting(true, 0) }, "no browser": { muted: { value: true, at: 1 } }, "an odd browser": { muted: { ...setting(true), by: "x" } },
    "a place below 0": { archived: setting(-1) }, "a place that is no number": { archived: setting("1") }, "an endless nickname": { nickname: setting("x".repeat(101)) },
    "a nickname that nobody sees": { nickname: setting("\u200b") }, "a nickname with spaces around it": { nickname: setting(" Bob") }, "an unknown setting": { colour: setting("red") },
    "a prototype": JSON.parse('{"__proto__": {"pinned": {"value": true, "at": 1, "by": "00"}}}'),
  })) {
    test(`is passed over: ${what}`, () => assert.deepEqual(readSettings(value), {}));
  }

  test("is read", () => {
    const settings = { pinned: setting(true), muted: setting(false), unread: setting(true), archived: setting(12.5), deleted: setting(null), nickname: setting("Bob") };
    assert.deepEqual(readSettings(settings), settings);
  });
});
