import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Database } from "../../../../static/js/storage/database.js";
import { readForgotten, readResident, writeForgotten } from "../../../../static/js/storage/device.js";
import { inWorld, until } from "../../world/world.js";

const PROOF = { password: "a long enough password" };

/** The server deletes the account, or refuses. */
function deletes(server, answer = { status: 204 }) {
  server.intercept = ({ method, path }) => (method === "DELETE" && path.endsWith("/auth/me") ? answer : undefined);
}

describe("deletion of the account", () => {
  test("leaves nothing of it in this browser", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "hello");
    const { id } = alice.session.user;
    alice.browser.use();
    await writeForgotten(id, { compared: 1, keys: ["00"] });
    const reasons = [];
    alice.session.on("ended", ({ reason }) => reasons.push(reason));
    deletes(world.server);
    alice.browser.use();
    await alice.account.deleteAccount(PROOF);
    assert.equal(await Database.exists(alice.email), false);
    assert.equal((await readResident()).user, null);
    assert.deepEqual(await readForgotten(id), { compared: 0, keys: [] });
    assert.deepEqual(reasons, ["deleted"]);
  }));

  test("closes the other tabs", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const tab = await world.newTab(alice);
    deletes(world.server);
    await alice.account.deleteAccount(PROOF);
    await until(() => tab.session.isOver);
  }));

  test("that the server refuses deletes nothing here", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "hello");
    const fields = { password: [{ code: "wrong_password", detail: "" }] };
    deletes(world.server, { status: 400, body: { code: "invalid", detail: "", fields } });
    alice.browser.use();
    await assert.rejects(alice.account.deleteAccount(PROOF), { code: "invalid" });
    assert.equal(alice.session.isOver, false);
    assert.equal(await Database.exists(alice.email), true);
    await alice.shows(bob, "hello");
  }));
});
