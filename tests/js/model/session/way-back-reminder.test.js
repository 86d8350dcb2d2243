import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { WayBackReminder } from "../../../../static/js/model/session/way-back-reminder.js";
import { Database } from "../../../../static/js/storage/database.js";
import { Browser } from "../../world/world.js";

const DAY_MS = 86_400_000;

/** @param {object[]} messages */
async function reminderFor(messages, { accountSinceMs = Date.now() } = {}) {
  new Browser().use();
  const database = await Database.open("alice@example.org");
  await database.write(["messages"], async (stores) => {
    messages.forEach((message, index) => stores("messages").put({ id: index + 1, chat: "bob@example.org", mine: true, deliveredAtMs: 0, ...message }));
  });
  return { reminder: new WayBackReminder({ database, accountSinceMs }), database };
}

describe("the reminder to keep a way back", () => {
  test("is not due without messages, however old the account is", async () => {
    const { reminder } = await reminderFor([], { accountSinceMs: 0 });
    assert.equal(await reminder.isDue(), false);
  });

  test("is due once a message has arrived there, or one has come", async () => {
    for (const [message, isDue] of [[{}, false], [{ deliveredAtMs: 1 }, true], [{ mine: false }, true], [{ mine: false, hidden: true }, false]]) {
      const { reminder } = await reminderFor([message]);
      assert.equal(await reminder.isDue(), isDue, JSON.stringify(message));
    }
  });

  test("is due after a day with any message", async () => {
    const { reminder } = await reminderFor([{}], { accountSinceMs: Date.now() - DAY_MS - 1 });
    assert.equal(await reminder.isDue(), true);
  });

  test("comes back a week after Later, also in another tab", async () => {
    const { reminder, database } = await reminderFor([{ mine: false }]);
    await reminder.postpone();
    const now = Date.now();
    const clock = mock.method(Date, "now", () => now + 7 * DAY_MS - 1000);
    const other = new WayBackReminder({ database, accountSinceMs: now });
    assert.equal(await other.isDue(), false);
    clock.mock.mockImplementation(() => now + 7 * DAY_MS + 1000);
    assert.equal(await other.isDue(), true);
    clock.mock.restore();
  });

  test("is due where the clock says that Later was tomorrow", async () => {
    const { reminder } = await reminderFor([{ mine: false }]);
    const clock = mock.method(Date, "now", () => 10 * DAY_MS);
    await reminder.postpone();
    clock.mock.mockImplementation(() => 9 * DAY_MS);
    assert.equal(await reminder.isDue(), true);
    clock.mock.restore();
  });
});
