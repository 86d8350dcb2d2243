import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { CryptoManager } from "../../../../static/js/crypto/crypto.js";
import { Account } from "../../../../static/js/model/account.js";
import { logIn, register } from "../../../../static/js/model/session/sign-in.js";
import { Database } from "../../../../static/js/storage/database.js";
import { refusal } from "../../world/memory-server.js";
import { Browser, inWorld, pause, rowsOf, until } from "../../world/world.js";

const PASSWORD = "a long enough password";

/** @param {(stores: any) => void} work */
async function inDatabase({ browser, email }, names, work) {
  browser.use();
  const database = await Database.open(email);
  await database.write(names, async (stores) => work(stores));
  database.close();
}

async function acquainted(world) {
  const [alice, bob] = await world.friends("alice", "bob");
  await bob.send(alice, "hello");
  await alice.shows(bob, "hello");
  return [alice, bob];
}

/** The stored state of the storage loss. */
async function memoryOf(person) {
  return (await rowsOf(person, "state")).find((value) => ["unsure", "no", "yes", "said"].includes(value));
}

describe("a browser without data of an account", () => {
  test("that was registered in it has lost nothing", inWorld(async (world) => {
    const [alice, bob] = await acquainted(world);
    const again = await world.reload(alice);
    assert.equal(again.account.storageLoss, false);
    assert.equal(await memoryOf(alice), "no");
    assert.equal(again.safety.state(bob.email).forgotten, false);
  }));

  test("that is older shows the loss, and marks each peer", inWorld(async (world) => {
    const [alice, bob] = await acquainted(world);
    const elsewhere = await world.logIn(alice, new Browser());
    await until(() => elsewhere.account.storageLoss);
    await elsewhere.account.key.takeOver();
    await elsewhere.send(bob, "it is me");
    await until(() => elsewhere.safety.state(bob.email).forgotten);
    assert.equal(elsewhere.safety.state(bob.email).compared, "no");
  }));

  test("shows the loss in each tab until it is dismissed, and continues to mark peers", inWorld(async (world) => {
    const [alice, bob] = await acquainted(world);
    const elsewhere = await world.logIn(alice, new Browser());
    await until(() => elsewhere.account.storageLoss);
    const tab = await world.newTab(elsewhere);
    assert.equal(tab.account.storageLoss, true);
    let events = 0;
    tab.account.on("storageLoss", () => (events += 1));
    await elsewhere.account.acknowledgeStorageLoss();
    await until(() => events === 1 && !tab.account.storageLoss);
    assert.equal(elsewhere.account.storageLoss, false);
    const again = await world.reload(elsewhere);
    assert.equal(again.account.storageLoss, false);
    await again.account.contacts.add(bob.email);
    await until(() => again.safety.state(bob.email).forgotten);
  }));

  test("no longer marks a peer after a comparison", inWorld(async (world) => {
    const [alice, bob] = await acquainted(world);
    const elsewhere = await world.logIn(alice, new Browser());
    await elsewhere.account.key.takeOver();
    await elsewhere.account.contacts.add(bob.email);
    await until(() => elsewhere.safety.state(bob.email).forgotten);
    await elsewhere.safety.numbers(bob.email);
    await elsewhere.safety.markChecked(bob.email);
    assert.equal(elsewhere.safety.state(bob.email).forgotten, false);
  }));

  test("sees by a key alone that the account is older", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const elsewhere = await world.logIn(alice, new Browser());
    await until(() => elsewhere.account.storageLoss);
  }));

  test("sees by a contact alone that the account is older", inWorld(async (world) => {
    const [alice] = await acquainted(world);
    world.server.intercept = (call) => (call.method === "GET" && call.path.endsWith("/keys/me") ? refusal(404, "key_not_found") : undefined);
    world.server.messages.length = 0;
    const elsewhere = await world.logIn(alice, new Browser());
    await until(() => elsewhere.account.storageLoss);
  }));

  test("sees by a chat alone that the account is older", inWorld(async (world) => {
    const [alice] = await acquainted(world);
    world.server.intercept = (call) => (call.method === "GET" && call.path.endsWith("/keys/me") ? refusal(404, "key_not_found") : undefined);
    world.server.user(alice.email).contacts.clear();
    const elsewhere = await world.logIn(alice, new Browser());
    await until(() => elsewhere.account.storageLoss);
  }));

  test("that could not ask the server yet shows nothing, and marks peers", inWorld(async (world) => {
    const [alice, bob] = [await world.newPerson("alice"), await world.newPerson("bob")];
    world.server.user(alice.email).keys = [];
    world.server.intercept = (call) => (call.path.includes("/contacts") && call.method === "GET" ? refusal(503, "unavailable") : undefined);
    const elsewhere = await world.logIn(alice, new Browser());
    await until(() => elsewhere.account.key.status === "ready");
    assert.equal(await memoryOf(elsewhere), "unsure");
    await elsewhere.send(bob, "hello");
    await until(() => elsewhere.safety.state(bob.email).forgotten);
    assert.equal(elsewhere.account.storageLoss, false);
  }));

  test("removes the marks if nothing was lost", inWorld(async (world) => {
    const [alice, bob] = [await world.newPerson("alice"), await world.newPerson("bob")];
    const { server } = world;
    server.user(alice.email).keys = [];
    const browser = new Browser();
    const session = browser.newSession();
    await logIn(session, { email: alice.email, password: PASSWORD });
    const account = await browser.openAccount(session);
    await account.key.ensure();
    server.tamper = (call, answer) => (call.path.includes("/contacts") && call.method === "GET" ? { status: 200, body: { results: [] } } : answer);
    await account.contacts.add(bob.email);
    const safety = account.safety;
    await until(() => safety.state(bob.email).forgotten);
    await account.start();
    await until(() => !safety.state(bob.email).forgotten);
    assert.equal(account.storageLoss, false);
    account.close();
  }));
});

describe("a browser with a part of its data", () => {
  test("shows the loss if a peer's messages were decrypted and their key is gone", inWorld(async (world) => {
    const [alice, bob] = await acquainted(world);
    while ((await rowsOf(alice, "chains")).length === 0) {
      await pause(10);
    }
    alice.account.close();
    await inDatabase(alice, ["people"], (stores) => stores("people").clear());
    const again = await world.newTab(alice);
    assert.equal(again.account.storageLoss, true);
    await again.send(bob, "who are you?");
    await until(() => again.safety.state(bob.email).forgotten);
  }));

  test("of an older version of the page has lost nothing", inWorld(async (world) => {
    const [alice] = await acquainted(world);
    alice.account.close();
    await inDatabase(alice, ["state"], (stores) => ["owner", "forgetting"].forEach((name) => stores("state").delete(name)));
    const again = await world.newTab(alice);
    assert.equal(again.account.storageLoss, false);
    assert.equal(await memoryOf(alice), "no");
  }));
});

describe("a browser that keeps another account of the same address", () => {
  /** Somebody else has registered the email. */
  async function passOn(world, alice) {
    alice.account.close();
    world.server.users.delete(alice.email);
    await register(new Browser().newSession(), { email: alice.email, password: PASSWORD });
    world.server.user(alice.email).profile.id = 99;
    const session = alice.browser.newSession();
    await logIn(session, { email: alice.email, password: PASSWORD });
    return session;
  }

  test("is not opened, and nothing is uploaded", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const session = await passOn(world, alice);
    const before = world.server.calls.length;
    await assert.rejects(alice.browser.openAccount(session), { name: "Refusal", code: "other_account_here" });
    assert.equal(world.server.calls.length, before);
  }));

  test("is opened after the old data was deleted", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const { fingerprint } = alice.account.key.current;
    const session = await passOn(world, alice);
    assert.equal(await Account.forget(session), true);
    const account = await alice.browser.openAccount(session);
    await account.key.ensure();
    assert.notEqual(account.key.current.fingerprint, fingerprint);
    account.close();
  }));
});

test("a browser without Ed25519 is too old, and nothing of the account is kept in it", inWorld(async () => {
  const browser = new Browser();
  const session = browser.newSession();
  await register(session, { email: "alice@example.org", password: PASSWORD });
  mock.method(CryptoManager, "generateIdentityKeyPair", async () => {
    throw new DOMException("Unrecognized name.", "NotSupportedError");
  });
  try {
    await assert.rejects(browser.openAccount(session), { name: "Refusal", code: "too_old" });
  } finally {
    mock.restoreAll();
  }
  (await browser.openAccount(session)).close();
}));
