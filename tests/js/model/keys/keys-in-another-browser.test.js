import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { Browser, inWorld, until } from "../../world/world.js";

async function talk(world) {
  const [alice, bob] = await world.friends("alice", "bob");
  await alice.send(bob, "one");
  await alice.shows(bob, "one");
  await bob.shows(alice, "one");
  await bob.send(alice, "two");
  await alice.shows(bob, "one", "two");
  return [alice, bob];
}

async function unopened(person, other, count) {
  const thread = person.conversations.open(other.email);
  await until(() => !thread.loading && person.items(other).filter((item) => item.unopened).length === count);
  return person.items(other).map((item) => item.unopened?.where);
}

function garbage(from, to) {
  return {
    client_id: randomUUID(), sender_email: from.email, recipient_email: to.email, message_type: "text", suite: 1,
    ciphertext: randomBytes(2064).toString("base64"), nonce: randomBytes(12).toString("base64"), salt: randomBytes(32).toString("base64"),
    sender_fingerprint: randomBytes(32).toString("hex"), recipient_fingerprint: randomBytes(32).toString("hex"),
  };
}

describe("a message that names a key of one's own that is not here", () => {
  test("is said to be in the other browser, in either direction", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    const elsewhere = await world.logIn(alice, new Browser());
    assert.deepEqual(await unopened(elsewhere, bob, 2), ["other_browser", "other_browser"]);
    assert.equal(elsewhere.account.key.isForgotten, false);
  }));

  test("is not, where nobody but the message says that it is one's own", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    world.server.plant(alice.email, garbage(bob, alice));
    world.server.plant(alice.email, garbage(alice, bob));
    assert.deepEqual((await unopened(alice, bob, 2)).filter(Boolean), []);
  }));

  test("is not, where this browser has forgotten it", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    alice.browser.use();
    await alice.account.logOut({ forget: true });
    const again = await world.logIn(alice, alice.browser);
    assert.deepEqual(await unopened(again, bob, 2), ["forgotten", "forgotten"]);
    assert.equal(again.account.key.isForgotten, true);
  }));
});

describe("numbers that had been compared", () => {
  test("are counted where this browser has forgotten them, until that was read", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await alice.safety.numbers(bob.email);
    await alice.safety.markChecked(bob.email);
    alice.browser.use();
    await alice.account.logOut({ forget: true });
    const again = await world.logIn(alice, alice.browser);
    await until(() => again.account.comparedBefore === 1);
    await again.account.acknowledgeStorageLoss();
    await until(() => again.account.comparedBefore === 0);
  }));

  test("are not spoken of where there were none", inWorld(async (world) => {
    const [alice] = await talk(world);
    alice.browser.use();
    await alice.account.logOut({ forget: true });
    const again = await world.logIn(alice, alice.browser);
    await until(() => again.account.storageLoss);
    assert.equal(again.account.comparedBefore, 0);
  }));
});
