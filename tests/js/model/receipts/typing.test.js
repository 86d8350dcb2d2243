import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { CryptoManager } from "../../../../static/js/crypto/crypto.js";
import { sealTyping } from "../../../../static/js/crypto/typing-frame.js";
import { SHOWN_MS } from "../../../../static/js/model/receipts/typing.js";
import { toBase64 } from "../../../../static/js/lib/bytes.js";
import { keepCode, lockedBrowser, secondBrowser, talk } from "../../world/own-browsers.js";
import { inMovedTime, inWorld, pause, until } from "../../world/world.js";

const frames = (server) => server.frames.filter(({ type }) => type === "send_ephemeral");

/** Longer than a frame takes. */
const settle = () => pause(60);

/** Without a socket, nobody is told anything. */
async function connected(...people) {
  await until(() => people.every(({ conversations }) => conversations.connection === "ok"));
  return people;
}

/** Two friends, and what each of them knows of the other's typing. */
async function friends(world) {
  const [alice, bob] = await connected(...(await talk(world)));
  return { alice, bob, alices: await alice.account.typing(), bobs: await bob.account.typing() };
}

/** Says in the server's name that somebody has sent this. */
function bring(server, reader, sender, payload) {
  server.push(server.user(reader.email), { type: "ephemeral", sender_email: sender.email, payload });
}

async function keysOf(own, peer) {
  const pair = own.account.key.current;
  const peers = peer.account.key.current;
  return {
    ownKeyPair: pair,
    ownFingerprint: pair.fingerprint,
    ownEmail: own.email,
    peerEmail: peer.email,
    peerPublicKeyBytes: peers.publicKeyBytes,
    peerFingerprint: peers.fingerprint,
  };
}

const sealed = async (own, peer, atMs, isTyping = true) => sealTyping(await keysOf(own, peer), { sentAtMs: atMs, isTyping });

describe("that somebody is typing", () => {
  test("is shown to the other person, and ends when they take it back", inMovedTime(async (world, passes) => {
    const { alice, bob, alices, bobs } = await friends(world);
    passes(1);
    await alices.write(bob.email, "h");
    await until(() => bobs.isShown(alice.email));
    assert.equal(alices.isShown(bob.email), false);
    passes(1);
    await alices.write(bob.email, "");
    await until(() => !bobs.isShown(alice.email));
    assert.equal(world.server.texts.length, 2, "what they wrote before");
  }));

  test("ends when the message comes", inMovedTime(async (world, passes) => {
    const { alice, bob, alices, bobs } = await friends(world);
    passes(1);
    await alices.write(bob.email, "hello");
    await until(() => bobs.isShown(alice.email));
    passes(1);
    alices.wrote(bob.email);
    await alice.send(bob, "hello");
    await until(() => !bobs.isShown(alice.email));
    await bob.shows(alice, "one", "two", "hello");
  }));

  test("ends after some seconds without another frame", async (context) => {
    await inWorld(async (world) => {
      const { alice, bob, alices, bobs } = await friends(world);
      const ends = [];
      const { setTimeout } = globalThis;
      context.mock.method(globalThis, "setTimeout", (work, delayMs) => (delayMs === SHOWN_MS ? void ends.push(work) : setTimeout(work, delayMs)));
      await pause(2);
      await alices.write(bob.email, "h");
      await until(() => bobs.isShown(alice.email));
      assert.equal(ends.length, 1);
      ends[0]();
      assert.equal(bobs.isShown(alice.email), false);
    })();
  });

  test("is told at most every three seconds, and at once after a message", inMovedTime(async (world, passes) => {
    const { bob, alices } = await friends(world);
    for (const text of ["h", "he", "", "h", ""]) {
      passes(500);
      await alices.write(bob.email, text);
    }
    assert.equal(frames(world.server).length, 2, "one of each state");
    passes(3000);
    await alices.write(bob.email, "he");
    assert.equal(frames(world.server).length, 3);
    alices.wrote(bob.email);
    passes(1);
    await alices.write(bob.email, "n");
    assert.equal(frames(world.server).length, 4);
  }));

  test("is not told by empty lines", inWorld(async (world) => {
    const { bob, alices } = await friends(world);
    await alices.write(bob.email, " \n");
    assert.equal(frames(world.server).length, 0);
  }));

  test("is told by nobody who has turned it off, and shown to nobody who has", inMovedTime(async (world, passes) => {
    const { alice, bob, alices, bobs } = await friends(world);
    await bob.account.preferences.set({ typing: false });
    await bobs.write(alice.email, "h");
    assert.equal(frames(world.server).length, 0);
    passes(1);
    await alices.write(bob.email, "h");
    await until(() => frames(world.server).length === 1);
    await settle();
    assert.equal(bobs.isShown(alice.email), false);
    assert.equal(bob.account.preferences.readReceipts, true);
  }));

  test("is hidden at once when it is turned off", inMovedTime(async (world, passes) => {
    const { alice, bob, alices, bobs } = await friends(world);
    passes(1);
    await alices.write(bob.email, "h");
    await until(() => bobs.isShown(alice.email));
    await bob.account.preferences.set({ typing: false });
    assert.equal(bobs.isShown(alice.email), false);
  }));

  test("stays turned off after a reload", inWorld(async (world) => {
    const [alice] = await world.friends("alice", "bob");
    await alice.account.preferences.set({ typing: false });
    const again = await world.reload(alice);
    assert.equal(again.account.preferences.typing, false);
  }));

  test("is not told to a stranger, and not shown of one", inMovedTime(async (world, passes) => {
    const [bob, mallory] = await connected(await world.newPerson("bob"), await world.newPerson("mallory"));
    await mallory.account.contacts.add(bob.email);
    await mallory.send(bob, "who are you?");
    await bob.shows(mallory, "who are you?");
    const [bobs, mallorys] = [await bob.account.typing(), await mallory.account.typing()];
    passes(1);
    await bobs.write(mallory.email, "h");
    assert.equal(frames(world.server).length, 0);
    await mallorys.write(bob.email, "h");
    await until(() => frames(world.server).length === 1);
    await settle();
    assert.equal(bobs.isShown(mallory.email), false);
    await bob.send(mallory, "Bob");
    passes(4000);
    await mallorys.write(bob.email, "he");
    await until(() => bobs.isShown(mallory.email));
  }));

  test("is not told to somebody who is blocked, and not shown of them though the server brings it", inMovedTime(async (world, passes) => {
    const [alice, bob] = await talk(world);
    await connected(alice, bob);
    const [alices, bobs] = [await alice.account.typing(), await bob.account.typing()];
    await (await alice.account.strangers()).block(bob.email);
    passes(1);
    await alices.write(bob.email, "h");
    assert.equal(frames(world.server).length, 0);
    await bobs.write(alice.email, "h");
    frames(world.server).forEach(({ payload }) => bring(world.server, alice, bob, payload));
    await settle();
    assert.equal(alices.isShown(bob.email), false);
  }));

  test("is not shown in the person's other browser", inMovedTime(async (world, passes) => {
    const [alice, bob] = await talk(world);
    const second = await secondBrowser(world, alice, await keepCode(alice));
    await connected(alice, second, bob);
    const [alices, seconds, bobs] = await Promise.all([alice, second, bob].map(({ account }) => account.typing()));
    passes(1);
    await alices.write(bob.email, "h");
    await until(() => bobs.isShown(alice.email));
    bring(world.server, alice, alice, frames(world.server)[0].payload);
    bring(world.server, alice, bob, frames(world.server)[0].payload);
    await settle();
    assert.deepEqual([seconds.isShown(bob.email), seconds.isShown(alice.email), alices.isShown(bob.email)], [false, false, false]);
  }));

  test("is turned off in all browsers of the person", inWorld(async (world) => {
    const [alice] = await talk(world);
    const second = await secondBrowser(world, alice, await keepCode(alice));
    await second.account.preferences.set({ typing: false });
    await until(() => alice.account.preferences.typing === false);
  }));

  test("is neither told nor shown while a change of the other person's keys is undecided", inMovedTime(async (world, passes) => {
    const { alice, bob, alices, bobs } = await friends(world);
    const old = await keysOf(bob, alice);
    const elsewhere = await lockedBrowser(world, bob);
    await elsewhere.account.key.takeOver();
    await elsewhere.send(alice, "from my new browser");
    await until(() => alice.conversations.open(bob.email).keyChange);
    passes(1);
    const told = frames(world.server).length;
    await alices.write(bob.email, "h");
    bring(world.server, alice, bob, await sealTyping(old, { sentAtMs: Date.now(), isTyping: true }));
    await settle();
    assert.equal(frames(world.server).length, told);
    assert.equal(alices.isShown(bob.email), false);
    assert.ok(bobs);
  }));
});

describe("a frame that a server brings", () => {
  const cases = {
    "comes again": async ({ alice, bob }) => [await sealed(alice, bob, Date.now()), true],
    "is half a minute old": async ({ alice, bob }) => [await sealed(alice, bob, Date.now() - 30_001)],
    "is from half a minute ahead": async ({ alice, bob }) => [await sealed(alice, bob, Date.now() + 32_000)],
    "was made before the page was opened": async ({ alice, bob }) => [await sealed(alice, bob, Date.now() - 1000)],
    "was made for somebody else": async ({ alice, mallory }) => [await sealed(alice, mallory, Date.now())],
    "was made by somebody else": async ({ mallory, bob }) => [await sealed(mallory, bob, Date.now())],
    "is one's own": async ({ alice, bob }) => [await sealed(bob, alice, Date.now())],
    "is nonsense": async () => [toBase64(new Uint8Array(70))],
  };
  for (const [name, make] of Object.entries(cases)) {
    test(`and that ${name} shows nothing`, inMovedTime(async (world, passes) => {
      const [[alice, bob], mallory] = [await talk(world), await world.newPerson("mallory")];
      await connected(alice, bob);
      const bobs = await bob.account.typing();
      passes(100);
      const [frame, isGood] = await make({ alice, bob, mallory });
      if (isGood) {
        bring(world.server, bob, alice, frame);
        await until(() => bobs.isShown(alice.email));
        passes(1);
        bring(world.server, bob, alice, await sealed(alice, bob, Date.now(), false));
        await until(() => !bobs.isShown(alice.email));
      }
      bring(world.server, bob, alice, frame);
      await settle();
      assert.equal(bobs.isShown(alice.email), false);
      passes(1);
      bring(world.server, bob, alice, await sealed(alice, bob, Date.now()));
      await until(() => bobs.isShown(alice.email));
    }));
  }

  test("is ignored in a flood, and nothing else is", inMovedTime(async (world, passes) => {
    const { alice, bob, bobs } = await friends(world);
    const counted = mock.method(CryptoManager, "hkdf");
    const garbage = toBase64(Uint8Array.from({ length: 70 }, (_, index) => (index === 0 ? 1 : index)));
    const [before, began] = [counted.mock.callCount(), performance.now()];
    Array.from({ length: 200 }, () => bring(world.server, bob, alice, garbage));
    await settle();
    const most = 6 + (performance.now() - began) / 1000;
    assert.ok(counted.mock.callCount() - before <= most, `tried ${counted.mock.callCount() - before} of ${most}`);
    passes(1);
    await alice.send(bob, "still here");
    await bob.shows(alice, "one", "two", "still here");
    assert.equal(bobs.isShown(alice.email), false);
  }));
});
