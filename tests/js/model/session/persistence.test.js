import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { Persistence } from "../../../../static/js/model/session/persistence.js";
import { Database } from "../../../../static/js/storage/database.js";
import { Browser, inNavigator } from "../../world/world.js";

/** A browser like Firefox by default: its request is settled when the person has answered. */
async function inBrowser({ persisted = false, state = "prompt", more = {} } = {}) {
  const persist = mock.fn(() => new Promise(() => {}));
  const query = async () => (state === "unknown" ? Promise.reject(new TypeError()) : { state });
  inNavigator({ storage: { persist, persisted: async () => persisted }, permissions: { query }, ...more });
  new Browser().use();
  const database = await Database.open("alice@example.org");
  return { persist, persistence: new Persistence({ database }), database };
}

describe("persistent storage", () => {
  test("is requested on a click alone where the browser asks the person", async () => {
    const { persist, persistence } = await inBrowser();
    assert.equal(await persistence.isOffered(), true);
    assert.equal(persist.mock.callCount(), 0);
    persistence.accept();
    assert.equal(persist.mock.callCount(), 1);
  });

  test("is not offered again to whom has declined", async () => {
    const { persist, persistence, database } = await inBrowser();
    await persistence.decline();
    assert.equal(await new Persistence({ database }).isOffered(), false);
    assert.equal(persist.mock.callCount(), 0);
  });

  const silent = {
    "Chromium, which decides by itself": { more: { userAgentData: {} } },
    "a browser that does not know this permission": { state: "unknown" },
    "a browser that was told no": { state: "denied" },
  };
  for (const [name, given] of Object.entries(silent)) {
    test(`is requested at once, and not offered, in ${name}`, async () => {
      const { persist, persistence } = await inBrowser(given);
      assert.equal(await persistence.isOffered(), false);
      assert.equal(persist.mock.callCount(), 1);
    });
  }

  test("is neither requested nor offered where it is granted", async () => {
    const { persist, persistence } = await inBrowser({ persisted: true });
    assert.equal(await persistence.isOffered(), false);
    assert.equal(persist.mock.callCount(), 0);
  });

  test("is not offered where the browser has none", async () => {
    const { persistence } = await inBrowser();
    inNavigator({});
    assert.equal(await persistence.isOffered(), false);
  });
});
