import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { keepCode, lockedBrowser, secondBrowser, talk, twoAndBob } from "../../world/own-browsers.js";
import { refusal } from "../../world/memory-server.js";
import { inWorld, pause, until } from "../../world/world.js";

const counters = (world, person) => world.server.texts.filter(({ sender_email: sender }) => sender === person.email).length;

describe("two browsers of one person", () => {
  test("both have the key, and each has its own id and counters", inWorld(async (world) => {
    const { alice, second, bob } = await twoAndBob(world);
    assert.deepEqual([alice, second].map(({ account }) => account.key.status), ["ready", "ready"]);
    await Promise.all([alice.send(bob, "from the first"), second.send(bob, "from the second")]);
    await until(() => bob.texts(alice).length === 4);
    const browsers = bob.items(alice).filter(({ mine }) => !mine).map(({ key }) => key);
    assert.equal(new Set(browsers).size, 3);
    assert.deepEqual(bob.items(alice).filter(({ conflict, secondBrowser: marked }) => conflict || marked), []);
    assert.equal(counters(world, alice), 3);
  }));

  test("show what the other one has sent, and neither they nor peers mark it", inWorld(async (world) => {
    const { alice, second, bob } = await twoAndBob(world);
    await second.send(bob, "from the second");
    await alice.shows(bob, "one", "two", "from the second");
    await bob.shows(alice, "one", "two", "from the second");
    for (const [reader, writer] of [[alice, bob], [bob, alice]]) {
      assert.deepEqual(reader.items(writer).map(({ secondBrowser: marked }) => marked), [false, false, false]);
      assert.deepEqual(reader.marks(writer), []);
    }
  }));

  test("agree on what the person has compared and set, whichever has it", inWorld(async (world) => {
    const { alice, second, bob } = await twoAndBob(world);
    await second.safety.numbers(bob.email);
    await second.safety.markChecked(bob.email);
    await alice.account.preferences.set({ readReceipts: false });
    await until(() => alice.safety.state(bob.email).compared === "yes");
    await until(() => second.account.preferences.readReceipts === false);
  }));

  test("take over what another one has written while they were reading", inWorld(async (world) => {
    const { alice, second, bob } = await twoAndBob(world);
    const kept = world.server.user(alice.email);
    await alice.account.vault.load();
    world.server.pushes = false;
    const before = structuredClone(kept.vaults.at(-1));
    await second.safety.numbers(bob.email);
    await second.safety.markChecked(bob.email);
    await until(() => kept.vaults.at(-1).version > before.version);
    let isRead = false;
    world.server.intercept = ({ method, path, host }) => {
      const isFirst = method === "GET" && path === "/api/vault" && host === alice.browser.host && !isRead;
      isRead ||= isFirst;
      return isFirst ? { status: 200, body: before } : undefined;
    };
    await alice.account.vault.load();
    world.server.pushes = true;
    world.server.push(kept, { type: "vault_changed", version: kept.vaults.at(-1).version });
    await until(() => alice.safety.state(bob.email).compared === "yes");
  }));

  test("lose nothing when both write the vault at once", inWorld(async (world) => {
    const { alice, second, bob } = await twoAndBob(world);
    const carol = await world.newPerson("carol");
    await Promise.all([alice.account.contacts.add(carol.email), second.safety.numbers(bob.email)]);
    await alice.safety.numbers(carol.email);
    await Promise.all([alice.safety.markChecked(carol.email), second.safety.markChecked(bob.email)]);
    for (const browser of [alice, second]) {
      await until(() => browser.safety.state(bob.email).compared === "yes" && browser.safety.state(carol.email).compared === "yes");
    }
  }));

  test("hear of a browser that was added, until the person has seen it", inWorld(async (world) => {
    const { alice, second } = await twoAndBob(world);
    const { vault } = alice.account;
    await until(() => vault.news.map(({ name }) => name).join() === "Browser");
    await vault.dismissNews(vault.news[0].id);
    await until(() => vault.news.length === 0);
    assert.deepEqual(second.account.vault.news, [], "it was added itself");
    assert.equal(second.account.vault.browsers.filter(({ isThis }) => isThis).length, 1);
  }));
});

describe("receipts", () => {
  test("show in each of the person's browsers, whichever has sent the message", inWorld(async (world) => {
    const { alice, second, bob } = await twoAndBob(world);
    await alice.send(bob, "from the first");
    await second.send(bob, "from the second");
    await until(() => bob.texts(alice).length === 4);
    await bob.conversations.markRead(alice.email);
    for (const browser of [alice, second]) {
      await until(() => browser.items(bob).length === 4);
      await until(() => browser.states(bob).slice(2).join() === "read,read", () => browser.states(bob).join());
    }
  }));

  test("show in a browser that was unlocked after them, and tell what is read there", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await bob.conversations.markRead(alice.email);
    await until(() => alice.states(bob)[0] === "read");
    const second = await secondBrowser(world, alice, await keepCode(alice));
    await second.shows(bob, "one", "two");
    await until(() => second.states(bob)[0] === "read", () => second.states(bob).join());
    await bob.send(alice, "three");
    await second.shows(bob, "one", "two", "three");
    await second.conversations.markRead(bob.email);
    await until(() => bob.states(alice)[2] === "read", () => bob.states(alice).join());
  }));
});

describe("a browser that is signed out", () => {
  test("says so and ends; the vault key is renewed, and nobody sees a change of keys", inWorld(async (world) => {
    const { alice, second, bob, code } = await twoAndBob(world);
    const ended = new Promise((resolve) => second.session.on("ended", resolve));
    const { vault } = alice.account;
    await vault.signOut(vault.browsers.find(({ isThis }) => !isThis).id);
    // A call that is under way can be refused before the push comes.
    assert.ok(["signed_out", "session_over"].includes((await ended).reason));
    assert.equal(vault.browsers.length, 1);
    assert.equal(world.server.user(alice.email).vaults.at(-1).generation, 2);
    assert.equal(world.server.user(alice.email).keys.length, 1);
    await alice.send(bob, "three");
    await bob.shows(alice, "one", "two", "three");
    const third = await secondBrowser(world, alice, code);
    await third.shows(bob, "one", "two", "three");
    for (const browser of [alice, third]) {
      await until(() => browser.session.mayBeSignedOut === false);
    }
  }));

  test("ends also where it has logged in again since it was added", inWorld(async (world) => {
    const { alice, second } = await twoAndBob(world);
    second.account.close();
    const again = await world.logIn(alice, second.browser);
    await until(() => world.server.callsTo("/browsers/here").filter(({ host }) => host === second.browser.host).length === 2);
    const ended = new Promise((resolve) => again.session.on("ended", resolve));
    const { vault } = alice.account;
    await vault.signOut(vault.browsers.find(({ isThis }) => !isThis).id);
    // A call that is under way can be refused before the push comes.
    assert.ok(["signed_out", "session_over"].includes((await ended).reason));
  }));

  test("is locked when the person logs in there again, and can be unlocked", inWorld(async (world) => {
    const { alice, second, bob, code } = await twoAndBob(world);
    const { vault } = alice.account;
    // Its session is not bound yet, so only the list tells it.
    world.server.endSessionsOutside = () => {};
    const ended = new Promise((resolve) => second.session.on("ended", resolve));
    await vault.signOut(vault.browsers.find(({ isThis }) => !isThis).id);
    assert.deepEqual(await ended, { reason: "signed_out" });
    const again = await world.logIn(alice, second.browser);
    assert.equal(again.account.vault.state, "locked");
    await again.account.vault.load();
    assert.equal(again.account.vault.state, "locked");
    const tab = await world.newTab(again);
    await tab.account.vault.dismissNews("of another tab");
    assert.equal(tab.account.vault.state, "locked");
    await again.account.vault.unlockByCode(code);
    assert.equal(again.account.vault.state, "kept");
    await until(() => vault.browsers.length === 2);
    await again.send(bob, "three");
    await bob.shows(alice, "one", "two", "three");
    assert.deepEqual(bob.marks(alice), []);
  }));

  test("as stolen also loses the account's key: peers see the change, own browsers do not", inWorld(async (world) => {
    const { alice, second, bob, code } = await twoAndBob(world);
    const third = await secondBrowser(world, alice, code);
    const { vault } = alice.account;
    await until(() => vault.browsers.length === 3);
    const stolen = world.server.user(alice.email).keys.at(-1).fingerprint;
    const [, id] = vault.browsers.filter(({ isThis }) => !isThis).map((browser) => browser.id);
    const thief = [second, third].find(({ account }) => account.vault.browsers.find(({ isThis }) => isThis).id === id);
    const other = [second, third].find((one) => one !== thief);
    const ended = new Promise((resolve) => thief.session.on("ended", resolve));
    await vault.signOut(id, { isStolen: true });
    await ended;
    assert.notEqual(world.server.user(alice.email).keys.at(-1).fingerprint, stolen);
    await until(() => other.account.key.current?.fingerprint === alice.account.key.current.fingerprint);
    await until(() => other.account.vault.browsers.length === 2);
    assert.equal(other.account.vault.state, "kept");
    assert.equal(vault.ways.find(({ kind }) => kind === "code").needsRenewal, true);
    await alice.send(bob, "three");
    await until(() => bob.conversations.open(alice.email).keyChange !== null);
    const fresh = await secondBrowser(world, alice, code);
    await fresh.shows(bob, "one", "two", "three");
  }));

  test("as stolen says so also if it learns of it after the key was replaced", inWorld(async (world) => {
    const { alice, second, code } = await twoAndBob(world);
    world.server.pushes = false;
    world.server.endSessionsOutside = () => {};
    const { vault } = alice.account;
    await vault.signOut(vault.browsers.find(({ isThis }) => !isThis).id, { isStolen: true });
    let reason = null;
    second.session.on("ended", (ended) => (reason = ended.reason));
    // The end of the session closes the database under what still runs.
    await second.account.vault.load().catch(() => {});
    await until(() => reason === "signed_out");
    const again = await world.logIn(alice, second.browser);
    await again.account.vault.unlockByCode(code);
    assert.equal(again.account.key.current.fingerprint, alice.account.key.current.fingerprint);
  }));

  test("is not called foreign where the list cannot be asked for", inWorld(async (world) => {
    const { alice, second } = await twoAndBob(world);
    world.server.pushes = false;
    world.server.endSessionsOutside = () => {};
    const { vault } = alice.account;
    world.server.intercept = ({ method, path, host }) =>
      (method === "GET" && path === "/api/browsers" && host === second.browser.host ? refusal(503, "unavailable") : undefined);
    await vault.signOut(vault.browsers.find(({ isThis }) => !isThis).id);
    await assert.rejects(second.account.vault.load(), { code: "unavailable" });
    assert.equal(second.account.vault.state, "kept");
  }));

  test("as stolen does not replace a key that was made outside the vault meanwhile", inWorld(async (world) => {
    const { alice } = await twoAndBob(world);
    const { vault } = alice.account;
    world.server.intercept = (call) => (call.path.endsWith("/keys/upload") ? refusal(503, "unavailable") : undefined);
    await assert.rejects(vault.signOut(vault.browsers.find(({ isThis }) => !isThis).id, { isStolen: true }), { code: "unavailable" });
    world.server.intercept = () => undefined;
    alice.account.close();
    const fresh = await lockedBrowser(world, alice);
    await fresh.account.vault.startWithout();
    const made = world.server.user(alice.email).keys.at(-1).fingerprint;
    const again = await world.newTab(alice);
    await again.account.vault.load();
    assert.equal(world.server.user(alice.email).keys.at(-1).fingerprint, made);
    assert.deepEqual([again.account.key.status, again.account.vault.state], ["replaced", "kept"]);
    await again.account.key.takeOver();
    await again.account.vault.load();
    assert.equal(again.account.key.status, "ready");
    assert.ok(![made, alice.account.key.pairs[0].fingerprint].includes(world.server.user(alice.email).keys.at(-1).fingerprint));
  }));

  test("as stolen loses the key also if the page is closed in between", inWorld(async (world) => {
    const { alice, bob } = await twoAndBob(world);
    const { vault } = alice.account;
    world.server.intercept = (call) => (call.path.endsWith("/keys/upload") ? { status: 503, body: { code: "unavailable" } } : undefined);
    await assert.rejects(vault.signOut(vault.browsers.find(({ isThis }) => !isThis).id, { isStolen: true }), { code: "unavailable" });
    world.server.intercept = () => undefined;
    const before = alice.account.key.current.fingerprint;
    const again = await world.reload(alice);
    await until(() => again.account.key.current?.fingerprint !== before && again.account.key.status === "ready");
    await until(() => again.account.vault.state === "kept");
    await again.send(bob, "three");
    await until(() => bob.conversations.open(alice.email).keyChange !== null);
  }));
});

describe("a peer's second browser", () => {
  test("is marked where the list that the server gives is older than the one that is pinned", inWorld(async (world) => {
    const { alice, second, bob, code } = await twoAndBob(world);
    await second.send(bob, "from the second");
    await bob.shows(alice, "one", "two", "from the second");
    const old = world.server.user(alice.email).browserList;
    const third = await secondBrowser(world, alice, code);
    const hidden = world.server.user(alice.email).browserList;
    world.server.intercept = (call) => (call.path.includes("/browsers/email/")
      ? { status: 200, body: { email: alice.email, browsers: old, version: 2 } } : undefined);
    assert.notEqual(old, hidden);
    await third.send(bob, "from the third");
    await bob.shows(alice, "one", "two", "from the second", "from the third");
    assert.deepEqual(bob.items(alice).map(({ secondBrowser: marked }) => marked), [false, false, false, true]);
  }));

  test("is marked where another identity has signed the list", inWorld(async (world) => {
    const { alice, second, bob } = await twoAndBob(world);
    const mallory = await world.newPerson("mallory");
    await keepCode(mallory);
    const { browserList } = world.server.user(mallory.email);
    world.server.intercept = (call) => (call.path.includes("/browsers/email/")
      ? { status: 200, body: { email: alice.email, browsers: browserList, version: 9 } } : undefined);
    await second.send(bob, "from the second");
    await bob.shows(alice, "one", "two", "from the second");
    assert.equal(bob.items(alice).at(-1).secondBrowser, true);
  }));
});

describe("a person who starts without old messages", () => {
  test("can unlock them later, and the new key stays the account's", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    const code = await keepCode(alice);
    const fresh = await lockedBrowser(world, alice);
    await fresh.account.vault.startWithout();
    assert.deepEqual([fresh.account.key.status, fresh.account.vault.state], ["ready", "locked"]);
    const made = fresh.account.key.current.fingerprint;
    await fresh.account.vault.unlockByCode(code);
    await fresh.shows(bob, "one", "two");
    assert.equal(fresh.account.key.current.fingerprint, made);
    await until(() => alice.account.key.current?.fingerprint === made);
    await pause(0);
  }));

  test("unlocks them in a third browser, which then has the account's key, and later there as well", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    const code = await keepCode(alice);
    const { fingerprint } = alice.account.key.current;
    alice.account.close();
    const started = await lockedBrowser(world, alice);
    await started.account.vault.startWithout();
    await started.send(bob, "three");
    await until(() => bob.conversations.open(alice.email).keyChange !== null);
    await bob.conversations.acceptKey(alice.email);
    await bob.shows(alice, "one", "two", "three");
    const third = await lockedBrowser(world, alice);
    world.server.expireProofs();
    await assert.rejects(third.account.vault.unlockByCode(code), { code: "proof_needed" });
    assert.deepEqual([third.account.key.status, third.account.vault.state], ["absent-here", "locked"]);
    await third.account.vault.prove({ password: "a long enough password" });
    await third.account.vault.unlockByCode(code);
    assert.deepEqual([third.account.vault.state, third.account.key.current.fingerprint], ["kept", fingerprint]);
    await started.account.vault.prove({ password: "a long enough password" });
    await started.account.vault.unlockByCode(code);
    assert.deepEqual([started.account.vault.state, started.account.key.current.fingerprint], ["kept", fingerprint]);
    await third.shows(bob, "one", "two", "three");
  }));

  test("cannot invite another browser from one whose key is not the account's any more", inWorld(async (world) => {
    const [alice] = await talk(world);
    await keepCode(alice);
    const started = await lockedBrowser(world, alice);
    await started.account.vault.startWithout();
    await alice.account.key.ensure();
    await assert.rejects(alice.account.vault.invite(), { code: "key_not_here" });
  }));
});
