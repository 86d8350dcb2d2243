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

describe("a message that names an own key that is not here", () => {
  test("is shown as readable in the other browser, in either direction", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    const elsewhere = await world.logIn(alice, new Browser());
    assert.deepEqual(await unopened(elsewhere, bob, 2), ["other_browser", "other_browser"]);
    assert.equal(elsewhere.account.key.isForgotten, false);
  }));

  test("is not shown so if the server does not confirm the key", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    world.server.plant(alice.email, garbage(bob, alice));
    world.server.plant(alice.email, garbage(alice, bob));
    assert.deepEqual((await unopened(alice, bob, 2)).filter(Boolean), []);
  }));

  test("is not shown so if the key was deleted here", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    alice.browser.use();
    await alice.account.logOut({ forget: true });
    const again = await world.logIn(alice, alice.browser);
    assert.deepEqual(await unopened(again, bob, 2), ["forgotten", "forgotten"]);
    assert.equal(again.account.key.isForgotten, true);
  }));
});

describe("safety numbers that had been compared", () => {
  test("are counted if they were deleted here, until the person dismisses it", inWorld(async (world) => {
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

  test("are not mentioned if there were none", inWorld(async (world) => {
    const [alice] = await talk(world);
    alice.browser.use();
    await alice.account.logOut({ forget: true });
    const again = await world.logIn(alice, alice.browser);
    await until(() => again.account.storageLoss);
    assert.equal(again.account.comparedBefore, 0);
  }));
});

describe("a browser without a socket", () => {
  test("learns with its next poll that another one has replaced its key", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const { server } = world;
    server.acceptsSockets = false;
    [...server.sockets].forEach((socket) => socket.shut(1006));
    await until(() => alice.conversations.connection === "polling");
    const elsewhere = await world.logIn(alice, new Browser());
    await elsewhere.account.key.takeOver();
    await until(() => alice.account.key.status === "replaced");
  }));
});
