/** The registry of content types: a type that is added to it is composed, checked, applied and shown by its module alone. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { openMessage, sealMessage } from "../../../static/js/crypto/envelope.js";
import { encodePlaintext, readPlaintext } from "../../../static/js/crypto/plaintext.js";
import { utf8Encode } from "../../../static/js/lib/bytes.js";
import { Chains } from "../../../static/js/model/history/chains.js";
import { newRow } from "../../../static/js/model/history/message-rows.js";
import { StorageCipher } from "../../../static/js/model/keys/storage-cipher.js";
import { Outbox } from "../../../static/js/model/send/outbox.js";
import { Database } from "../../../static/js/storage/database.js";
import { all, get, unsent } from "../../../static/js/storage/queries.js";
import { isChange, isKnownType, loadVersion, textOf, typeOf, TYPES, versionOf } from "../../../static/js/types/content-types.js";
import { readFiles } from "../../../static/js/types/file-type.js";
import { contentNodes } from "../../../static/js/views/thread/message-view.js";
import { OwnClient } from "../world/own-client.js";
import { inWorld, pause, until } from "../world/world.js";
import { people } from "../crypto/vectors.js";

const HASH = "a".repeat(64);
const CONTENT = { v: 1, from: "a@b.c", to: "d@e.f", browser: "0".repeat(32), counter: 1, previous: null, received: [], sent_at: 0, self_tag: HASH };
const RECEIVED = [{ browser: "1".repeat(32), counter: 1, hash: HASH }];

/** Shown, and of its own word for the server; nobody has to read it. */
const wave = {
  name: "wave",
  messageType: "greeting",
  compose: (name) => (name ? { body: `to ${name}` } : { refusal: "nobody" }),
  isBody: (body) => body.startsWith("to "),
  reportsReceived: false,
  textOf: (body) => `waves ${body}`,
  isShown: true,
  countsAsUnread: false,
  render: (body, { linked }) => ["👋 ", ...linked(body)],
};

/** Has no place in the log, and changes another message: it pins it. */
const pin = {
  name: "pin",
  messageType: "text",
  compose: (counter) => ({ body: String(counter) }),
  isBody: (body) => /^\d+$/.test(body),
  reportsReceived: true,
  textOf: () => null,
  isShown: false,
  countsAsUnread: false,
  apply: async (stores, { chat, mine, body }) => {
    for (const row of await all(stores("messages"))) {
      if (row.chat === chat && row.counter === Number(body)) {
        stores("messages").put({ ...row, pins: [...(row.pins ?? []), mine ? "own" : "theirs"] });
      }
    }
  },
};

describe("the types of this version", () => {
  test("are text, skip and receipt", () => assert.deepEqual([...TYPES.keys()], ["text", "skip", "receipt"]));

  for (const [name, type] of TYPES) {
    test(`${name} has a name that a content may carry, and a word for the server`, () => {
      assert.equal(type.name, name);
      assert.match(name, /^[a-z][a-z0-9_]{0,31}$/);
      assert.match(type.messageType, /^[a-z][a-z0-9_-]{0,19}$/);
    });
  }

  test("tell the server of receipts alone", () => {
    assert.deepEqual([...TYPES.values()].map(({ messageType }) => messageType), ["text", "text", "receipt"]);
  });

  test("compose what they take for a body", () => {
    const values = { text: "Hello", skip: HASH, receipt: { head: null, seen: [] } };
    for (const [name, type] of TYPES) {
      assert.equal(type.isBody(type.compose(values[name]).body), true, name);
    }
  });

  test("refuse what cannot be sent", () => {
    assert.deepEqual(typeOf("text").compose(" \n"), { refusal: "empty" });
    assert.deepEqual(typeOf("text").compose("x".repeat(4001)), { refusal: "too_long" });
    assert.deepEqual(typeOf("receipt").compose({ head: null, seen: {} }), { refusal: "body" });
    assert.deepEqual(typeOf("text").compose("x\ud83d").body, "x\ufffd");
  });

  test("do not include a word of a newer version, nor one of JavaScript's own", () => {
    for (const name of ["poll", "", "constructor", "__proto__", "toString"]) {
      assert.equal(isKnownType(name), false, name);
      assert.equal(typeOf(name).isBody("anything"), true);
      assert.equal(textOf({ type: name, body: "anything" }), null);
    }
  });
});

describe("the types of version 2", () => {
  const NAMES = ["text", "reaction", "file", "nothing", "timer", "profile"];
  const CHANGES = { v: 2, type: "text", replaces: HASH };

  test("are loaded when a content of it is read or written", async () => {
    await loadVersion(2);
    assert.deepEqual([...versionOf(2).types.keys()], NAMES);
    await loadVersion(3);
    assert.equal(versionOf(3), undefined);
  });

  test("tell the server nothing", () => {
    assert.deepEqual(NAMES.map((name) => typeOf(name, 2).messageType), Array(6).fill("text"));
  });

  const sealed = { id: "0".repeat(32), key: HASH, size: 1, hash: HASH };
  const entry = { ...sealed, name: "a", type: "image/png", width: 1, height: 1, duration: 0, waveform: "", thumbnail: null, preview: null };

  test("name files without what turns the direction of a text or shows nothing", () => {
    const type = typeOf("file", 2);
    for (const [name, shown] of [
      ["\u202egpj.exe", "gpj.exe"],
      ["a\u2067b\u2069\u200f.exe", "ab.exe"],
      ["in\u200bvo\u00adice\ufeff.exe", "invoice.exe"],
      ["two\u2028lines\n\u0000.exe", "two lines.exe"],
      [`invoice.pdf${"\u3000".repeat(200)}.exe`, "invoice.pdf .exe"],
      ["\u200b \u202e", "file"],
      ["👨‍👩‍👧 شعار.png", "👨‍👩‍👧 شعار.png"],
    ]) {
      const { body } = type.compose({ caption: "", files: [{ ...entry, name }] });
      assert.equal(type.textOf(body), shown);
      assert.equal(readFiles(body).files[0].name, shown);
    }
  });

  test("name files in one line, and a voice message without the ending of its name", () => {
    const { compose } = typeOf("file", 2);
    const voice = { ...entry, id: "1".repeat(32), name: "Voice message.webm", type: "audio/webm", waveform: "00ff" };
    const { body } = compose({ caption: "Listen", files: [{ ...entry, name: "a.webm" }, voice] });
    assert.equal(typeOf("file", 2).textOf(body), "Listen\na.webm\nVoice message");
  });

  test("compose what they take for a body", () => {
    const values = {
      text: "Hello",
      reaction: { on: HASH, saw: HASH, emoji: "👍" },
      file: { caption: "", files: [entry] },
      nothing: { browser: "0".repeat(32), counter: 1 },
      timer: { seconds: 0 },
      profile: { name: "Alice", picture: null },
    };
    for (const name of NAMES) {
      assert.equal(typeOf(name, 2).isBody(typeOf(name, 2).compose(values[name]).body), true, name);
      assert.ok("refusal" in typeOf(name, 2).compose(""), name);
    }
  });

  test("are shown and news, but for what changes something else", () => {
    assert.deepEqual(NAMES.filter((name) => typeOf(name, 2).isShown), ["text", "file"]);
    assert.deepEqual(NAMES.filter((name) => typeOf(name, 2).countsAsUnread), ["text", "file"]);
    assert.deepEqual([isChange(CHANGES), isChange({ ...CHANGES, replaces: null }), isChange({ ...CHANGES, type: "poll" })], [true, false, false]);
  });

  test("are of version 2 alone", () => {
    assert.deepEqual(NAMES.filter((name) => isKnownType(name)), ["text"]);
    assert.equal(textOf({ type: "file", body: "{}" }), null);
  });
});

describe("a type that was added", () => {
  beforeEach(() => [wave, pin].forEach((type) => void TYPES.set(type.name, type)));
  afterEach(() => [wave, pin].forEach(({ name }) => void TYPES.delete(name)));

  const spelled = (members) => utf8Encode(JSON.stringify({ ...JSON.parse(Buffer.from(encodePlaintext({ ...CONTENT, type: "text", body: "" }))), ...members }));

  test("is checked by its own rules", async () => {
    assert.equal((await readPlaintext(encodePlaintext({ ...CONTENT, type: "wave", body: "to Bob" }))).body, "to Bob");
    await assert.rejects(readPlaintext(spelled({ type: "wave", body: "Bob" })), { reason: "body" });
    await assert.rejects(readPlaintext(spelled({ type: "wave", body: "to Bob", received: RECEIVED })), { reason: "received" });
    assert.equal((await readPlaintext(spelled({ type: "pin", body: "1", received: RECEIVED }))).received.length, 1);
  });

  test("tells the server its own word, and is refused under another", async () => {
    const { alice, bob } = people;
    const keys = { ownKeyPair: alice.keyPair, ownFingerprint: alice.fingerprint, peerPublicKeyBytes: bob.publicKeyBytes };
    const { v: _, from: __, to: ___, self_tag: ____, ...draft } = CONTENT;
    const { envelope } = await sealMessage({
      ...keys, peerFingerprint: bob.fingerprint, senderEmail: alice.email, recipientEmail: bob.email,
      clientId: "00000000-0000-4000-8000-000000000001", content: { ...draft, type: "wave", body: "to Bob" },
    });
    assert.equal(envelope.message_type, "greeting");
    const read = (message) => openMessage({
      ownKeyPair: bob.keyPair, ownFingerprint: bob.fingerprint, ownEmail: bob.email, peerEmail: alice.email,
      peerPublicKeyBytes: alice.publicKeyBytes, message: { ...message, sender_email: alice.email },
    });
    assert.equal((await read(envelope)).supported, true);
    TYPES.set("wave", { ...wave, messageType: "text" });
    await assert.rejects(read(envelope), { reason: "type" });
  });

  test("is shown and previewed in its own words, and is not unread", inWorld(async (world) => {
    const [alice, bob] = [await world.newPerson("alice"), await OwnClient.join(world, "bob")];
    await alice.account.contacts.add(bob.email);
    const { hash } = await bob.write(alice, { type: "wave", body: "to Alice" });
    await until(() => alice.chat(bob)?.lastLine === "waves to Alice", () => JSON.stringify(alice.chat(bob)));
    assert.equal(alice.chat(bob).unread, 0);
    await alice.shows(bob, "waves to Alice");
    const [item] = alice.items(bob);
    assert.equal(item.unopened, null);
    assert.deepEqual(contentNodes(item, (text) => [`<${text}>`]), ["👋 ", "<to Alice>"]);
    // Nothing has to be read before a text after it is.
    await bob.write(alice, { counter: 2, previous: hash, body: "Well?" });
    await until(() => alice.chat(bob).unread === 1);
    await alice.shows(bob, "waves to Alice", "Well?");
    await alice.conversations.markRead(bob.email);
    await alice.send(bob, "Hello");
    await bob.receipt(alice, ({ seen }) => seen[0]?.read === 2);
  }));

  test("changes what is stored once, however often it comes, and takes no place in the log", inWorld(async (world) => {
    const [alice, bob] = [await world.newPerson("alice"), await OwnClient.join(world, "bob")];
    await alice.account.contacts.add(bob.email);
    const first = await bob.write(alice, { body: "Pin me" });
    await alice.shows(bob, "Pin me");
    const second = await bob.write(alice, { type: "pin", body: "1", counter: 2, previous: first.hash });
    world.server.plant(alice.email, second.message);
    await bob.write(alice, { counter: 3, previous: second.hash, body: "Thanks" });
    await alice.shows(bob, "Pin me", "Thanks");
    await until(() => alice.chat(bob).unread === 2);
    alice.browser.use();
    const database = await Database.open(alice.email);
    let stored;
    do {
      await pause(5);
      stored = await database.read(["messages"], (stores) => all(stores("messages")));
    } while (stored.some(({ raw }) => raw));
    assert.deepEqual(stored.map(({ pins = [], hidden = false }) => [pins.join(), hidden]), [
      ["theirs", false], ["", true], ["", true], ["", false],
    ]);
    assert.deepEqual(alice.marks(bob), []);
    database.close();
  }));

  test("is composed into the chain and applied when it is written here", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const database = await Database.open("other@example.org");
    const cipher = await StorageCipher.of(database);
    const outbox = new Outbox({ database, cipher, chains: new Chains({ database, cipher }), ownEmail: alice.email });
    const peer = "bob@example.org";
    await database.write(["messages"], async (stores) => void stores("messages").put({ id: 1, chat: peer, peer, counter: 7 }));
    await outbox.add({ clientId: "one", peer, type: "pin", ...pin.compose(7), atMs: 1 });
    await outbox.add({ clientId: "two", peer, type: "wave", ...wave.compose("Bob"), atMs: 2 });
    const rows = await database.read(["outbox"], (stores) => unsent(stores("outbox"), peer));
    assert.deepEqual(rows.map(({ counter, hidden = false }) => [counter, hidden]), [[1, true], [2, false]]);
    assert.deepEqual((await database.read(["messages"], (stores) => get(stores("messages"), 1))).pins, ["own"]);
    // Once the server has it, it keeps out of the log.
    assert.equal(newRow({ id: 2, peer, mine: true, raw: {} }, rows[0]).hidden, true);
    database.close();
  }));

  test("is shown as needing a newer version where the page does not know it", inWorld(async (world) => {
    const [alice, bob] = [await world.newPerson("alice"), await OwnClient.join(world, "bob")];
    await alice.account.contacts.add(bob.email);
    const { message } = await bob.seal(alice, { type: "pin", body: "1" });
    TYPES.delete("pin");
    world.server.plant(alice.email, message);
    await until(() => alice.items(bob)[0]?.unopened, () => JSON.stringify(alice.items(bob)));
    assert.equal(alice.items(bob)[0].unopened.reason, "It needs a newer version of VibeChat.");
    assert.equal(alice.chat(bob).unread, 1);
  }));
});
