import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { logIn, register } from "../../../../static/js/model/session/sign-in.js";
import { Database, result } from "../../../../static/js/storage/database.js";
import { readResident } from "../../../../static/js/storage/device.js";
import { all } from "../../../../static/js/storage/queries.js";
import { Browser, inWorld, until } from "../../world/world.js";

const PASSWORD = "a long enough password";

describe("a session", () => {
  test("begins with the account that was asked for, and no other", inWorld(async ({ server }) => {
    const user = { id: 1, email: "mallory@example.org", display_name: "", created_at: "2030-01-01T00:00:00Z" };
    server.intercept = ({ path }) =>
      path.endsWith("/register") ? { status: 201, body: { access: "a", user } } : undefined;
    const session = new Browser().newSession();
    await assert.rejects(register(session, { email: "alice@example.org", password: PASSWORD }), { code: "bad_answer" });
    assert.equal(session.user, null);
  }));

  test("takes an address however it is typed", inWorld(async ({ server }) => {
    const user = { id: 1, email: "alice@example.org", display_name: "", created_at: "2030-01-01T00:00:00Z" };
    server.intercept = ({ path }) =>
      path.endsWith("/login") ? { status: 200, body: { access: "a", user } } : undefined;
    const session = new Browser().newSession();
    await logIn(session, { email: "  ＡLICE@Example.org\u00a0", password: PASSWORD });
    assert.equal(session.user.email, "alice@example.org");
  }));

  test("is remembered without asking the server, and its token is not", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    world.server.isReachable = false;
    const session = alice.browser.newSession();
    assert.equal((await session.restore()).email, alice.email);
    await assert.rejects(session.accessToken(), { code: "network" });
  }));

  test("asks once for a new token, however many need one", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    world.server.expireTokens();
    const before = world.server.callsTo("/auth/refresh").length;
    await Promise.all([1, 2, 3, 4].map(() => alice.session.api.contacts()));
    assert.equal(world.server.callsTo("/auth/refresh").length, before + 1);
  }));

  test("that the server has ended ends here, with one event", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const reasons = [];
    alice.session.on("ended", ({ reason }) => reasons.push(reason));
    world.server.endSessions();
    await until(() => reasons.length > 0);
    assert.deepEqual(reasons, ["session_over"]);
    await assert.rejects(alice.session.accessToken(), { code: "session_over" });
    assert.equal(await alice.browser.newSession().restore(), null);
  }));

  test("that was not ended here stores the reason, until somebody logs in", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const tab = alice.browser.newSession();
    await tab.restore();
    world.server.endSessions();
    for (const { api } of [alice.session, tab]) {
      await assert.rejects(api.contacts());
    }
    assert.deepEqual(await readResident(), { user: null, leaving: false, ended: "session_over" });
    await logIn(tab, { email: alice.email, password: PASSWORD });
    assert.equal((await readResident()).ended, undefined);
  }));

  test("of somebody else who has logged in meanwhile is not used for this account", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const bob = await world.newPerson("bob");
    const reasons = [];
    alice.session.on("ended", ({ reason }) => reasons.push(reason));
    await logIn(alice.browser.newSession(), { email: bob.email, password: PASSWORD });
    world.server.expireTokens();
    await assert.rejects(alice.session.api.contacts());
    assert.deepEqual(reasons, ["other_account"]);
    const token = world.server.callsTo("/auth/me").at(-1).token;
    const used = world.server.calls.filter((call) => call.token === token).map(({ path }) => path);
    assert.deepEqual(used, ["/api/auth/me"]);
    const session = alice.browser.newSession();
    assert.equal((await session.restore()).email, bob.email);
  }));

  const OTHERS = { "another address": { email: "mallory@example.org" }, "another number": { id: 99 } };
  for (const [name, other] of Object.entries(OTHERS)) {
    test(`does not become another account's by the server's word alone: ${name}`, inWorld(async (world) => {
      const { server } = world;
      const alice = await world.newPerson("alice");
      const reasons = [];
      alice.session.on("ended", ({ reason }) => reasons.push(reason));
      server.tamper = (call, answer) =>
        call.path.endsWith("/auth/me") ? { ...answer, body: { ...answer.body, ...other } } : answer;
      server.expireTokens();
      await assert.rejects(alice.session.api.contacts(), { code: "session_over" });
      assert.deepEqual(reasons, ["session_over"]);
      const token = server.callsTo("/auth/me").at(-1).token;
      assert.deepEqual(server.calls.filter((call) => call.token === token).map(({ path }) => path), ["/api/auth/me"]);
      await startsAsNobody(alice, server);
      server.tamper = (_call, answer) => answer;
      const honest = alice.browser.newSession();
      await logIn(honest, { email: alice.email, password: PASSWORD });
      assert.deepEqual(await honest.api.contacts(), { results: [] });
    }));
  }

  test("is not restored after the server has ended it, whomever the server names then", inWorld(async (world) => {
    const { server } = world;
    const alice = await world.newPerson("alice");
    server.tamper = (call, answer) => call.path.endsWith("/auth/refresh") ? { status: 401, body: { code: "x" } } : answer;
    server.expireTokens();
    await assert.rejects(alice.session.api.contacts());
    server.tamper = (call, answer) =>
      call.path.endsWith("/auth/me") ? { ...answer, body: { ...answer.body, ...OTHERS["another address"] } } : answer;
    await startsAsNobody(alice, server);
  }));

  /** Checks that a page that is opened now makes no call. */
  async function startsAsNobody(person, server) {
    const asked = server.calls.length;
    assert.equal(await person.browser.newSession().restore(), null);
    assert.equal(server.calls.length, asked);
  }
});

describe("logging out", () => {
  test("keeps key and messages unless the person wants them deleted", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "kept");
    await bob.shows(alice, "kept");
    await until(() => alice.account.unsent() === 0);
    const { fingerprint } = alice.account.key.current;
    alice.browser.use();
    await alice.account.logOut({ forget: false });
    assert.equal(await alice.browser.newSession().restore(), null);
    const again = await world.logIn(alice, alice.browser);
    assert.equal(again.account.key.current.fingerprint, fingerprint);
    await again.shows(bob, "kept");
  }));

  test("deletes all data of the account, and nothing of another's", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const session = alice.browser.newSession();
    await alice.account.logOut({ forget: false });
    await register(session, { email: "bob@example.org", password: PASSWORD });
    const account = await alice.browser.openAccount(session);
    await account.key.ensure();
    await account.logOut({ forget: true });
    const names = (await alice.browser.indexedDB.databases()).map(({ name }) => name).sort();
    assert.deepEqual(names, ["vibechat", "vibechat alice@example.org"]);
  }));

  test("with no network logs out here, and tells the server at the next visit", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    world.server.isReachable = false;
    await alice.account.logOut({ forget: false });
    world.server.isReachable = true;
    assert.equal(world.server.hasCookie(alice.browser.host), true);
    alice.browser.use();
    assert.equal(await alice.browser.newSession().restore(), null);
    assert.equal(world.server.hasCookie(alice.browser.host), false);
  }));

  test("that the server does not know of is repeated by any page, before other calls", inWorld(async (world) => {
    const { server } = world;
    const alice = await world.newPerson("alice");
    const before = server.callsTo("/auth/").length;
    await alice.browser.newSession().leaveIfOwed();
    assert.equal(server.callsTo("/auth/").length, before);
    server.isReachable = false;
    await alice.account.logOut({ forget: false });
    server.isReachable = true;
    await alice.browser.newSession().leaveIfOwed();
    assert.equal(server.hasCookie(alice.browser.host), false);
    await alice.browser.newSession().leaveIfOwed();
    assert.equal(server.callsTo("/auth/logout").length, 1);
  }));

  test("that the server does not know of is repeated before a log-in", inWorld(async (world) => {
    const { server } = world;
    const alice = await world.newPerson("alice");
    server.isReachable = false;
    await alice.account.logOut({ forget: false });
    server.isReachable = true;
    const session = alice.browser.newSession();
    const leaving = session.leaveIfOwed();
    await logIn(session, { email: alice.email, password: PASSWORD });
    await leaving;
    assert.equal(server.hasCookie(alice.browser.host), true);
    assert.equal((await alice.browser.newSession().restore()).email, alice.email);
  }));

  test("names its session, and does not end that of somebody who has logged in since in another tab", inWorld(async (world) => {
    const { server } = world;
    const alice = await world.newPerson("alice");
    const bob = await world.newPerson("bob");
    const token = await alice.session.accessToken();
    await logIn(alice.browser.newSession(), { email: bob.email, password: PASSWORD });
    await alice.account.logOut({ forget: false });
    assert.deepEqual(server.callsTo("/auth/logout").map((call) => call.token), [token]);
    assert.equal((await alice.browser.newSession().restore()).email, bob.email);
  }));

  test("deletes key and messages first, ends although the server never answers, and tells it again later", inWorld(async (world) => {
    const { server } = world;
    const alice = await world.newPerson("alice");
    const { fetch } = globalThis;
    globalThis.fetch = (address, init) => (String(address).endsWith("/auth/logout")
      ? new Promise((_, reject) => init.signal.addEventListener("abort", () => reject(init.signal.reason)))
      : fetch(address, init));
    const reasons = [];
    alice.session.on("ended", ({ reason }) => reasons.push(reason));
    await alice.account.logOut({ forget: true });
    assert.deepEqual(reasons, ["logged_out"]);
    const names = (await alice.browser.indexedDB.databases()).map(({ name }) => name);
    assert.deepEqual(names, ["vibechat"]);
    const calls = server.calls.length;
    assert.equal(await alice.browser.newSession().restore(), null);
    assert.equal(server.calls.length, calls);
    globalThis.fetch = fetch;
    await alice.browser.newSession().restore();
    assert.equal(server.hasCookie(alice.browser.host), false);
  }));

  test("tells the server first, and does not wait for a tab that keeps the database open", inWorld(async (world) => {
    const { server } = world;
    const alice = await world.newPerson("alice");
    const frozen = await holdOn(alice);
    const reasons = [];
    alice.session.on("ended", ({ reason }) => reasons.push(reason));
    const leaving = alice.account.logOut({ forget: true });
    await until(() => !server.hasCookie(alice.browser.host));
    assert.deepEqual(reasons, []);
    await leaving;
    assert.deepEqual(reasons, ["logged_out"]);
    frozen.close();
  }));
});

describe("a database that another tab keeps open", () => {
  test("is deleted once that tab closes it, and nothing waits for that without end", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const frozen = await holdOn(alice);
    alice.account.close();
    assert.equal(await Database.delete(alice.email, { patienceMs: 50 }), false);
    frozen.close();
    const opened = await Database.open(alice.email);
    assert.deepEqual(await opened.read(["keys"], async (stores) => all(stores("keys"))), []);
    opened.close();
  }));
});

/** A tab that does not react to versionchange. */
async function holdOn({ browser, email }) {
  browser.use();
  return result(indexedDB.open(`vibechat ${email}`));
}

describe("two accounts in one browser", () => {
  test("never see each other's chats", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "between us");
    await bob.shows(alice, "between us");
    alice.browser.use();
    await alice.account.logOut({ forget: false });
    const session = alice.browser.newSession();
    await register(session, { email: "carol@example.org", password: PASSWORD, displayName: "carol" });
    const carol = await alice.browser.openAccount(session);
    await carol.start();
    assert.deepEqual(carol.conversations.chats(), []);
    assert.deepEqual(carol.conversations.open(bob.email).items(), []);
    assert.deepEqual(carol.contacts.list, []);
    carol.close();
  }));
});

describe("contacts", () => {
  test("are added by email, and the chat is there", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const bob = await world.newPerson("bob");
    const contact = await alice.account.contacts.add(" Bob@Example.org ");
    assert.deepEqual(contact, { email: bob.email, name: "bob", displayName: "bob" });
    await until(() => alice.chat(bob));
    assert.equal(alice.chat(bob).lastAt, null);
  }));

  for (const [email, code] of [["ALICE@example.org", "yourself"], ["nobody@example.org", "user_not_found"]]) {
    test(`are refused with ${code}`, inWorld(async (world) => {
      const alice = await world.newPerson("alice");
      await assert.rejects(alice.account.contacts.add(email), { code });
      assert.deepEqual(alice.conversations.chats(), []);
    }));
  }

  test("are not added under another email than the typed one", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    await world.newPerson("mallory");
    world.server.intercept = ({ path, body }) => {
      if (path.endsWith("/contacts/add")) {
        body.email = "mallory@example.org";
      }
    };
    await assert.rejects(alice.account.contacts.add("bob@example.org"), { code: "another_address" });
    assert.deepEqual(alice.account.contacts.list, []);
  }));

  test("that were removed in another browser are gone here too", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    world.server.user(alice.email).contacts.clear();
    const again = await world.reload(alice);
    await until(() => again.account.contacts.byEmail(bob.email) === null);
    await until(() => again.conversations.chats().length === 0);
  }));

  test("of a stranger who writes first: the name is fetched once the request is accepted", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const bob = await world.newPerson("bob");
    await alice.send(bob, "hello");
    await until(() => bob.conversations.requests().length === 1);
    assert.deepEqual(bob.account.contacts.list, []);
    await (await bob.account.strangers()).accept(alice.email);
    await until(() => bob.chat(alice)?.name === "alice");
  }));
});
