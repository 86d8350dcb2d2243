import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { IDBDatabase as FDBDatabase } from "fake-indexeddb";
import { inWorld, pause, until } from "../../world/world.js";

const TEXT = "pressed Enter on";

/**
 * Ends this tab's storage as in a killed tab: some writes succeed, and no later ones.
 * @param {{ email: string }} person
 * @param {number} writes how many succeed
 * @param {() => void} died called before the first that does not
 * @returns {() => void} restores the platform for other tabs
 */
function dieAfter({ email }, writes, died) {
  const { transaction } = FDBDatabase.prototype;
  const alive = new WeakSet();
  let left = writes;
  FDBDatabase.prototype.transaction = function (names, mode, options) {
    const isDying = this.name === `vibechat ${email}` && !alive.has(this);
    if (isDying && mode === "readwrite" && left-- <= 0) {
      died();
      throw new DOMException("the tab is gone", "AbortError");
    }
    return transaction.call(this, names, mode, options);
  };
  return () => void (FDBDatabase.prototype.transaction = transaction);
}

/** How often the text is in a tab: in the log or as a draft. */
function places(person, other) {
  const inLog = person.texts(other).filter((text) => text === TEXT).length;
  return inLog + Number(person.conversations.open(other.email).draft.includes(TEXT));
}

/** What the composer of a tab shows. */
function draftOf(person, other) {
  return person.conversations.open(other.email).draft;
}

async function twoTabs(world) {
  const [alice, bob] = await world.friends("alice", "bob");
  const tab = await world.newTab(alice);
  [alice, tab].forEach((one) => one.conversations.open(bob.email));
  return { alice, bob, tab };
}

describe("a draft that is sent", () => {
  for (let writes = 0; writes < 8; writes += 1) {
    test(`is found again once, in a tab that is killed after ${writes} writes`, inWorld(async (world) => {
      const [alice, bob] = await world.friends("alice", "bob");
      await pause(100);
      world.server.isReachable = false;
      [...world.server.sockets].forEach((socket) => socket.shut(1006));
      alice.conversations.open(bob.email);
      /** @type {number | null} */
      let shown = null;
      const revive = dieAfter(alice, writes, () => (shown ??= alice.texts(bob).length));
      for (let length = 1; length <= TEXT.length; length += 1) {
        alice.conversations.setDraft(bob.email, TEXT.slice(0, length));
      }
      await alice.send(bob, TEXT).catch(() => {});
      shown ??= alice.texts(bob).length;
      revive();
      world.server.isReachable = true;
      const tab = await world.reload(alice);
      const thread = tab.conversations.open(bob.email);
      await until(() => !thread.loading);
      const found = places(tab, bob);
      assert.ok(found === 1 || (found === 0 && shown === 0), `on the screen: ${shown}, found again: ${found}`);
      assert.ok(found === 1 || writes === 0, "as soon as anything is written, the text is");
    }));
  }

  test("is not replaced by what is typed next before it is a message", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await pause(100);
    const revive = dieAfter(alice, 1, () => {});
    alice.conversations.setDraft(bob.email, TEXT);
    const sending = alice.send(bob, TEXT);
    alice.conversations.setDraft(bob.email, "next");
    await assert.rejects(sending);
    revive();
    const tab = await world.reload(alice);
    assert.equal(tab.conversations.open(bob.email).draft, TEXT);
  }));

  test("ends as a message, and what was typed next as a draft", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    alice.conversations.setDraft(bob.email, TEXT);
    const sending = alice.send(bob, TEXT);
    alice.conversations.setDraft(bob.email, "next");
    await sending;
    await bob.shows(alice, TEXT);
    const again = await world.reload(alice);
    assert.equal(again.conversations.open(bob.email).draft, "next");
  }));

  test("is no draft any more once it is a message, also after a reload", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.types(bob, `\n${TEXT}  `);
    const again = await world.reload(alice);
    assert.equal(again.conversations.open(bob.email).draft, `\n${TEXT}  `);
    await again.send(bob, TEXT);
    assert.equal(again.conversations.open(bob.email).draft, "");
    const third = await world.reload(again);
    assert.equal(third.conversations.open(bob.email).draft, "");
    await third.shows(bob, TEXT);
  }));

  test("does not change what another tab has typed since", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const tab = await world.newTab(alice);
    await alice.types(bob, TEXT);
    await tab.types(bob, "begun in the other tab");
    await alice.send(bob, TEXT);
    const third = await world.newTab(alice);
    assert.equal(third.conversations.open(bob.email).draft, "begun in the other tab");
  }));

  test("is taken over by a tab without unsaved text", inWorld(async (world) => {
    const { alice, bob, tab } = await twoTabs(world);
    alice.conversations.setDraft(bob.email, TEXT);
    await until(() => draftOf(tab, bob) === TEXT);
    tab.conversations.setDraft(bob.email, `${TEXT} and on`);
    await until(() => draftOf(alice, bob) === `${TEXT} and on`);
    alice.conversations.setDraft(bob.email, "");
    await until(() => draftOf(tab, bob) === "");
  }));

  test("is joined with what another tab has stored meanwhile, in both and after a reload", inWorld(async (world) => {
    const { alice, bob, tab } = await twoTabs(world);
    alice.conversations.setDraft(bob.email, "of one");
    tab.conversations.setDraft(bob.email, "of the other");
    const both = ["of one", "of the other"];
    await until(() => both.every((text) => draftOf(alice, bob).split("\n").includes(text)));
    await until(() => draftOf(tab, bob) === draftOf(alice, bob));
    const third = await world.newTab(alice);
    assert.deepEqual(draftOf(third, bob).split("\n").sort(), both);
  }));

  test("is joined once, however much is typed while it is", inWorld(async (world) => {
    const { alice, bob, tab } = await twoTabs(world);
    await alice.types(bob, "of one");
    for (const letter of "of the other") {
      tab.conversations.setDraft(bob.email, draftOf(tab, bob).replace(/^[^\n]*/u, (line) => line + letter));
      await pause(1);
    }
    await until(() => draftOf(alice, bob) === "of the other\nof one");
  }));

  test("is sent once where both tabs send it at the same moment", inWorld(async (world) => {
    const { alice, bob, tab } = await twoTabs(world);
    alice.conversations.setDraft(bob.email, TEXT);
    await until(() => draftOf(tab, bob) === TEXT);
    await Promise.all([alice.send(bob, TEXT), tab.send(bob, TEXT)]);
    await bob.shows(alice, TEXT);
    await alice.shows(bob, TEXT);
    await tab.shows(bob, TEXT);
    assert.deepEqual([draftOf(alice, bob), draftOf(tab, bob)], ["", ""]);
    await tab.send(bob, TEXT);
    await bob.shows(alice, TEXT, TEXT);
  }));

  test("is removed from the composer of the other tab when it is sent", inWorld(async (world) => {
    const { alice, bob, tab } = await twoTabs(world);
    alice.conversations.setDraft(bob.email, TEXT);
    await until(() => draftOf(tab, bob) === TEXT);
    await alice.send(bob, TEXT);
    await until(() => draftOf(tab, bob) === "");
  }));

  test("keeps the letters that are typed after it in one tab while the other sends it", inWorld(async (world) => {
    const { alice, bob, tab } = await twoTabs(world);
    alice.conversations.setDraft(bob.email, TEXT);
    await until(() => draftOf(tab, bob) === TEXT);
    const sending = alice.send(bob, TEXT);
    await until(() => alice.texts(bob).includes(TEXT));
    await sending;
    tab.conversations.setDraft(bob.email, `${TEXT} and on`);
    await until(() => draftOf(alice, bob) === "and on");
    await until(() => draftOf(tab, bob) === "and on");
  }));

  test("is not lost where another tab stores its own before it is a message", inWorld(async (world) => {
    const { alice, bob, tab } = await twoTabs(world);
    tab.conversations.setDraft(bob.email, "of the other");
    alice.conversations.setDraft(bob.email, TEXT);
    await alice.send(bob, TEXT);
    await bob.shows(alice, TEXT);
    await until(() => [alice, tab].every((one) => draftOf(one, bob) === "of the other"));
  }));

  test("is joined with a draft that had not been read yet when typing began", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.types(bob, TEXT);
    const tab = await world.openTab(alice);
    tab.conversations.setDraft(bob.email, "typed at once");
    await until(() => draftOf(tab, bob) === `typed at once\n${TEXT}`);
  }));

  test("is shown at once if it is stored as a draft, otherwise once it is a message", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    alice.conversations.open(bob.email);
    await alice.types(bob, "typed");
    const first = alice.send(bob, "typed");
    assert.deepEqual(alice.texts(bob), ["typed"]);
    const second = alice.send(bob, "pasted just now");
    assert.deepEqual(alice.texts(bob), ["typed"]);
    await first;
    await second;
    assert.deepEqual(alice.texts(bob), ["typed", "pasted just now"]);
  }));
});
