import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sendsMail, setPassword, tokenIn } from "../../../../static/js/model/session/password-reset.js";
import { Database } from "../../../../static/js/storage/database.js";
import { readResident } from "../../../../static/js/storage/device.js";
import { Browser, inWorld } from "../../world/world.js";

const RESET = { token: "1-a-b", password: "a new long password" };

function answers(server, status, body) {
  server.intercept = ({ path }) => (path.includes("/auth/reset") ? { status, body } : undefined);
}

describe("the link", () => {
  test("has its token in the fragment alone", () => {
    assert.equal(tokenIn("#link=1-abc-DEF_0"), "1-abc-DEF_0");
    for (const hash of ["", "#", "#link=", "#invite=x", "#link=a b", "#x&link=1", "?link=1-a-b"]) {
      assert.equal(tokenIn(hash), null, hash);
    }
  });
});

describe("whether the server sends mail", () => {
  for (const [said, expected] of [[{ mail: true }, true], [{ mail: false }, false], [null, true], [[], true]]) {
    test(`is ${expected} after ${JSON.stringify(said)}`, inWorld(async ({ server }) => {
      answers(server, 200, said);
      assert.equal(await sendsMail(new Browser().newSession()), expected);
    }));
  }

  test("is left to the form where there is no answer", inWorld(async ({ server }) => {
    server.isReachable = false;
    assert.equal(await sendsMail(new Browser().newSession()), true);
  }));
});

describe("a new password", () => {
  test("ends the log-in of this browser, and leaves its keys and messages", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    alice.account.close();
    answers(world.server, 204);
    world.server.endSessions();
    await setPassword(alice.browser.newSession(), RESET);
    const { user, ended } = await readResident();
    assert.deepEqual([user, ended], [null, "session_over"]);
    assert.equal(await Database.exists(alice.email), true);
    assert.deepEqual(world.server.callsTo("/auth/reset/password").at(-1).body, { token: "1-a-b", new_password: RESET.password });
  }));

  test("of another account leaves this browser's log-in", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    answers(world.server, 204);
    await setPassword(alice.browser.newSession(), RESET);
    assert.equal((await readResident()).user.email, alice.email);
  }));

  test("that is refused changes nothing here", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    answers(world.server, 403, { code: "reset_link_over", detail: "" });
    await assert.rejects(setPassword(alice.browser.newSession(), RESET), { code: "reset_link_over" });
    assert.equal((await readResident()).user.email, alice.email);
  }));
});
