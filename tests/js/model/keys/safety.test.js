import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CryptoManager } from "../../../../static/js/crypto/crypto.js";
import { signStatement } from "../../../../static/js/crypto/identity.js";
import { toBase64 } from "../../../../static/js/lib/bytes.js";
import { Database } from "../../../../static/js/storage/database.js";
import { keyObject } from "../../world/memory-server.js";
import { Browser, inWorld, pause, until } from "../../world/world.js";

/** Two people who have each other's keys. */
async function acquainted(world) {
  const [alice, bob] = await world.friends("alice", "bob");
  await alice.send(bob, "hello");
  await bob.shows(alice, "hello");
  await bob.send(alice, "hello to you");
  await alice.shows(bob, "hello", "hello to you");
  return [alice, bob];
}

/** The safety number, as soon as there is one. */
async function numbersOf(person, other) {
  for (let round = 0; round < 300; round += 1) {
    const numbers = await person.safety.numbers(other.email);
    if (numbers) {
      return numbers;
    }
    await pause(10);
  }
  throw new Error("there are no numbers");
}

const state = (person, other) => person.safety.state(other.email);

/** Mallory's browser takes the place of somebody's on the server. */
async function replaceKey(server, email) {
  const [{ publicKeyBytes }, identity] = [await CryptoManager.generateKeyPair(), await CryptoManager.generateIdentityKeyPair()];
  const signer = { identityPrivateKey: identity.privateKey, email, publicKeyBytes, version: 1 };
  const signed = { identity_key: toBase64(identity.publicKeyBytes), identity_signature: toBase64(await signStatement(signer)) };
  server.user(email).keys.push(keyObject(email, toBase64(publicKeyBytes), signed));
}

/** Looks up the peer's key again. */
async function notice(person, other) {
  await person.account.contacts.add(other.email);
  await until(() => person.conversations.open(other.email).keyChange);
}

describe("safety numbers", () => {
  test("are the same on both sides", inWorld(async (world) => {
    const [alice, bob] = await acquainted(world);
    const [one, two] = [await alice.safety.numbers(bob.email), await bob.safety.numbers(alice.email)];
    assert.match(one.digits, /^\d{60}$/);
    assert.equal(one.digits, two.digits);
  }));

  test("are read from the QR code of the peer", inWorld(async (world) => {
    const [alice, bob] = await acquainted(world);
    const carol = await world.newPerson("carol");
    await carol.send(bob, "hello");
    await bob.shows(carol, "hello");
    await alice.safety.numbers(bob.email);
    const read = (text) => alice.safety.read(bob.email, text);
    assert.equal(await read((await bob.safety.numbers(alice.email)).code), "match");
    assert.equal(await read((await bob.safety.numbers(carol.email)).code), "foreign");
    assert.equal(await read("https://example.org/"), "foreign");
    assert.equal(state(alice, bob).compared, "no");
  }));

  test("do not match where the server has put another identity in between", inWorld(async (world) => {
    const { server } = world;
    const alice = await world.newPerson("alice");
    const bob = await world.newPerson("bob");
    await bob.account.contacts.add(alice.email);
    const { digits, code } = await numbersOf(bob, alice);
    bob.account.close();
    await replaceKey(server, bob.email);
    await alice.send(bob, "to whom?");
    await until(() => server.texts.length === 1);
    const shown = await numbersOf(alice, bob);
    assert.notEqual(shown.digits, digits);
    assert.equal(await alice.safety.read(bob.email, code), "mismatch");
  }));

  test("do not exist for a peer without an identity", inWorld(async (world) => {
    const [alice, bob] = [await world.newPerson("alice"), await world.newPerson("bob")];
    Object.assign(world.server.user(bob.email).keys[0], { identity_key: null, identity_signature: null });
    await alice.account.contacts.add(bob.email);
    assert.equal(await alice.safety.numbers(bob.email), null);
    await assert.rejects(alice.safety.markChecked(bob.email), { code: "key_changed" });
    await assert.rejects(alice.safety.read(bob.email, ""), { code: "key_changed" });
    assert.equal(await alice.safety.numbers("stranger@example.org"), null);
  }));

  test("are shown for the server's current key, and without the server for the pinned key", inWorld(async (world) => {
    const [alice, bob] = await acquainted(world);
    const { digits } = await alice.safety.numbers(bob.email);
    world.server.isReachable = false;
    assert.equal((await alice.safety.numbers(bob.email)).digits, digits);
    world.server.isReachable = true;
    await replaceKey(world.server, bob.email);
    await alice.safety.numbers(bob.email);
    assert.notEqual(alice.conversations.open(bob.email).keyChange, null);
    await assert.rejects(alice.safety.markChecked(bob.email), { code: "key_changed" });
  }));

  test("do not exist if the account's key is in another browser", inWorld(async (world) => {
    const [alice, bob] = await acquainted(world);
    const elsewhere = await world.logIn(alice, new Browser());
    await elsewhere.account.contacts.add(bob.email);
    await until(() => world.server.callsTo("/keys/email/").length > 2);
    assert.equal(await elsewhere.safety.numbers(bob.email), null);
    assert.notEqual(await alice.safety.numbers(bob.email), null);
    await elsewhere.account.key.takeOver();
    await alice.account.key.ensure();
    assert.equal(alice.account.key.status, "replaced");
    assert.equal(await alice.safety.numbers(bob.email), null);
  }));
});

describe("a comparison", () => {
  test("is stored, also for the next visit", inWorld(async (world) => {
    const [alice, bob] = await acquainted(world);
    assert.deepEqual(state(alice, bob), { compared: "no", atMs: 0, forgotten: false });
    await alice.safety.numbers(bob.email);
    await alice.safety.markChecked(bob.email);
    const again = await world.reload(alice);
    assert.equal(state(again, bob).compared, "yes");
    assert.ok(Date.now() - state(again, bob).atMs < 60_000);
    assert.equal(state(bob, alice).compared, "no");
  }));

  test("without a match is stored until the numbers match or change", inWorld(async (world) => {
    const [alice, bob] = await acquainted(world);
    await alice.safety.numbers(bob.email);
    await alice.safety.markChecked(bob.email);
    await alice.safety.markDiffered(bob.email);
    const again = await world.reload(alice);
    assert.equal(state(again, bob).compared, "differed");
    assert.ok(Date.now() - state(again, bob).atMs < 60_000);
    await again.safety.numbers(bob.email);
    await again.safety.markChecked(bob.email);
    assert.equal(state(again, bob).compared, "yes");
    await again.safety.markDiffered(bob.email);
    await replaceKey(world.server, bob.email);
    await notice(again, bob);
    await assert.rejects(again.safety.markDiffered(bob.email), { code: "key_changed" });
    await again.conversations.acceptKey(bob.email);
    assert.equal(state(again, bob).compared, "no");
  }));

  test("without a match warns until numbers match, whatever keys come since, and asks once", inWorld(async (world) => {
    const [alice, bob] = await acquainted(world);
    const differed = (page) => page.conversations.open(bob.email).differed;
    assert.equal(differed(alice), null);
    await alice.safety.numbers(bob.email);
    await alice.safety.markDiffered(bob.email);
    assert.ok(differed(alice) && !differed(alice).mayWrite);
    await alice.safety.mayWrite(bob.email);
    const again = await world.reload(alice);
    assert.ok(differed(again).mayWrite);
    await replaceKey(world.server, bob.email);
    await notice(again, bob);
    await again.conversations.acceptKey(bob.email);
    assert.ok(again.safety.warns(bob.email) && differed(again));
    await again.safety.numbers(bob.email);
    await again.safety.markChecked(bob.email);
    assert.ok(!again.safety.warns(bob.email));
    assert.equal(differed(again), null);
  }));

  test("counts for the numbers that were on the screen", inWorld(async (world) => {
    const [alice, bob] = await acquainted(world);
    await assert.rejects(alice.safety.markChecked(bob.email), { code: "key_changed" });
    await alice.safety.numbers(bob.email);
    await replaceKey(world.server, bob.email);
    await notice(alice, bob);
    await assert.rejects(alice.safety.markChecked(bob.email), { code: "key_changed" });
    await alice.conversations.acceptKey(bob.email);
    await assert.rejects(alice.safety.markChecked(bob.email), { code: "key_changed" });
    assert.equal(state(alice, bob).compared, "no");
    await alice.safety.numbers(bob.email);
    await alice.safety.markChecked(bob.email);
    assert.equal(state(alice, bob).compared, "yes");
  }));

  test("is void after a change of the key, before and after the decision, until it is repeated", inWorld(async (world) => {
    const [alice, bob] = await acquainted(world);
    await alice.safety.numbers(bob.email);
    await alice.safety.markChecked(bob.email);
    await replaceKey(world.server, bob.email);
    await notice(alice, bob);
    assert.equal(state(alice, bob).compared, "lost");
    await until(() => alice.marks(bob).length > 0);
    assert.deepEqual(alice.marks(bob).map(({ kind, wasChecked }) => [kind, wasChecked]), [["keys-changed", true]]);
    await alice.conversations.acceptKey(bob.email);
    const again = await world.reload(alice);
    assert.equal(state(again, bob).compared, "lost");
    assert.ok(Date.now() - state(again, bob).atMs < 60_000);
    await again.safety.numbers(bob.email);
    await again.safety.markChecked(bob.email);
    assert.equal(state(again, bob).compared, "yes");
  }));

  test("does not exist for peers from an older version of the page", inWorld(async (world) => {
    const [alice, bob] = await acquainted(world);
    alice.account.close();
    alice.browser.use();
    const database = await Database.open(alice.email);
    await database.write(["people"], async (stores) => {
      const request = stores("people").get(bob.email);
      request.onsuccess = () => {
        const { changes, checked, forgotten, offeredStatement, ...row } = request.result;
        const keys = row.keys.map(({ identity, version, suites, ...key }) => key);
        stores("people").put({ ...row, keys });
      };
    });
    database.close();
    const again = await world.newTab(alice);
    assert.deepEqual(state(again, bob), { compared: "no", atMs: 0, forgotten: false });
    assert.equal((await numbersOf(again, bob)).digits, (await numbersOf(bob, alice)).digits);
    assert.equal(again.conversations.open(bob.email).keyChange, null);
  }));
});
