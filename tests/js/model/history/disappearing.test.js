/** Messages that disappear, in the storage and on the screens. */
import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { messageRecord, StorageCipher } from "../../../../static/js/model/keys/storage-cipher.js";
import { Database } from "../../../../static/js/storage/database.js";
import { all } from "../../../../static/js/storage/queries.js";
import { loadVersion, typeOf } from "../../../../static/js/types/content-types.js";
import { keepCode, secondBrowser, streamsOf } from "../../world/own-browsers.js";
import { OwnClient } from "../../world/own-client.js";
import { inMovedTime, until } from "../../world/world.js";

const [HOUR, DAY] = [3600, 86_400];

/** The clocks are put ahead by seconds. */
const withClock = (story) => inMovedTime((world, ahead) => story(world, (seconds) => ahead(1000 * seconds)));

const item = (person, other, text) => person.items(other).find((one) => one.text === text);
const change = (person, other, action) => person.conversations.change(other.email, action);
const set = (person, other, seconds) => change(person, other, { kind: "timer", seconds });
const timer = async (person, other) => (await person.conversations.timer(other.email)).seconds;
const timers = (person, other) => person.marks(other).filter(({ kind }) => kind === "timer").map(({ mine, seconds }) => ({ mine, seconds }));

/** Two people who have written, and whose chat Bob does not look at. */
async function chat(world) {
  const [alice, bob] = await world.friends("alice", "bob");
  await alice.send(bob, "Hello");
  await bob.shows(alice, "Hello");
  await bob.send(alice, "Hello Alice");
  await alice.shows(bob, "Hello", "Hello Alice");
  bob.conversations.close(alice.email);
  return [alice, bob];
}

/** The bodies that the browser keeps, opened. */
async function bodies({ browser, email }) {
  browser.use();
  const database = await Database.open(email);
  const cipher = await StorageCipher.of(database);
  const rows = await database.read(["messages", "outbox"], async (stores) => [...(await all(stores("messages"))), ...(await all(stores("outbox")))]);
  const contents = await Promise.all(rows.filter(({ sealed }) => sealed).map((row) => cipher.open(messageRecord(row), row.sealed)));
  database.close();
  return contents.filter(({ type }) => !["timer", "nothing", "skip"].includes(type)).map(({ body }) => body);
}

/** Waits until the browser keeps these bodies and no other. */
async function keeps(person, ...expected) {
  let found = [];
  await until(async () => {
    found = (await bodies(person)).filter((body) => body !== "");
    return found.sort().join("|") === expected.sort().join("|");
  }, () => `kept: ${found.join("|")}`);
}

/** Seals contents of version 2, one after the other. */
class Client extends OwnClient {
  counter = 0;
  previous = null;

  async make(person, members) {
    this.counter += 1;
    const added = { v: 2, salt: "0".repeat(32), reply: null, replaces: null, expires: null, else: "" };
    const sealed = await this.seal(person, { ...added, counter: this.counter, previous: this.previous, ...members });
    this.previous = sealed.hash;
    return sealed;
  }

  async put(person, members) {
    const sealed = await this.make(person, members);
    this.server.plant(person.email, sealed.message);
    return sealed;
  }

  static async meets(world) {
    await loadVersion(2);
    const [client, alice] = [await Client.join(world, "bob"), await world.newPerson("alice")];
    await alice.account.contacts.add(client.email);
    return [client, alice];
  }
}

const body = (name, value) => ({ type: name, ...typeOf(name, 2).compose(value) });

describe("a timer", () => {
  test("is told to both in the log, and what is written from then on says when it ends", withClock(async (world) => {
    const [alice, bob] = await chat(world);
    await set(bob, alice, DAY);
    await until(() => timers(alice, bob).length === 1);
    assert.deepEqual(timers(alice, bob), [{ mine: false, seconds: DAY }]);
    await until(() => timers(bob, alice).length === 1);
    assert.deepEqual(timers(bob, alice), [{ mine: true, seconds: DAY }]);
    assert.deepEqual([await timer(alice, bob), await timer(bob, alice)], [DAY, DAY]);
    await alice.send(bob, "for a day");
    await until(() => world.server.texts.length === 4);
    const [told, row] = world.server.texts.slice(-2);
    assert.deepEqual([told.quiet, told.delete_after], [true, undefined]);
    const hours = Date.parse(row.delete_after) / 3_600_000;
    assert.equal(hours, Math.floor(hours), "the server learns the hour alone");
    assert.ok(hours * 3600 - Date.now() / 1000 - DAY < HOUR && hours * 3600 - Date.now() / 1000 - DAY > -60);
    await until(() => alice.chat(bob).unread === 1); // his text, not his timer
    await set(alice, bob, 0);
    await until(async () => (await timer(bob, alice)) === 0);
    await bob.send(alice, "for ever");
    await until(() => world.server.texts.at(-1).delete_after === undefined && world.server.texts.length === 6);
  }));

  test("is the same on both sides after both have set one at once", withClock(async (world) => {
    const [alice, bob] = await chat(world);
    world.server.pushes = false;
    await Promise.all([set(alice, bob, HOUR), set(bob, alice, DAY)]);
    await until(() => world.server.texts.length === 4);
    const tabs = [await world.reload(alice), await world.reload(bob)];
    await until(() => timers(tabs[0], bob).length === 2 && timers(tabs[1], alice).length === 2);
    const [alices, bobs] = [await timer(tabs[0], bob), await timer(tabs[1], alice)];
    assert.equal(alices, bobs);
    assert.ok([HOUR, DAY].includes(alices));
  }));

  test("that the other person has set with a clock that is ahead can be set again", withClock(async (world) => {
    const [client, alice] = await Client.meets(world);
    await client.put(alice, { ...body("timer", { seconds: HOUR }), sent_at: Date.now() + 1000 * DAY });
    await until(async () => (await timer(alice, client)) === HOUR);
    mock.method(alice.account.conversations, "timer", alice.account.conversations.timer);
    const person = alice.account.conversations;
    assert.equal((await person.timer(client.email)).isPossible, false, "Bob has not said that he reads version 2");
    await assert.rejects(set(alice, client, 0), { code: "no_version_2" });
  }));

  test("that comes again changes nothing", withClock(async (world) => {
    const [client, alice] = await Client.meets(world);
    const first = await client.put(alice, body("timer", { seconds: HOUR }));
    await until(async () => (await timer(alice, client)) === HOUR);
    await client.put(alice, { ...body("timer", { seconds: 0 }), sent_at: Date.now() + 1 });
    await until(async () => (await timer(alice, client)) === 0);
    client.server.plant(alice.email, { ...first.message });
    await client.put(alice, { body: "the last" });
    await alice.shows(client, "the last");
    assert.equal(await timer(alice, client), 0);
  }));

  test("of somebody else does not count", withClock(async (world) => {
    const [client, alice] = await Client.meets(world);
    const mallory = await Client.join(world, "mallory");
    const { message } = await mallory.make(alice, body("timer", { seconds: HOUR }));
    world.server.plant(alice.email, { ...message, sender_email: client.email });
    await client.put(alice, { body: "the last" });
    await until(() => alice.texts(client).includes("the last"));
    assert.equal(await timer(alice, client), 0);
  }));
});

describe("a message whose time is over", () => {
  test("is gone from the screen and the storage of both, in a chat that is not open too", withClock(async (world, passes) => {
    const [alice, bob] = await chat(world);
    await set(alice, bob, HOUR);
    await alice.send(bob, "for an hour");
    await until(() => bob.chat(alice).lastLine === "for an hour");
    passes(HOUR + 1);
    await set(alice, bob, 0);
    await keeps(bob, "Hello", "Hello Alice");
    await until(() => bob.chat(alice).lastLine === "Hello Alice");
    await alice.send(bob, "stays");
    await alice.shows(bob, "Hello", "Hello Alice", "stays");
    await keeps(alice, "Hello", "Hello Alice", "stays");
    await bob.shows(alice, "Hello", "Hello Alice", "stays");
    assert.deepEqual(bob.marks(alice).filter(({ kind }) => kind === "gap"), []);
  }));

  test("is gone when the page opens, before the server is asked", withClock(async (world, passes) => {
    const [alice, bob] = await chat(world);
    await set(alice, bob, HOUR);
    await alice.send(bob, "for an hour");
    await until(() => bob.chat(alice).lastLine === "for an hour");
    bob.account.close();
    passes(HOUR + 1);
    world.server.isReachable = false;
    const again = await world.openTab(bob).catch(() => null);
    world.server.isReachable = true;
    const tab = again ?? (await world.openTab(bob));
    await keeps(tab, "Hello", "Hello Alice");
  }));

  test("leaves nothing of its edits, reactions and answers' quotations", withClock(async (world, passes) => {
    const [alice, bob] = await chat(world);
    await set(alice, bob, HOUR);
    await alice.send(bob, "for an hour");
    await bob.shows(alice, "Hello", "Hello Alice", "for an hour");
    passes(600);
    await change(bob, alice, { kind: "react", on: item(bob, alice, "for an hour"), emoji: "👍" });
    await until(() => item(alice, bob, "for an hour")?.reactions.length === 1);
    await change(alice, bob, { kind: "edit", on: item(alice, bob, "for an hour"), text: "for one hour" });
    await bob.shows(alice, "Hello", "Hello Alice", "for one hour");
    const { content } = item(bob, alice, "for one hour");
    await set(bob, alice, 0);
    await until(async () => (await timer(alice, bob)) === 0);
    await bob.conversations.send(alice.email, "an answer", content.hash);
    await alice.shows(bob, "Hello", "Hello Alice", "for one hour", "an answer");
    await until(() => item(alice, bob, "an answer").quote?.text === "for one hour");
    const sent = world.server.texts.filter(({ delete_after: until_ }) => until_);
    assert.equal(sent.length, 3);
    assert.equal(new Set(sent.map(({ delete_after: until_ }) => until_)).size <= 2, true, "an edit and a reaction end with it");
    passes(3001);
    await alice.send(bob, "later");
    await alice.shows(bob, "Hello", "Hello Alice", "an answer", "later");
    await bob.shows(alice, "Hello", "Hello Alice", "an answer", "later");
    for (const person of [alice, bob]) {
      await keeps(person, "Hello", "Hello Alice", "an answer", "later");
    }
    assert.equal(item(bob, alice, "an answer").quote.text, "");
  }));

  test("does not come back when the server brings it again, and opens no gap", withClock(async (world, passes) => {
    const [client, alice] = await Client.meets(world);
    const { message } = await client.put(alice, { body: "for an hour", expires: HOUR });
    await alice.shows(client, "for an hour");
    alice.conversations.close(client.email);
    passes(HOUR + 1);
    world.server.plant(alice.email, { ...message });
    await client.put(alice, { body: "the last" });
    await alice.shows(client, "the last");
    await keeps(alice, "the last");
    assert.deepEqual(alice.marks(client), []);
  }));

  test("is not shown at all where it comes after its time", withClock(async (world, passes) => {
    const [client, alice] = await Client.meets(world);
    const late = await client.make(alice, { body: "for an hour", expires: HOUR });
    await client.put(alice, { body: "the last" });
    await alice.shows(client, "the last");
    passes(HOUR + 1);
    world.server.plant(alice.email, late.message);
    await client.put(alice, { body: "the very last" });
    await alice.shows(client, "the last", "the very last");
    await keeps(alice, "the last", "the very last");
  }));

  test("ends so long after it came at the latest, where the sender's clock is ahead", withClock(async (world, passes) => {
    const [client, alice] = await Client.meets(world);
    await client.put(alice, { body: "for an hour", expires: HOUR, sent_at: Date.now() + 1000 * DAY });
    await alice.shows(client, "for an hour");
    passes(HOUR + 1);
    await client.put(alice, { body: "the last" });
    await alice.shows(client, "the last");
    await keeps(alice, "the last");
  }));

  test("that is missing may have disappeared, and others have not", withClock(async (world) => {
    const [client, alice] = await Client.meets(world);
    await client.put(alice, { body: "one" });
    await client.make(alice, { body: "withheld" });
    await client.put(alice, { body: "three" });
    await alice.shows(client, "one", "three");
    await until(() => alice.marks(client).length === 1);
    assert.equal(alice.marks(client)[0].mayHaveGone, false);
    await client.put(alice, body("timer", { seconds: HOUR }));
    await until(() => alice.marks(client).find(({ kind }) => kind === "gap")?.mayHaveGone === true);
  }));

  test("leaves the archive too, and a browser that comes later does not get it", withClock(async (world, passes) => {
    const [alice, bob] = await chat(world);
    const code = await keepCode(alice);
    await set(bob, alice, HOUR);
    await bob.send(alice, "for an hour");
    await alice.shows(bob, "Hello", "Hello Alice", "for an hour");
    const archived = async () => {
      await alice.account.vault.archive({ takesIn: true });
      const streams = await streamsOf(world, alice);
      await streams.look();
      const own = streams.all().filter(({ kind }) => kind === "archive");
      const segments = await Promise.all(own.map(({ browser }) => streams.read({ browser, kind: "archive" }, 1)));
      return segments.flat().flatMap(({ content }) => content.messages.map((message) => message.content.body));
    };
    await until(async () => (await archived()).includes("for an hour"));
    passes(HOUR + 1);
    await set(bob, alice, 0);
    await until(async () => !(await archived()).includes("for an hour"));
    const second = await secondBrowser(world, alice, code);
    await second.shows(bob, "Hello", "Hello Alice");
    await keeps(second, "Hello", "Hello Alice");
  }));

  test("is taken back where it was not sent in its time", withClock(async (world, passes) => {
    const [alice, bob] = await chat(world);
    await set(alice, bob, HOUR);
    await until(async () => (await timer(bob, alice)) === HOUR);
    world.server.intercept = ({ path }) => (path.endsWith("/messages/send") ? { status: 503, body: { code: "unavailable", detail: "" } } : undefined);
    world.server.acceptsSockets = false;
    [...world.server.sockets].forEach((socket) => socket.shut(1012));
    await alice.send(bob, "too late");
    passes(HOUR + 1);
    const again = await world.reload(alice);
    await keeps(again, "Hello", "Hello Alice");
  }));
});

describe("a deletion", () => {
  test("that came before its message removes it, in a chat that nobody opens", withClock(async (world) => {
    const [client, alice] = await Client.meets(world);
    await client.put(alice, { body: "first" });
    const text = await client.make(alice, { body: "a secret" });
    await client.put(alice, { ...body("nothing", { browser: client.browser, counter: text.counter }), replaces: text.hash });
    await until(async () => (await alice.account.conversations.chats()).length > 0);
    await keeps(alice, "first");
    world.server.plant(alice.email, text.message);
    await client.put(alice, { body: "the last" });
    await keeps(alice, "first", "the last");
  }));

  test("removes an edit that comes after it, in a chat that nobody opens", withClock(async (world) => {
    const [client, alice] = await Client.meets(world);
    const text = await client.put(alice, { body: "a secret" });
    const edit = await client.make(alice, { body: "a secret!", replaces: text.hash });
    await client.put(alice, { ...body("nothing", { browser: client.browser, counter: text.counter }), replaces: text.hash });
    await keeps(alice);
    world.server.plant(alice.email, edit.message);
    await client.put(alice, { body: "the last" });
    await keeps(alice, "the last");
  }));
});
