/** What people say of themselves: the name and the picture in their messages. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { secondBrowser, keepCode, talk, twoAndBob } from "../../world/own-browsers.js";
import { inWorld, rowsOf, until } from "../../world/world.js";
import { PICTURE, PICTURES } from "../../world/pictures.js";

const change = (person, name, picture) => person.conversations.changeProfile({ name, ...(picture === undefined ? {} : { picture }) });
const isCalled = (person, other, name) => until(() => person.chat(other)?.name === name, () => `called ${person.chat(other)?.name}`);
const hasPicture = (person, other, has = true) => until(() => Boolean(person.chat(other)?.picture) === has, () => `picture: ${person.chat(other)?.picture}`);
const renamings = (person, other) => person.marks(other).filter(({ kind }) => kind === "renamed").map(({ before, after }) => [before, after]);
async function everything(world, person, other) {
  await until(async () => (await rowsOf(person, "outbox")).length === 0);
  return (await rowsOf(person, "messages")).filter(({ peer, mine }) => peer === other.email && mine).length;
}

describe("a profile", () => {
  test("reaches the chats that there are, with name and picture, and the change of the name is shown", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await change(bob, "Robert", PICTURE);
    await isCalled(alice, bob, "Robert");
    await hasPicture(alice, bob);
    assert.deepEqual(await alice.account.pictureOf(bob.email), PICTURE);
    await until(() => renamings(alice, bob).length === 1);
    assert.deepEqual(renamings(alice, bob), [["bob", "Robert"]]);
    await alice.shows(bob, "one", "two");
    await until(() => alice.chat(bob).unread === 1); // “two”
    await change(bob, "Robert", null);
    await hasPicture(alice, bob, false);
    assert.equal(await alice.account.pictureOf(bob.email), null);
    assert.equal(renamings(alice, bob).length, 1);
  }));

  test("is still there after a reload, and the server's name does not count beside it", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await change(bob, "Robert", PICTURE);
    await isCalled(alice, bob, "Robert");
    world.server.user(bob.email).profile.display_name = "Mallory";
    const again = await world.reload(alice);
    await again.account.contacts.refresh();
    assert.deepEqual([again.chat(bob).name, again.chat(bob).picture !== ""], ["Robert", true]);
    assert.deepEqual(await again.account.pictureOf(bob.email), PICTURE);
  }));

  test("is shown without what turns its direction, so that it reads as no other name", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await change(bob, "\u202eecil\u2066A\u202c");
    await isCalled(alice, bob, "ecilA");
    await until(() => renamings(alice, bob).length === 1);
    assert.deepEqual(renamings(alice, bob), [["bob", "ecilA"]]);
  }));

  test("goes with the first message to somebody else, once", inWorld(async (world) => {
    const [alice, bob, carol] = await world.friends("alice", "bob", "carol");
    await change(alice, "Alison", PICTURE);
    assert.equal(await everything(world, alice, bob), 0);
    for (const text of ["one", "two"]) {
      await alice.send(bob, text);
    }
    await bob.shows(alice, "one", "two");
    await isCalled(bob, alice, "Alison");
    await hasPicture(bob, alice);
    await alice.send(bob, "three");
    await bob.shows(alice, "one", "two", "three");
    assert.equal(await everything(world, alice, bob), 4);
    assert.equal(carol.chat(alice).name, "alice");
  }));

  test("goes to no stranger and to nobody who is blocked", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    const [stranger, blocked] = [await world.newPerson("stranger"), await world.newPerson("blocked")];
    await alice.account.contacts.add(blocked.email);
    await alice.send(blocked, "hello");
    await stranger.send(alice, "who is this?");
    await until(() => alice.conversations.requests().length === 1);
    await (await alice.account.strangers()).block(blocked.email);
    await until(() => alice.chat(blocked)?.isBlocked);
    await change(alice, "Alison", PICTURE);
    await isCalled(bob, alice, "Alison");
    assert.deepEqual([await everything(world, alice, stranger), await everything(world, alice, blocked)], [0, 1]);
    await (await alice.account.strangers()).accept(stranger.email);
    await alice.send(stranger, "it's me");
    await isCalled(stranger, alice, "Alison");
  }));

  test("of a stranger shows nothing before the request is accepted", inWorld(async (world) => {
    const [alice, bob] = [await world.newPerson("alice"), await world.newPerson("bob")];
    await change(bob, "Robert", PICTURE);
    await bob.send(alice, "hello");
    await until(async () => (await rowsOf(alice, "messages")).filter(({ sealed }) => sealed).length === 2);
    assert.deepEqual(alice.conversations.requests(), [{ email: bob.email, name: bob.email, isShown: false }]);
    assert.equal(alice.chat(bob), undefined);
    await (await alice.account.strangers()).accept(bob.email);
    await hasPicture(alice, bob);
    assert.equal(alice.chat(bob).name, "Robert");
  }));

  test("stands behind the nickname that the person has given", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await alice.conversations.set(bob.email, { nickname: "Bobby" });
    await change(bob, "Robert");
    await until(() => alice.chat(bob).otherName === "Robert");
    assert.equal(alice.chat(bob).name, "Bobby");
  }));

  test("whose name looks like another's shows the address beside it", inWorld(async (world) => {
    const [alice, bob, carol] = await world.friends("alice", "bob", "carol");
    await alice.account.tellLookalikesApart();
    await bob.send(alice, "hello");
    await alice.shows(bob, "hello");
    await change(bob, "caroI");
    await isCalled(alice, bob, "caroI");
    assert.deepEqual([alice.chat(bob).isAmbiguous, alice.chat(carol).isAmbiguous], [true, true]);
  }));

  for (const { name, picture } of PICTURES.filter((one) => ["png-bomb", "svg-called-png"].includes(one.name))) {
    test(`with a picture that is not drawn shows none: ${name}`, inWorld(async (world) => {
      const [alice, bob] = await talk(world);
      await change(bob, "bob", PICTURE);
      await hasPicture(alice, bob);
      await change(bob, "Robert", picture);
      await isCalled(alice, bob, "Robert");
      assert.deepEqual([alice.chat(bob).picture, await alice.account.pictureOf(bob.email)], ["", null]);
    }));
  }

  test("that came late does not replace a later one", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    const held = [];
    const push = world.server.push.bind(world.server);
    world.server.push = (owner, event) => void held.push([owner, event]);
    await change(bob, "first");
    await change(bob, "second");
    await until(async () => (await rowsOf(bob, "outbox")).length === 0);
    world.server.push = push;
    held.reverse().forEach(([owner, event]) => push(owner, event));
    await isCalled(alice, bob, "second");
    await until(async () => (await rowsOf(alice, "messages")).filter(({ isQuiet, sealed }) => isQuiet && sealed).length === 2);
    assert.equal(alice.chat(bob).name, "second");
  }));
});

describe("the own profile", () => {
  test("reaches the person's other browser, which tells it to nobody a second time", inWorld(async (world) => {
    const { alice, second, bob } = await twoAndBob(world);
    await change(alice, "Alison", PICTURE);
    await until(async () => (await second.account.ownProfile())?.value.name === "Alison");
    assert.deepEqual(await second.account.pictureOf(second.email), PICTURE);
    await isCalled(bob, alice, "Alison");
    await until(async () => (await rowsOf(second, "messages")).some(({ isQuiet, sealed }) => isQuiet && sealed));
    await second.send(bob, "from the other");
    await bob.shows(alice, "one", "two", "from the other");
    assert.equal((await rowsOf(bob, "messages")).filter(({ isQuiet }) => isQuiet).length, 1);
    await change(second, "Ali");
    await isCalled(bob, alice, "Ali");
    assert.deepEqual(await bob.account.pictureOf(alice.email), PICTURE);
  }));

  test("of the other person reaches a browser that is added later", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await change(bob, "Robert", PICTURE);
    await hasPicture(alice, bob);
    const second = await secondBrowser(world, alice, await keepCode(alice));
    await second.shows(bob, "one", "two");
    await isCalled(second, bob, "Robert");
    await hasPicture(second, bob);
  }));

  test("is refused where it is too long", inWorld(async (world) => {
    const [alice] = await talk(world);
    await assert.rejects(change(alice, "a".repeat(101)), { code: "body" });
    assert.equal(await alice.account.ownProfile(), undefined);
  }));
});
