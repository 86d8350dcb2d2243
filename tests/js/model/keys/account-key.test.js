import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { signStatement, verifyStatement } from "../../../../static/js/crypto/identity.js";
import { logIn, register } from "../../../../static/js/model/session/sign-in.js";
import { prepare } from "../../../../static/js/model/first-key.js";
import { CryptoManager } from "../../../../static/js/crypto/crypto.js";
import { openRecord } from "../../../../static/js/crypto/storage-encryption.js";
import { fromBase64, toBase64 } from "../../../../static/js/lib/bytes.js";
import { AccountKey } from "../../../../static/js/model/keys/account-key.js";
import { Database } from "../../../../static/js/storage/database.js";
import { keyObject, refusal } from "../../world/memory-server.js";
import { Browser, inNavigator, inWorld, pause, rowsOf, until } from "../../world/world.js";

/** Does what another browser of the person would do. */
async function replaceKey(server, email) {
  const { publicKeyBytes } = await CryptoManager.generateKeyPair();
  const key = keyObject(email, toBase64(publicKeyBytes));
  server.user(email).keys.push(key);
  return key;
}

/** The key in a tab that gets no messages from the other tabs. */
async function keysOfADeafTab(browser, { email }, ownKey) {
  browser.use();
  const session = browser.newSession();
  await session.restore();
  const { api } = session;
  const tabs = /** @type {any} */ ({ on() {}, tell() {} });
  const parts = { database: await Database.open(email), api: ownKey ? { ownKey } : api, tabs, email };
  const key = new AccountKey(/** @type {any} */ (parts));
  await key.load();
  return key;
}

const currentKey = (server, { email }) => server.user(email).keys.at(-1).fingerprint;
const servedKey = (server, { email }) => server.user(email).keys.at(-1);
const uploads = (server) => server.callsTo("/keys/upload");

/** The verified statement of somebody's key on the server. */
function readStatement({ email, public_key, identity_key, identity_signature }) {
  const [publicKeyBytes, identityKeyBytes, statement] = [public_key, identity_key, identity_signature].map(fromBase64);
  return verifyStatement({ identityKeyBytes, email, publicKeyBytes, statement });
}

/** Changes the only row of the account's keys in its database. */
async function changeOwnRow({ browser, email }, change) {
  browser.use();
  const database = await Database.open(email);
  await database.write(["keys"], async (stores) => {
    const request = stores("keys").getAll();
    request.onsuccess = () => stores("keys").put(change(request.result[0]));
  });
  database.close();
}

// What a browser says that it reads: suite 1, and version 2 of the content.
const READS = [1, 2 ** 31 + 2];

/** Signs with a copy of the account's identity. */
async function sign({ account, email }, version, suites = READS) {
  const { identity, publicKeyBytes } = account.key.current;
  return signStatement({ identityPrivateKey: identity.privateKey, email, publicKeyBytes, version, suites });
}

describe("the account's key", () => {
  test("is made at registration, cannot be exported, and is uploaded", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const { privateKey, fingerprint } = alice.account.key.current;
    assert.equal(alice.account.key.status, "ready");
    assert.equal(privateKey.extractable, false);
    assert.equal(currentKey(world.server, alice), fingerprint);
  }));

  test("keeps its private keys sealed from the beginning, and nothing else of them", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const [row] = await rowsOf(alice, "keys");
    assert.deepEqual(Object.keys(row.secrets), ["nonce", "data"]);
    assert.deepEqual([row.secret, row.identity.secret], [undefined, undefined]);
    const [{ storageKey }] = (await rowsOf(alice, "state")).filter((value) => value?.storageKey);
    const { account, identity } = await openRecord(storageKey, `secrets ${row.fingerprint}`, row.secrets);
    const data = Uint8Array.of(1);
    const [signing, deriving] = [await CryptoManager.importSigningKey(fromBase64(identity)), await CryptoManager.importAccountKey(fromBase64(account))];
    assert.equal(await CryptoManager.ed25519Verify(row.identity.publicKeyBytes, data, await CryptoManager.ed25519Sign(signing, data)), true);
    const secretOf = (key) => CryptoManager.deriveSharedSecret(key, row.publicKey);
    assert.deepEqual(await secretOf(deriving), await secretOf(row.privateKey));
  }));

  test("of a new account is uploaded without asking for an existing one", inWorld(async ({ server }) => {
    const browser = new Browser();
    const session = browser.newSession();
    await register(session, { email: "alice@example.org", password: "a long enough password" });
    await prepare(session, { socketUrl: "ws://nowhere.test/", locks: /** @type {any} */ (browser.locks) });
    assert.equal(server.user("alice@example.org").keys.length, 1);
    assert.deepEqual(server.callsTo("/keys/").map(({ path }) => path), ["/api/keys/challenge", "/api/keys/upload"]);
  }));

  test("of a new account does not wait for the permission for persistent storage", inWorld(async ({ server }) => {
    const persist = mock.fn(() => new Promise(() => {}));
    inNavigator({ storage: { persist, persisted: async () => false } });
    const browser = new Browser();
    const session = browser.newSession();
    await register(session, { email: "alice@example.org", password: "a long enough password" });
    await prepare(session, { socketUrl: "ws://nowhere.test/", locks: /** @type {any} */ (browser.locks) });
    assert.equal(server.user("alice@example.org").keys.length, 1);
    assert.equal(persist.mock.callCount(), 0);
  }));

  test("is not declared lost by a tab that has not heard of the other tab's take-over", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const browser = new Browser();
    const one = await world.logIn(alice, browser);
    const two = await world.newTab(one);
    assert.equal(two.account.key.status, "absent-here");
    const stale = await keysOfADeafTab(browser, alice);
    await one.account.key.takeOver();
    await stale.ensure();
    assert.equal(stale.status, "ready");
    const again = await world.newTab(one);
    assert.equal(again.account.key.status, "ready");
    assert.equal(again.account.key.current.fingerprint, currentKey(world.server, alice));
  }));

  test("is not declared lost by an answer that is older than another tab's take-over", inWorld(async (world) => {
    const { server } = world;
    const alice = await world.newPerson("alice");
    const browser = new Browser();
    const one = await world.logIn(alice, browser);
    const stale = await keysOfADeafTab(browser, alice, async () => {
      const old = structuredClone(server.user(alice.email).keys.at(-1));
      if (one.account.key.status !== "ready") {
        await one.account.key.takeOver();
      }
      return old;
    });
    await stale.ensure();
    assert.equal(stale.status, "ready");
    assert.equal(one.account.key.status, "ready");
  }));

  test("that was replaced elsewhere is noticed by the first message to the new one, with one question", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const elsewhere = await world.logIn(alice, new Browser());
    await elsewhere.account.key.takeOver();
    assert.equal(alice.account.key.status, "ready");
    const asked = world.server.callsTo("/keys/me").length;
    for (const text of ["one", "two"]) {
      await bob.send(elsewhere, text);
    }
    await until(() => bob.conversations.open(alice.email).keyChange);
    await bob.conversations.acceptKey(alice.email);
    await elsewhere.shows(bob, "one", "two");
    await until(() => alice.account.key.status === "replaced");
    await pause(200);
    assert.ok(world.server.callsTo("/keys/me").length <= asked + 2);
  }));

  test("that was replaced elsewhere is noticed when the server says so, and when a connection is made", inWorld(async (world) => {
    const { server } = world;
    const [alice, bob] = [await world.newPerson("alice"), await world.newPerson("bob")];
    const tell = {
      [alice.email]: () => server.push(server.user(alice.email), { type: "resync" }),
      [bob.email]: () => [...server.sockets].forEach((socket) => socket.shut(1006)),
    };
    for (const person of [alice, bob]) {
      await until(() => person.conversations.connection === "ok");
      await pause(50);
      await replaceKey(server, person.email);
      assert.equal(person.account.key.status, "ready");
      tell[person.email]();
      await until(() => person.account.key.status === "replaced");
    }
  }));

  test("survives a reload, and is there before the server has answered", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const { fingerprint } = alice.account.key.current;
    world.server.isReachable = false;
    alice.account.close();
    const session = alice.browser.newSession();
    await session.restore();
    const account = await alice.browser.openAccount(session);
    assert.equal(account.key.current.fingerprint, fingerprint);
    account.close();
  }));

  test("in another browser: nothing is replaced until the person says so", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const before = currentKey(world.server, alice);
    const elsewhere = await world.logIn(alice, new Browser());
    assert.equal(elsewhere.account.key.status, "absent-here");
    assert.equal(elsewhere.account.key.current, null);
    assert.equal(currentKey(world.server, alice), before);
    await elsewhere.account.key.takeOver();
    assert.equal(elsewhere.account.key.status, "ready");
    assert.equal(currentKey(world.server, alice), elsewhere.account.key.current.fingerprint);
    assert.equal(world.server.callsTo("/keys/upload").at(-1).body.replaces, before);
  }));

  test("that another browser has replaced is noticed, and can be made current again", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { fingerprint } = alice.account.key.current;
    await replaceKey(world.server, alice.email);
    const clientId = await alice.send(bob, "waits for me");
    await until(() => alice.account.key.status === "replaced");
    await alice.showsStates(bob, "sending");
    await alice.account.key.takeOver();
    assert.equal(currentKey(world.server, alice), fingerprint);
    await until(() => world.server.texts.length === 1);
    assert.equal(world.server.texts[0].client_id, clientId);
  }));

  test("is uploaded again, the same one, where the server knows of none", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const { fingerprint } = alice.account.key.current;
    world.server.user(alice.email).keys = [];
    const again = await world.reload(alice);
    await until(() => world.server.user(alice.email).keys.length > 0);
    assert.equal(currentKey(world.server, alice), fingerprint);
    assert.equal(again.account.key.current.fingerprint, fingerprint);
  }));

  test("is not taken over if another browser was first", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const elsewhere = await world.logIn(alice, new Browser());
    world.server.intercept = (call) => (call.path.endsWith("/upload") ? refusal(409, "key_changed") : undefined);
    await assert.rejects(elsewhere.account.key.takeOver(), { code: "key_changed" });
    assert.equal(elsewhere.account.key.status, "absent-here");
  }));

  test("is the same for two tabs that start at once", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    await alice.account.logOut({ forget: true });
    world.server.user(alice.email).keys = [];
    const browser = new Browser();
    const session = browser.newSession();
    await logIn(session, { email: alice.email, password: "any" });
    const tabs = await Promise.all([browser.openAccount(session), browser.openAccount(session)]);
    await Promise.all(tabs.map((tab) => tab.key.ensure()));
    assert.equal(tabs[0].key.current.fingerprint, tabs[1].key.current.fingerprint);
    assert.equal(world.server.user(alice.email).keys.length, 1);
    tabs.forEach((tab) => tab.close());
  }));
});

describe("the account's identity", () => {
  test("is made with the key, cannot be exported, and signs it", inWorld(async (world) => {
    const { server } = world;
    const alice = await world.newPerson("alice");
    const { identity } = alice.account.key.current;
    assert.equal(identity.privateKey.extractable, false);
    assert.equal(servedKey(server, alice).identity_key, toBase64(identity.publicKeyBytes));
    assert.deepEqual(await readStatement(servedKey(server, alice)), { version: 1, suites: READS });
  }));

  test("signs once, and the next visits upload nothing", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const again = await world.reload(alice);
    await again.account.key.ensure();
    assert.equal(uploads(world.server).length, 1);
  }));

  test("is made for a key of an older version of the page", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const { fingerprint } = alice.account.key.current;
    alice.account.close();
    await changeOwnRow(alice, ({ identity, signed, ...row }) => row);
    Object.assign(servedKey(world.server, alice), { identity_key: null, identity_signature: null });
    const again = await world.newTab(alice);
    await again.account.key.ensure();
    assert.deepEqual(await readStatement(servedKey(world.server, alice)), { version: 1, suites: READS });
    assert.equal(uploads(world.server).at(-1).body.replaces, fingerprint);
    assert.equal(again.account.key.current.fingerprint, fingerprint);
  }));

  test("is proven once where an older version of the page has uploaded it without a proof", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    alice.account.close();
    await changeOwnRow(alice, ({ isProven, ...row }) => row);
    const again = await world.newTab(alice);
    await again.account.key.ensure();
    const [, second, ...more] = uploads(world.server);
    assert.deepEqual([second.body.replaces, more], [again.account.key.current.fingerprint, []]);
    const challenged = world.server.callsTo("/keys/challenge").length;
    again.account.close();
    const later = await world.newTab(alice);
    await later.account.key.ensure();
    assert.deepEqual([uploads(world.server).length, world.server.callsTo("/keys/challenge").length], [2, challenged]);
  }));

  test("is used, and proven another time, where the server takes no proof just now", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    alice.account.close();
    await changeOwnRow(alice, ({ isProven, ...row }) => row);
    world.server.intercept = ({ path }) => (path.includes("/keys/challenge") ? refusal(429, "rate_limited") : undefined);
    const again = await world.newTab(alice);
    await again.account.key.ensure();
    assert.equal(again.account.key.status, "ready");
    world.server.intercept = () => undefined;
    await again.account.key.ensure();
    assert.equal(uploads(world.server).length, 2);
  }));

  const SPOILT = {
    "nothing signed": { identity_key: null, identity_signature: null },
    "no signature": { identity_signature: null },
    "another identity": { identity_key: toBase64(new Uint8Array(32).fill(7)) },
    "another signature": { identity_signature: toBase64(new Uint8Array(73).fill(7)) },
  };
  for (const [name, spoilt] of Object.entries(SPOILT)) {
    test(`is uploaded once more, the same, where the server has ${name}`, inWorld(async (world) => {
      const alice = await world.newPerson("alice");
      const before = structuredClone(servedKey(world.server, alice));
      Object.assign(servedKey(world.server, alice), spoilt);
      await alice.account.key.ensure();
      assert.deepEqual(servedKey(world.server, alice), before);
      assert.equal(uploads(world.server).length, 2);
    }));
  }

  test("signs again, with a higher version, if the suites have changed", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    await changeOwnRow(alice, (row) => ({ ...row, signed: { version: 4, suites: [1, 2], statement: new Uint8Array(77) } }));
    await alice.account.key.load();
    await alice.account.key.ensure();
    assert.deepEqual(await readStatement(servedKey(world.server, alice)), { version: 5, suites: READS });
    assert.equal(alice.account.key.current.signed.version, 5);
  }));

  test("is uploaded with the last statement of another tab", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const statement = await sign(alice, 3);
    await changeOwnRow(alice, (row) => ({ ...row, signed: { version: 3, suites: READS, statement } }));
    world.server.user(alice.email).keys = [];
    await alice.account.key.ensure();
    assert.equal(servedKey(world.server, alice).identity_signature, toBase64(statement));
  }));

  test("takes over a newer statement of a copy of this browser", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const statement = toBase64(await sign(alice, 6));
    servedKey(world.server, alice).identity_signature = statement;
    await alice.account.key.ensure();
    assert.equal(alice.account.key.current.signed.version, 6);
    assert.equal(servedKey(world.server, alice).identity_signature, statement);
    assert.equal(uploads(world.server).length, 1);
  }));

  test("replaces an older statement of its own", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const old = toBase64(await sign(alice, 1));
    await changeOwnRow(alice, (row) => ({ ...row, signed: undefined }));
    await alice.account.key.load();
    servedKey(world.server, alice).identity_signature = toBase64(await sign(alice, 2));
    await alice.account.key.ensure();
    servedKey(world.server, alice).identity_signature = old;
    await alice.account.key.ensure();
    assert.deepEqual(await readStatement(servedKey(world.server, alice)), { version: 2, suites: READS });
  }));

  test("is not taken for the current one if another key comes with it", inWorld(async (world) => {
    const { server } = world;
    const alice = await world.newPerson("alice");
    const { identity_key, identity_signature, fingerprint } = servedKey(server, alice);
    Object.assign(await replaceKey(server, alice.email), { identity_key, identity_signature });
    await alice.account.key.ensure();
    assert.equal(alice.account.key.status, "replaced");
    await alice.account.key.takeOver();
    assert.equal(currentKey(server, alice), fingerprint);
    assert.equal(uploads(server).length, 2);
  }));

  test("that is missing on the server does not undo another browser's take-over", inWorld(async (world) => {
    const { server } = world;
    const alice = await world.newPerson("alice");
    servedKey(server, alice).identity_signature = null;
    const old = structuredClone(servedKey(server, alice));
    const taken = await replaceKey(server, alice.email);
    let asked = 0;
    server.tamper = (call, answer) => (call.path.endsWith("/keys/me") && (asked += 1) === 1 ? { status: 200, body: old } : answer);
    await alice.account.key.ensure();
    assert.equal(currentKey(server, alice), taken.fingerprint);
    assert.equal(alice.account.key.status, "replaced");
  }));

  test("is not done where the server answers without it", inWorld(async ({ server }) => {
    const [browser, email] = [new Browser(), "alice@example.org"];
    const session = browser.newSession();
    await register(session, { email, password: "a long enough password" });
    server.tamper = (_call, answer) => ({ ...answer, body: { ...answer.body, identity_signature: null } });
    const account = await browser.openAccount(session);
    await assert.rejects(account.key.begin(), { code: "bad_answer" });
    assert.equal(account.key.current, null);
    account.close();
  }));

  test("a response with other bytes under the own fingerprint is refused", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    servedKey(world.server, alice).public_key = toBase64((await CryptoManager.generateKeyPair()).publicKeyBytes);
    await assert.rejects(alice.account.key.ensure(), { code: "bad_answer" });
    assert.equal(uploads(world.server).length, 1);
  }));

  test("is the same for two tabs with a key of an older version", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    await changeOwnRow(alice, ({ identity, signed, ...row }) => row);
    Object.assign(servedKey(world.server, alice), { identity_key: null, identity_signature: null });
    const tabs = [await keysOfADeafTab(alice.browser, alice), await keysOfADeafTab(alice.browser, alice)];
    await Promise.all(tabs.map((tab) => tab.ensure()));
    const [one, two] = tabs.map(({ current }) => toBase64(current.identity.publicKeyBytes));
    assert.equal(one, two);
    assert.equal(servedKey(world.server, alice).identity_key, one);
    assert.equal((await readStatement(servedKey(world.server, alice))).version, 1);
  }));
});

describe("the peer's key", () => {
  test("that has changed holds messages until it is accepted", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    const elsewhere = await world.logIn(bob, new Browser());
    await elsewhere.account.key.takeOver();
    const clientId = await alice.send(bob, "for your eyes");
    await alice.showsStates(bob, "held");
    const { fingerprint } = elsewhere.account.key.current;
    const { name, fingerprint: offered } = alice.conversations.open(bob.email).keyChange;
    assert.deepEqual([name, offered], ["bob", fingerprint]);
    assert.equal(alice.chat(bob).keyChanged, true);
    await alice.send(bob, "this too");
    await alice.showsStates(bob, "held", "held");
    assert.equal(server.texts.length, 0);

    await alice.conversations.acceptKey(bob.email);
    await elsewhere.shows(alice, "for your eyes", "this too");
    assert.equal(alice.conversations.open(bob.email).keyChange, null);
    const fresh = server.texts[0];
    assert.notEqual(fresh.client_id, clientId);
    assert.equal(fresh.recipient_fingerprint, elsewhere.account.key.current.fingerprint);
    await alice.shows(bob, "for your eyes", "this too");
  }));

  test("held messages survive a reload", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await replaceKey(world.server, bob.email);
    await alice.send(bob, "held");
    await alice.showsStates(bob, "held");
    const again = await world.reload(alice);
    await again.showsStates(bob, "held");
    assert.equal(again.chat(bob).keyChanged, true);
  }));

  test("that the server always calls stale is looked up less and less often", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    server.acceptsSockets = false;
    [...server.sockets].forEach((socket) => socket.shut(1006));
    server.intercept = (call) => (call.path.includes("/send") ? refusal(409, "stale_key") : undefined);
    await alice.send(bob, "endless");
    await until(() => server.callsTo("/send").length === 2);
    await pause(400);
    const bodies = server.callsTo("/send").map(({ body }) => JSON.stringify(body));
    assert.ok(bodies.length <= 3);
    assert.equal(new Set(bodies).size, 1);
    await alice.showsStates(bob, "sending");
  }));

  test("that is the own key is refused", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const mallory = await world.newPerson("mallory");
    world.server.user(mallory.email).keys = [{ ...world.server.user(alice.email).keys[0], email: mallory.email }];
    await alice.send(mallory, "to my own key");
    await alice.showsStates(mallory, "failed");
    assert.equal(alice.items(mallory)[0].failure, "key_not_theirs");
  }));

  test("that is another contact's is refused", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const mallory = await world.newPerson("mallory");
    await alice.send(bob, "pins bob");
    await until(() => world.server.texts.length === 1);
    world.server.user(mallory.email).keys = [{ ...world.server.user(bob.email).keys[0], email: mallory.email }];
    await alice.send(mallory, "to bob's key");
    await alice.showsStates(mallory, "failed");
    assert.equal(alice.items(mallory)[0].failure, "key_not_theirs");
  }));

  test("that does not match its fingerprint is refused", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const bob = await world.newPerson("bob");
    world.server.user(bob.email).keys[0].fingerprint = "0".repeat(64);
    await alice.send(bob, "to whom?");
    await until(() => world.server.callsTo(`/keys/email/`).length > 0);
    await pause(200);
    assert.equal(world.server.sends().length, 0);
  }));

  test("that the server does not have yet is waited for", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const bob = await world.newPerson("bob");
    const [key] = world.server.user(bob.email).keys.splice(0);
    await alice.send(bob, "soon");
    await until(() => world.server.callsTo("/keys/email/").length > 0);
    await pause(100);
    await alice.showsStates(bob, "sending");
    world.server.user(bob.email).keys.push(key);
    await bob.shows(alice, "soon");
  }));

  test("that is retired still decrypts what was written with it", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    alice.account.close();
    const carol = await world.newPerson("carol");
    await carol.send(alice, "written before");
    await until(() => server.texts.length === 1);
    await replaceKey(server, carol.email);
    const again = await world.newTab(alice);
    await again.shows(carol, "written before");
    assert.equal(again.conversations.open(carol.email).keyChange, null);
    assert.equal(server.callsTo(`/keys/fingerprint/${carol.account.key.current.fingerprint}`).length, 1);
    assert.equal(bob.account.key.status, "ready");
  }));

  test("a message under a new one is held until the person has decided", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await bob.send(alice, "old key");
    await alice.shows(bob, "old key");
    const elsewhere = await world.logIn(bob, new Browser());
    await elsewhere.account.key.takeOver();
    await elsewhere.send(alice, "new key");
    await until(() => alice.items(bob).at(-1)?.unopened?.reason.endsWith("keys changed."));
    assert.notEqual(alice.conversations.open(bob.email).keyChange, null);
    assert.equal(alice.items(bob).at(-1).text, "");
    await alice.conversations.acceptKey(bob.email);
    await alice.shows(bob, "old key", "new key");
    assert.equal(alice.conversations.open(bob.email).keyChange, null);
  }));

  test("a message under a key that the server serves by its fingerprint alone is held as well", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await bob.send(alice, "bob's own");
    await alice.shows(bob, "bob's own");
    const elsewhere = await world.logIn(bob, new Browser());
    const [key] = world.server.user(bob.email).keys;
    alice.account.close();
    await elsewhere.account.key.takeOver();
    await elsewhere.send(alice, "the server's words");
    await until(() => world.server.texts.length === 2);
    // For alice the server still names the key that she knows.
    const { keys } = world.server.user(bob.email);
    keys.push(...keys.splice(keys.indexOf(key), 1));
    const again = await world.newTab(alice);
    await until(() => again.items(bob).at(-1)?.unopened?.reason.endsWith("keys changed."));
    assert.equal(again.items(bob).at(-1).text, "");
  }));
});
