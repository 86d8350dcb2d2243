import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { all as allRows } from "../../../../static/js/storage/queries.js";
import { inWorld, until } from "../../world/world.js";

async function found(search, query) {
  const texts = [];
  for await (const part of search.find(query)) {
    texts.push(...part.map(({ text }) => text));
  }
  return texts;
}

async function send(person, other, ...texts) {
  const before = person.states(other).length;
  for (const text of texts) {
    await person.send(other, text);
  }
  const isSent = (state) => state === "sent" || state === "delivered";
  await until(() => person.states(other).length === before + texts.length && person.states(other).every(isSent));
}

const numbered = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => `message ${from + index}`);

describe("a search in the messages", () => {
  test("finds them in all chats, newest first, folded and within words", inWorld(async (world) => {
    const [alice, bob, carol] = await world.friends("alice", "bob", "carol");
    await send(alice, bob, "We meet in Łódź at 18:30");
    await send(alice, carol, "Not in lodz");
    await send(alice, bob, "今夜は東京で");
    const search = await alice.account.messageSearch({ batch: 2 });
    assert.deepEqual(await found(search, "LODZ"), ["Not in lodz", "We meet in Łódź at 18:30"]);
    assert.deepEqual(await found(search, "8:3"), ["We meet in Łódź at 18:30"]);
    assert.deepEqual(await found(search, "東京"), ["今夜は東京で"]);
    assert.deepEqual(await found(search, "lodz  meet"), ["We meet in Łódź at 18:30"], "each word, in any order");
    assert.deepEqual(await found(search, "nowhere"), []);
    assert.equal(search.since instanceof Date, true);
  }));

  test("finds each message once, whatever the size of a batch, and those that come later", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await send(alice, bob, ...numbered(1, 6));
    const all = numbered(1, 6).reverse();
    for (const batch of [1, 2, 3, 6, 7]) {
      assert.deepEqual(await found(await alice.account.messageSearch({ batch }), "message"), all, `batches of ${batch}`);
    }
    const search = await alice.account.messageSearch({ batch: 3 });
    await found(search, "message");
    await send(alice, bob, "message 7");
    assert.deepEqual(await found(search, "message"), ["message 7", ...all]);
    search.forget();
    assert.deepEqual(await found(search, "message"), ["message 7", ...all]);
  }));

  test("finds an edited message by its text now, and no deleted one", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await send(alice, bob, "meet at nine", "a slip");
    await bob.shows(alice, "meet at nine", "a slip");
    const searches = [await alice.account.messageSearch({ batch: 1 }), await bob.account.messageSearch()];
    for (const search of searches) {
      assert.deepEqual(await found(search, "meet"), ["meet at nine"]);
    }
    const [meeting, slip] = alice.items(bob);
    await alice.conversations.change(bob.email, { kind: "edit", on: meeting, text: "meet at ten" });
    await alice.conversations.change(bob.email, { kind: "delete", on: slip });
    await bob.shows(alice, "meet at ten", "This message was deleted.");
    await until(() => alice.account.unsent() === 0);
    searches.push(await alice.account.messageSearch({ batch: 1 }), await bob.account.messageSearch());
    for (const search of searches) {
      await until(async () => (await found(search, "meet")).join() === "meet at ten");
      assert.deepEqual([await found(search, "nine"), await found(search, "slip")], [[], []]);
    }
  }));

  test("says that what was read has changed, keeps nothing of it, and finds what came late", inWorld(async (world) => {
    const [alice, bob, carol] = await world.friends("alice", "bob", "carol");
    await send(alice, bob, "meet at nine", "a slip");
    await send(alice, carol, "meet carol");
    await bob.shows(alice, "meet at nine", "a slip");
    const search = await bob.account.messageSearch();
    assert.deepEqual(await found(search, "slip"), ["a slip"]);
    let changes = 0;
    search.on("changed", () => (changes += 1));
    await send(alice, bob, "one more");
    await bob.shows(alice, "meet at nine", "a slip", "one more");
    assert.deepEqual(await found(search, "more"), ["one more"]);
    assert.equal(changes, 0, "a new message is read by the next search");
    await alice.conversations.change(bob.email, { kind: "delete", on: alice.items(bob)[1] });
    await until(() => changes > 0);
    assert.equal(search.since, null, "nothing is in the memory");
    assert.deepEqual([await found(search, "slip"), await found(search, "meet")], [[], ["meet at nine"]]);
  }));

  test("finds a message that is opened after it was read", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await send(alice, bob, "early", "late");
    await bob.shows(alice, "early", "late");
    const database = await world.databaseOf(bob);
    const row = await database.read(["messages"], async (stores) => (await allRows(stores("messages")))[0]);
    const put = (one) => database.write(["messages"], async (stores) => void stores("messages").put(one));
    await put({ ...row, sealed: undefined });
    const search = await bob.account.messageSearch();
    assert.deepEqual([await found(search, "early"), await found(search, "late")], [[], ["late"]]);
    await put(row);
    bob.account.conversations.changedElsewhere([alice.email]);
    await until(async () => (await found(search, "early")).length === 1);
  }));

  test("finds nothing of a chat that was cleared meanwhile", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await send(alice, bob, "forget this");
    const search = await alice.account.messageSearch();
    assert.deepEqual(await found(search, "forget"), ["forget this"]);
    await alice.account.conversations.clear(bob.email);
    assert.deepEqual(await found(search, "forget"), []);
  }));
});

describe("revealing a message", () => {
  test("shows the chat from a little before it on", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await send(alice, bob, ...numbered(1, 60));
    alice.conversations.close(bob.email);
    const search = await alice.account.messageSearch();
    let id = 0;
    for await (const part of search.find("message 20")) {
      id = part[0]?.id ?? id;
    }
    const thread = alice.account.conversations.open(bob.email);
    const key = await thread.reveal(id);
    const texts = thread.items().map(({ text }) => text);
    assert.equal(thread.items().find((item) => item.key === key)?.text, "message 20");
    assert.equal(texts.includes("message 15") && texts.includes("message 60"), true);
    assert.equal(await thread.reveal(id + 100_000), null, "it is not here");
  }));
});
