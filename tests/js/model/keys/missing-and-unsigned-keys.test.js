import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { CryptoManager } from "../../../../static/js/crypto/crypto.js";
import { signStatement } from "../../../../static/js/crypto/identity.js";
import { fromBase64, toBase64 } from "../../../../static/js/lib/bytes.js";
import { ok, refusal } from "../../world/memory-server.js";
import { Browser, inWorld, pause, until } from "../../world/world.js";

const unsigned = (key) => ({ ...key, identity_key: null, identity_signature: null });

/** Random bytes as a message of somebody, under a key of theirs. */
function garbage(from, to, senderFingerprint, recipientFingerprint) {
  const bytes = (length) => Buffer.alloc(length, 7).toString("base64");
  return {
    sender_email: from, recipient_email: to, client_id: crypto.randomUUID(), message_type: "text", suite: 1,
    nonce: bytes(12), salt: bytes(32), ciphertext: bytes(1040),
    sender_fingerprint: senderFingerprint, recipient_fingerprint: recipientFingerprint,
  };
}

describe("a key that has decrypted nothing", () => {
  test("does not block the peer whose key it is", inWorld(async (world) => {
    const { server } = world;
    const [alice, bob, mallory] = [await world.newPerson("alice"), await world.newPerson("bob"), await world.newPerson("mallory")];
    const [key] = server.user(bob.email).keys;
    const [mallorys] = server.user(mallory.email).keys;
    const { identity } = mallory.account.key.current;
    const publicKeyBytes = fromBase64(key.public_key);
    const signer = { identityPrivateKey: identity.privateKey, email: mallory.email, publicKeyBytes, version: 1 };
    const identity_signature = toBase64(await signStatement(signer));
    const copy = { ...mallorys, public_key: key.public_key, fingerprint: key.fingerprint, identity_signature };
    server.intercept = ({ path, host }) => {
      const isAsked = path.includes(`/keys/fingerprint/${key.fingerprint}`) && host === alice.browser.host;
      return isAsked && server.texts.length === 1 ? ok(copy) : undefined;
    };
    server.plant(alice.email, garbage(mallory.email, alice.email, key.fingerprint, alice.account.key.current.fingerprint));
    alice.conversations.open(mallory.email);
    await until(() => alice.items(mallory)[0]?.unopened);
    await bob.send(alice, "it is me");
    await alice.shows(bob, "it is me");
    await alice.send(bob, "I know");
    await bob.shows(alice, "it is me", "I know");
  }));
});

describe("a key that only a message names", () => {
  test("is the current one once it is accepted, and the server's is offered next", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    await bob.send(alice, "bob's own");
    await alice.shows(bob, "bob's own");
    const before = await alice.safety.numbers(bob.email);
    const [own] = server.user(bob.email).keys;
    // For alice the server still names the key that she knows.
    const isAsked = ({ path, host }) => path.includes(`/keys/email/`) && host === alice.browser.host;
    server.intercept = (call) => (isAsked(call) ? ok(own) : undefined);
    const elsewhere = await world.logIn(bob, new Browser());
    await elsewhere.account.key.takeOver();
    await elsewhere.send(alice, "the server's words");
    await until(() => alice.items(bob).at(-1)?.unopened?.reason.endsWith("keys changed."));
    const named = alice.conversations.open(bob.email).keyChange.fingerprint;
    await alice.conversations.acceptKey(bob.email, named);
    await alice.shows(bob, "bob's own", "the server's words");
    await until(() => alice.conversations.open(bob.email).keyChange?.fingerprint === own.fingerprint);
    assert.notEqual((await alice.safety.numbers(bob.email)).digits, before.digits);
    await alice.send(bob, "to whom?");
    await until(() => alice.states(bob).includes("held"));
  }));
});

describe("a key that was declined", () => {
  /** Bob takes over in another browser and writes from there; to alice the server names his first key as the present one. */
  async function named(world) {
    const [alice, bob] = await world.friends("alice", "bob");
    const { server } = world;
    await bob.send(alice, "from the known keys");
    await alice.shows(bob, "from the known keys");
    const [own] = server.user(bob.email).keys;
    const isAsked = ({ path, host }) => path.includes("/keys/email/") && host === alice.browser.host;
    server.intercept = (call) => (isAsked(call) ? ok(own) : undefined);
    bob.account.close();
    const elsewhere = await world.logIn(bob, new Browser());
    await elsewhere.account.key.takeOver();
    await elsewhere.send(alice, "from the other keys");
    await until(() => alice.items(bob).at(-1)?.unopened?.reason.endsWith("keys changed."));
    return { alice, bob, elsewhere, server, own };
  }

  const change = (alice, bob) => alice.conversations.open(bob.email).keyChange;

  test("lets out what was held, opens nothing, and is not asked about again, also after a reload", inWorld(async (world) => {
    const { alice, bob, elsewhere, server, own } = await named(world);
    await alice.send(bob, "to the known keys");
    await until(() => alice.states(bob).includes("held"));
    // An honest server would refuse what is sealed for a former key.
    server.user(bob.email).keys.push(own);
    await alice.conversations.declineKey(bob.email);
    await until(() => server.texts.some((text) => text.recipient_fingerprint === own.fingerprint && text.sender_email === alice.email));
    const refused = () => alice.items(bob).filter(({ unopened }) => unopened?.reason === "It came with keys that you did not accept.");
    await until(() => refused().length === 1);
    const [mark] = alice.marks(bob);
    assert.deepEqual([mark.kind, mark.isDeclined], ["keys-changed", true]);
    const again = await world.reload(alice);
    server.user(bob.email).keys.pop();
    await elsewhere.send(alice, "and once more");
    await until(() => again.items(bob).filter(({ unopened }) => unopened?.reason === "It came with keys that you did not accept.").length === 2);
    assert.equal(change(again, bob), null);
    assert.deepEqual(again.texts(bob).filter((text) => text), ["from the known keys", "to the known keys"]);
  }));

  test("of which the server takes no message for another one is asked about again by Retry", inWorld(async (world) => {
    const { alice, bob, elsewhere, server } = await named(world);
    await alice.conversations.declineKey(bob.email);
    server.intercept = () => undefined;
    await alice.safety.numbers(bob.email);
    await until(() => change(alice, bob));
    await alice.conversations.declineKey(bob.email);
    await alice.send(bob, "to whom?");
    await until(() => alice.states(bob).includes("failed"));
    const [failed] = alice.items(bob).filter(({ state }) => state === "failed");
    assert.equal(failed.failure, "declined_key");
    assert.equal(change(alice, bob), null);
    await alice.conversations.retry(bob.email, failed.clientId);
    await until(() => change(alice, bob) && alice.states(bob).includes("held"));
    await alice.conversations.acceptKey(bob.email);
    await until(() => elsewhere.texts(alice).includes("to whom?"));
    await until(() => alice.texts(bob).includes("from the other keys"));
  }));
});

describe("a change that cannot be accepted", () => {
  test("changes nothing about the messages under the present key", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await bob.send(alice, "one");
    await alice.shows(bob, "one");
    const elsewhere = await world.logIn(bob, new Browser());
    await elsewhere.account.key.takeOver();
    await alice.safety.numbers(bob.email);
    await until(() => alice.conversations.open(bob.email).keyChange);
    const present = world.server.user(bob.email).keys.at(-2).fingerprint;
    alice.browser.use();
    const waiting = { id: 99, chat: bob.email, mine: false, pending: bob.email, raw: { sender_fingerprint: present } };
    await withStore(alice.browser.indexedDB, "messages", (store) => done(store.put(waiting)));
    await assert.rejects(alice.conversations.acceptKey(bob.email, "another"), { code: "key_changed" });
    const row = await withStore(alice.browser.indexedDB, "messages", (store) => done(store.get(99)));
    assert.equal(row.arrivedUnder, undefined);
  }));

  test("is one whose statement was replaced while it was on the screen; the new one is shown", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const elsewhere = await world.logIn(bob, new Browser());
    await elsewhere.account.key.takeOver();
    await alice.safety.numbers(bob.email);
    const thread = alice.conversations.open(bob.email);
    await until(() => thread.keyChange);
    const shown = thread.keyChange;
    // The server signs the same key with an identity of its own, and this browser learns it before the person decides.
    const key = world.server.user(bob.email).keys.at(-1);
    const { privateKey, publicKeyBytes } = await CryptoManager.generateIdentityKeyPair();
    const signer = { identityPrivateKey: privateKey, email: bob.email, publicKeyBytes: fromBase64(key.public_key), version: 1 };
    const signature = toBase64(await signStatement(signer));
    const swapped = { ...key, identity_key: toBase64(publicKeyBytes), identity_signature: signature };
    const isAsked = ({ path, host }) => path.includes("/keys/email/") && host === alice.browser.host;
    world.server.intercept = (call) => (isAsked(call) ? ok(swapped) : undefined);
    await alice.safety.numbers(bob.email).catch(() => {});
    await until(() => thread.keyChange.offer !== shown.offer);
    assert.equal(thread.keyChange.fingerprint, shown.fingerprint);
    for (const decide of ["acceptKey", "declineKey"]) {
      await assert.rejects(alice.conversations[decide](bob.email, shown.fingerprint, shown.offer), { code: "key_changed" });
    }
    const { fingerprint, offer } = thread.keyChange;
    assert.equal(fingerprint, shown.fingerprint);
    await alice.conversations.declineKey(bob.email, fingerprint, offer);
    assert.equal(thread.keyChange, null);
  }));
});

async function withStore(indexedDB, name, work) {
  const [{ name: database }] = (await indexedDB.databases()).filter((one) => one.name.includes("@"));
  const connection = await done(indexedDB.open(database));
  const value = await work(connection.transaction([name], "readwrite").objectStore(name));
  connection.close();
  return value;
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

describe("an unsigned key", () => {
  test("is not sealed for at first contact: the message waits, however long, and goes out once it is signed", inWorld(async (world) => {
    const [alice, bob] = [await world.newPerson("alice"), await world.newPerson("bob")];
    const { keys } = world.server.user(bob.email);
    const [key] = keys;
    keys[0] = unsigned(key);
    bob.account.close();
    await alice.send(bob, "are you there?");
    await until(() => alice.items(bob)[0]?.waitsFor === "unsigned_key");
    assert.equal(world.server.texts.length, 0);
    assert.equal(await alice.safety.numbers(bob.email), null);
    const again = await world.newTab(bob);
    await again.shows(alice, "are you there?");
    await until(() => alice.items(bob)[0].waitsFor === null);
  }));

  test("decrypts nothing at first contact", inWorld(async (world) => {
    const [alice, bob] = [await world.newPerson("alice"), await world.newPerson("bob")];
    const { keys } = world.server.user(bob.email);
    const [key] = keys;
    keys[0] = unsigned(key);
    await bob.send(alice, "hello");
    alice.conversations.open(bob.email);
    await until(() => alice.items(bob)[0]?.unopened);
    assert.equal(alice.items(bob)[0].unopened.reason, "bob has to open VibeChat once before it can be read.");
    const again = await world.reload(alice);
    keys[0] = key;
    await again.shows(bob, "hello");
  }));
});

describe("a peer without a key", () => {
  const keyless = (server, person) => server.user(person.email).keys.splice(0);

  test("is named as what the message waits for, at once and however long; it goes out once there is a key", inWorld(async (world) => {
    const [alice, bob] = [await world.newPerson("alice"), await world.newPerson("bob")];
    bob.account.close();
    keyless(world.server, bob);
    await alice.send(bob, "are you there?");
    await until(() => alice.items(bob)[0]?.waitsFor === "no_key");
    const now = Date.now;
    mock.method(Date, "now", () => now() + 30 * 24 * 3_600_000);
    try {
      const again = await world.reload(alice);
      await until(() => again.items(bob)[0]?.waitsFor === "no_key");
      await pause(4000);
      assert.equal(again.items(bob)[0].state, "sending");
      const back = await world.newTab(bob);
      await back.shows(alice, "are you there?");
      await until(() => again.items(bob)[0].waitsFor === null);
    } finally {
      mock.restoreAll();
    }
  }));

  test("is looked up again when the chat is opened, until there is a key", inWorld(async (world) => {
    const { server } = world;
    const [alice, bob] = [await world.newPerson("alice"), await world.newPerson("bob")];
    const asked = () => server.calls.filter(({ path, host }) => path.includes("/keys/email/bob") && host === alice.browser.host).length;
    bob.account.close();
    const keys = keyless(server, bob);
    await alice.safety.numbers(bob.email);
    assert.equal(asked(), 1);
    server.user(bob.email).keys.push(...keys);
    alice.conversations.open(bob.email);
    await until(() => asked() === 2);
    await pause(100);
    alice.conversations.close(bob.email);
    alice.conversations.open(bob.email);
    await pause(100);
    assert.equal(asked(), 2);
  }));

  test("leaves the message that waits to be taken back, and no trace of it", inWorld(async (world) => {
    const [alice, bob] = [await world.newPerson("alice"), await world.newPerson("bob")];
    bob.account.close();
    const keys = keyless(world.server, bob);
    const clientId = await alice.send(bob, "are you there?");
    await until(() => alice.items(bob)[0]?.waitsFor === "no_key");
    await alice.conversations.remove(bob.email, clientId);
    await until(() => alice.items(bob).length === 0);
    world.server.user(bob.email).keys.push(...keys);
    const back = await world.newTab(bob);
    await alice.send(bob, "hello");
    await back.shows(alice, "hello");
    await pause(200);
    assert.deepEqual(back.marks(alice), []);
    assert.equal(world.server.texts.length, 1);
  }));

  test("whose key was known is shown as having a key that the server does not name", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "one");
    await bob.shows(alice, "one");
    bob.account.close();
    keyless(world.server, bob);
    await alice.safety.numbers(bob.email);
    await alice.send(bob, "two");
    await until(() => alice.items(bob).at(-1)?.waitsFor === "key_missing");
  }));
});

describe("receipts", () => {
  test("to one peer whose key cannot be fetched do not block the others", inWorld(async (world) => {
    const { server } = world;
    const [alice, bob, carol] = [await world.newPerson("alice"), await world.newPerson("bob"), await world.newPerson("carol")];
    const isAsked = ({ path, host }) => path.includes(`/keys/email/bob`) && host === alice.browser.host;
    server.intercept = (call) => (isAsked(call) ? refusal(404, "key_not_found") : undefined);
    await alice.account.contacts.add(bob.email);
    await alice.account.contacts.add(carol.email);
    await bob.send(alice, "from bob");
    await alice.shows(bob, "from bob");
    await until(() => server.calls.filter(isAsked).length > 1);
    await carol.send(alice, "from carol");
    await carol.showsStates(alice, "delivered");
    assert.equal(server.messages.some((message) => message.sender_email === alice.email && message.recipient_email === bob.email), false);
  }));
});

describe("the keys of all known peers", () => {
  test("are looked up when a connection is made, once a day", inWorld(async (world) => {
    const { server } = world;
    const [alice, bob] = await world.friends("alice", "bob");
    const asked = () => server.calls.filter(({ path, host }) => path.includes("/keys/email/bob") && host === alice.browser.host).length;
    const reconnect = async () => {
      [...server.sockets].forEach((socket) => socket.shut(1006));
      await until(() => server.sockets.size > 0 && alice.conversations.connection === "ok");
      await pause(50);
    };
    await until(() => alice.conversations.connection === "ok");
    // Bob's page would correct his key on the server.
    bob.account.close();
    const before = asked();
    await reconnect();
    assert.equal(asked(), before);
    const now = Date.now;
    mock.method(Date, "now", () => now() + 25 * 3_600_000);
    try {
      const { keys } = server.user(bob.email);
      keys[0] = unsigned(keys[0]);
      await reconnect();
      await until(() => asked() > before && alice.conversations.open(bob.email).keyChange);
    } finally {
      mock.restoreAll();
    }
  }));
});
