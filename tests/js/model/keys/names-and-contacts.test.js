import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inWorld, until } from "../../world/world.js";

const lose = (world) => [...world.server.sockets].forEach((socket) => socket.shut(1006));

function rename(world, person, name) {
  world.server.user(person.email).profile.display_name = name;
}

function renamings(person, other) {
  return person.marks(other).filter(({ kind }) => kind === "renamed").map(({ before, after }) => [before, after]);
}

async function isCalled(person, other, name) {
  const found = () => person.chat(other) ?? person.conversations.requests()[0];
  await until(() => found()?.name === name, () => `called ${found()?.name}`);
}

/** A stranger's name shows with the request. */
async function showRequest({ account, conversations }, { email }) {
  await until(() => conversations.requests().length === 1);
  await (await account.strangers()).show(email);
}

describe("a name", () => {
  test("of a contact is updated at the next connection", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    rename(world, bob, "Robert");
    lose(world);
    await isCalled(alice, bob, "Robert");
  }));

  test("of a stranger is updated at the next connection", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const bob = await world.newPerson("bob");
    await alice.send(bob, "hello");
    await showRequest(bob, alice);
    await isCalled(bob, alice, "alice");
    rename(world, alice, "Alison");
    lose(world);
    await isCalled(bob, alice, "Alison");
  }));

  test("is updated without a socket, when the server is reached", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    world.server.acceptsSockets = false;
    rename(world, bob, "Robert");
    const again = await world.reload(alice);
    await isCalled(again, bob, "Robert");
  }));

  test("that changes is shown in the chat, where it was noticed", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    await alice.send(bob, "before");
    await alice.shows(bob, "before");
    rename(world, bob, "Robert");
    lose(world);
    await until(() => renamings(alice, bob).length > 0);
    assert.deepEqual(renamings(alice, bob), [["bob", "Robert"]]);
    const again = await world.reload(alice);
    await again.shows(bob, "before");
    assert.deepEqual(renamings(again, bob), [["bob", "Robert"]]);
  }));

  test("is a change when it is removed, and not when it is first known", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const bob = await world.newPerson("bob");
    await alice.send(bob, "hello");
    await showRequest(bob, alice);
    await isCalled(bob, alice, "alice");
    await bob.shows(alice, "hello");
    assert.deepEqual(renamings(bob, alice), []);
    rename(world, alice, "\u3164");
    lose(world);
    await isCalled(bob, alice, alice.email);
    await until(() => renamings(bob, alice).length > 0);
    assert.deepEqual(renamings(bob, alice), [["alice", alice.email]]);
  }));

  test("of an address that was registered anew is the new person's", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    rename(world, bob, "Mallory");
    const again = await world.reload(alice);
    await isCalled(again, bob, "Mallory");
  }));

  test("that changes without end does not fill the disk", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    for (let count = 0; count < 30; count += 1) {
      rename(world, bob, `bob ${count}`);
      await alice.account.contacts.refresh();
    }
    await until(() => renamings(alice, bob).at(-1)?.[1] === "bob 29");
    assert.equal(renamings(alice, bob).length, 20);
  }));

  test("of the user changes in the other tab", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const tab = await world.newTab(alice);
    world.server.intercept = ({ method, path, body }) => {
      if (method === "PATCH" && path.endsWith("/auth/me")) {
        rename(world, alice, body.display_name);
      }
    };
    await alice.session.updateDisplayName("Alison");
    await until(() => tab.session.name === "Alison");
  }));
});

describe("a contact", () => {
  test("that is added while the list is on its way is not taken for one that was removed", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const bob = await world.newPerson("bob");
    let adding;
    world.server.tamper = (call, answer) => {
      if (call.method === "GET" && call.path.endsWith("/contacts/list") && !adding) {
        adding = alice.account.contacts.add(bob.email);
      }
      return answer;
    };
    await alice.account.contacts.refresh();
    await adding;
    assert.ok(alice.account.contacts.byEmail(bob.email));
  }));

  for (const typed of ["bоb@example.org", "b\u0131b@example.org", "b\u200bob@example.org", "bób@example.org"]) {
    test(`is not added by another address than ${JSON.stringify(typed)}`, inWorld(async (world) => {
      const alice = await world.newPerson("alice");
      for (const name of ["bob", "bb", "bib"]) {
        await world.newPerson(name);
      }
      for (const answered of ["bob", "bb", "bib"]) {
        world.server.intercept = ({ path, body }) => {
          if (path.endsWith("/contacts/add")) {
            body.email = `${answered}@example.org`;
          }
        };
        await assert.rejects(alice.account.contacts.add(typed), { code: "another_address" });
      }
      assert.deepEqual(alice.account.contacts.list, []);
    }));
  }

  test("is added if the server normalises the typed email", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const bob = await world.newPerson("bob-ss");
    world.server.intercept = ({ path, body }) => {
      if (path.endsWith("/contacts/add")) {
        body.email = bob.email;
      }
    };
    assert.equal((await alice.account.contacts.add(" Ｂob-ẞ@EXAMPLE.org ")).email, bob.email);
  }));
});

describe("two people", () => {
  async function named(world, ...names) {
    const [alice, bob, carol] = await world.friends("alice", "bob", "carol");
    [bob, carol].forEach((person, index) => rename(world, person, names[index]));
    await alice.account.contacts.refresh();
    await alice.account.tellLookalikesApart();
    await Promise.all([bob, carol].map((person, index) => isCalled(alice, person, names[index] || person.email)));
    return [alice, bob, carol];
  }

  for (const names of [["Dora", "Dora"], ["Dora", "Dоra"], ["Dora", "Do\u200bra"], ["Dora", "DORA"], ["Dora", "D0ra"]]) {
    test(`called ${JSON.stringify(names)} show their addresses`, inWorld(async (world) => {
      const [alice, bob, carol] = await named(world, ...names);
      assert.deepEqual([bob, carol].map((person) => alice.chat(person).isAmbiguous), [true, true]);
      assert.equal(alice.conversations.open(bob.email).speaker, names[0]);
    }));
  }

  test("with different names do not", inWorld(async (world) => {
    const [alice, bob, carol] = await named(world, "Dora", "Nora");
    assert.deepEqual([bob, carol].map((person) => alice.chat(person).isAmbiguous), [false, false]);
  }));

  test("whose names were exchanged show their addresses", inWorld(async (world) => {
    const [alice, bob, carol] = await named(world, "carol", "bob");
    assert.deepEqual([bob, carol].map((person) => alice.chat(person).isAmbiguous), [true, true]);
    await until(() => renamings(alice, bob).length > 0);
    assert.deepEqual(renamings(alice, bob), [["bob", "carol"]]);
  }));

  test("of whom one takes the place of the other show it", inWorld(async (world) => {
    const [alice, bob] = await world.friends("alice", "bob");
    const mallory = await world.newPerson("mallory");
    rename(world, mallory, "bob");
    world.server.user(alice.email).contacts = new Set([mallory.email]);
    const again = await world.reload(alice);
    await until(() => again.chat(mallory));
    assert.equal(again.chat(bob), undefined);
    assert.equal(again.chat(mallory).isAmbiguous, true);
  }));

  for (const name of ["bob@example.org", "Yоu", "YOU", "You\u200b", "nobody@example.com"]) {
    test(`of whom one is called ${JSON.stringify(name)}`, inWorld(async (world) => {
      const [alice, , carol] = await named(world, "", name);
      assert.equal(alice.chat(carol).isAmbiguous, true);
      const { speaker } = alice.conversations.open(carol.email);
      assert.equal(speaker, name.includes("@") ? name : `${name} (${carol.email})`);
    }));
  }

  test("of whom one is called as its own address", inWorld(async (world) => {
    const [alice, , carol] = await named(world, "bob", "carol@example.org");
    assert.equal(alice.chat(carol).isAmbiguous, false);
  }));
});
