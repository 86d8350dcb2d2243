import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { IDBObjectStore as FDBObjectStore } from "fake-indexeddb";
import { Account } from "../../../../static/js/model/account.js";
import { logIn, register } from "../../../../static/js/model/session/sign-in.js";
import { readResident } from "../../../../static/js/storage/device.js";
import { result } from "../../../../static/js/storage/database.js";
import { Browser, inWorld } from "../../world/world.js";

const OPEN_PATIENCE_MS = 10_000; // of Database.open
const PASSWORD = "a long enough password";
const ALICE = { email: "alice@example.org", password: PASSWORD };

/** @param {(browser: Browser) => unknown} spoil @returns a function that restores the browser */
const DEVICES = {
  device_blocked: (browser) => {
    browser.indexedDB.open = () => {
      throw new DOMException("denied", "SecurityError");
    };
    return () => {};
  },
  device_full: () => {
    const { put } = FDBObjectStore.prototype;
    FDBObjectStore.prototype.put = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    return () => (FDBObjectStore.prototype.put = put);
  },
  device_newer: async (browser) => {
    (await result(browser.indexedDB.open(`vibechat ${ALICE.email}`, 1000))).close();
    return () => {};
  },
  device_failed: (browser) => {
    browser.indexedDB.open = () => {
      throw new DOMException("internal", "UnknownError");
    };
    return () => {};
  },
};

/** Resolves when this database was requested and the request has begun to wait. */
function whenAsked(factory, wanted) {
  const open = factory.open.bind(factory);
  return new Promise((resolve) => {
    factory.open = (name, ...rest) => {
      const request = open(name, ...rest);
      if (name === wanted) {
        setImmediate(resolve);
      }
      return request;
    };
  });
}

describe("a browser that cannot store a key", () => {
  for (const [code, spoil] of Object.entries(DEVICES)) {
    for (const [name, enter] of Object.entries({ register, logIn })) {
      test(`is told why (${code}) before ${name} asks the server`, inWorld(async ({ server }) => {
        const browser = new Browser();
        const session = browser.newSession();
        const repair = await spoil(browser);
        await assert.rejects(enter(session, ALICE), { code });
        await repair();
        assert.deepEqual(server.calls, []);
      }));
    }
  }

  test("because it has no IndexedDB at all, is told so", inWorld(async ({ server }) => {
    const session = new Browser().newSession();
    globalThis.indexedDB = undefined;
    await assert.rejects(register(session, ALICE), { code: "device_blocked" });
    assert.deepEqual(server.calls, []);
  }));

  test("because the page is not secure, is told so", inWorld(async ({ server }) => {
    const session = new Browser().newSession();
    globalThis.isSecureContext = false;
    await assert.rejects(register(session, ALICE), { code: "insecure_page" });
    delete globalThis.isSecureContext;
    assert.deepEqual(server.calls, []);
  }));

  test("because another tab holds the database, is told so", inWorld(async ({ server }) => {
    const browser = new Browser();
    const session = browser.newSession();
    const held = await result(browser.indexedDB.open(`vibechat ${ALICE.email}`, 1));
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const blocked = whenAsked(browser.indexedDB, `vibechat ${ALICE.email}`);
      const refused = assert.rejects(logIn(session, ALICE), { code: "device_held" });
      await blocked;
      mock.timers.tick(OPEN_PATIENCE_MS);
      await refused;
    } finally {
      mock.timers.reset();
      held.close();
    }
    assert.deepEqual(server.calls, []);
  }));

  test("leaves no database behind for an address that was only tried", inWorld(async (world) => {
    const browser = new Browser();
    world.server.intercept = ({ path }) =>
      path.endsWith("/login") ? { status: 401, body: { code: "wrong_credentials" } } : undefined;
    await assert.rejects(logIn(browser.newSession(), ALICE), { code: "wrong_credentials" });
    const names = (await browser.indexedDB.databases()).map(({ name }) => name);
    assert.deepEqual(names, ["vibechat"]);
    assert.equal((await readResident()).user, null);
  }));
});

describe("a registration of an address that this browser keeps messages of", () => {
  /** @returns {Promise<any>} the browser; its old account was deleted on the server, and a new one is registered */
  async function registerAnew(world) {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "of the account before");
    await bob.shows(alice, "of the account before");
    const { fingerprint } = alice.account.key.current;
    alice.browser.use();
    await alice.account.logOut({ forget: false });
    world.server.users.delete(alice.email);
    const session = alice.browser.newSession();
    await register(session, { email: alice.email, password: PASSWORD });
    return { alice, bob, session, fingerprint };
  }

  test("deletes nothing, and shows the person what is here", inWorld(async (world) => {
    const { alice, bob, session } = await registerAnew(world);
    await assert.rejects(alice.browser.openAccount(session), { code: "other_account_here" });
    const { peers, messages, unsent } = await Account.leftoverData(session);
    assert.deepEqual({ peers, unsent }, { peers: [bob.email], unsent: 0 });
    assert.ok(messages > 0);
    assert.deepEqual(world.server.user(alice.email).keys, []);
  }));

  test("starts with an empty database once the person has said so", inWorld(async (world) => {
    const { alice, session, fingerprint } = await registerAnew(world);
    assert.equal(await Account.forget(session), true);
    const account = await alice.browser.openAccount(session);
    await account.key.ensure();
    assert.notEqual(account.key.current.fingerprint, fingerprint);
    assert.deepEqual(account.conversations.chats(), []);
    account.close();
  }));
});
