/** Reports to the people who run the server: what a person chooses, and what is sealed for them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CryptoManager } from "../../../../static/js/crypto/crypto.js";
import { toPoint } from "../../../../static/js/crypto/public-key.js";
import { toBase64 } from "../../../../static/js/lib/bytes.js";
import { inWorld, until } from "../../world/world.js";

const newKey = async () => toBase64(toPoint((await CryptoManager.generateKeyPair()).publicKeyBytes));
const opened = (reports, email, count) => until(async () => (await reports.newest(email)).length === count);

/** Bob has written to Alice, who knows him. */
async function written(world, ...texts) {
  const [alice, bob] = await world.friends("alice", "bob");
  for (const text of texts) {
    await bob.send(alice, text);
  }
  const reports = await alice.account.reports();
  await opened(reports, bob.email, texts.length);
  return { alice, bob, reports };
}

describe("the messages that can be reported", () => {
  test("are those of the other person, with the server's stamp where they have a tag", inWorld(async (world) => {
    const { alice, bob, reports } = await written(world, "I will find you", "soon");
    await alice.send(bob, "Leave me alone");
    const messages = await reports.newest(bob.email);
    assert.deepEqual(messages.map(({ text }) => text), ["I will find you", "soon"]);
    for (const { content } of messages) {
      assert.equal(content.stamp !== undefined, content.v === 2);
    }
  }));

  test("have no stamp where the server gives none of its form", inWorld(async (world) => {
    const push = world.server.push.bind(world.server);
    world.server.push = (owner, event) => push(owner, JSON.parse(JSON.stringify(event), (name, value) => (name === "stamp" ? "x" : value)));
    const { bob, reports } = await written(world, "I will find you");
    assert.deepEqual((await reports.newest(bob.email)).map(({ content }) => content.stamp), [undefined]);
  }));
});

describe("a report", () => {
  test("goes to the server sealed, with the person and the key alone", inWorld(async (world) => {
    const { bob, reports } = await written(world, "I will find you");
    const key = await newKey();
    world.server.intercept = (call) => (call.path === "/api/reports" ? { status: 201, body: {} } : undefined);
    await reports.send(bob.email, { key, reason: "He threatens me", messages: await reports.newest(bob.email) });
    const [{ body }] = world.server.callsTo("/api/reports");
    assert.deepEqual(Object.keys(body).sort(), ["key", "reported_email", "sealed"]);
    assert.deepEqual([body.reported_email, body.key], [bob.email, key]);
    assert.equal((Buffer.from(body.sealed, "base64").length - 81) % 4096, 0);
  }));

  test("that is too long is refused before it is sent", inWorld(async (world) => {
    const { bob, reports } = await written(world, "I will find you");
    const [message] = await reports.newest(bob.email);
    const messages = Array.from({ length: 200 }, () => ({ ...message, content: { ...message.content, body: "a".repeat(4000) } }));
    await assert.rejects(reports.send(bob.email, { key: await newKey(), reason: "", messages }), { code: "report_too_long" });
  }));

  for (const key of [null, 7, "", "AAAA", "!"]) {
    test(`needs a key of the operators: ${key} is none`, inWorld(async (world) => {
      const { reports } = await written(world, "Hi");
      world.server.intercept = (call) => (call.path === "/api/reports/key" ? { status: 200, body: { key } } : undefined);
      assert.equal(await reports.key(), null);
    }));
  }
});

describe("the report key", () => {
  const named = async (world) => {
    const { bob, reports } = await written(world, "Hi");
    let key = await newKey();
    world.server.intercept = (call) => ({ "/api/reports/key": { status: 200, body: { key } }, "/api/reports": { status: 201, body: {} } })[call.path];
    return { bob, reports, change: async () => { key = await newKey(); } };
  };

  test("is told with its number, and is not another one while it stays", inWorld(async (world) => {
    const { reports } = await named(world);
    const [first, again] = [await reports.key(), await reports.key()];
    assert.match(first.number, /^(?:[0-9a-f]{4} ){7}[0-9a-f]{4}$/);
    assert.deepEqual([first.isOther, again.isOther], [false, false]);
  }));

  test("is another one than this browser has seen first, until a report was sealed for it", inWorld(async (world) => {
    const { bob, reports, change } = await named(world);
    const first = await reports.key();
    await change();
    const second = await reports.key();
    assert.notEqual(second.number, first.number);
    assert.deepEqual([second.isOther, (await reports.key()).isOther], [true, true]);
    await reports.send(bob.email, { key: second.key, reason: "", messages: [] });
    assert.equal((await reports.key()).isOther, false);
  }));

  test("stays another one where the server refuses the report", inWorld(async (world) => {
    const { bob, reports, change } = await named(world);
    await reports.key();
    await change();
    const { key } = await reports.key();
    const answers = world.server.intercept;
    world.server.intercept = (call) => (call.path === "/api/reports" ? { status: 409, body: { code: "report_key_changed", detail: "" } } : answers(call));
    await assert.rejects(reports.send(bob.email, { key, reason: "", messages: [] }));
    assert.equal((await reports.key()).isOther, true);
  }));
});
