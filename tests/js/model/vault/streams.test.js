import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { keepCode, secondBrowser, streamsOf, talk } from "../../world/own-browsers.js";
import { Vault } from "../../../../static/js/model/vault/account-vault.js";
import { inWorld, until } from "../../world/world.js";

// These tests write the streams themselves.
Vault.prototype.archive = async () => {};

/** Alice in two browsers, the streams of each, and what the server keeps of them. */
async function twoBrowsers(world) {
  const [alice] = await talk(world);
  const code = await keepCode(alice);
  const second = await secondBrowser(world, alice, code);
  await until(() => alice.account.vault.browsers.length === 2);
  const [first, other] = [await streamsOf(world, alice), await streamsOf(world, second)];
  const idOf = ({ account }) => account.vault.browsers.find(({ isThis }) => isThis).id;
  const [own, theirs] = [idOf(alice), idOf(second)];
  const kept = world.server.user(alice.email).streams;
  return { alice, second, first, other, own, theirs, kept, archive: `${own} archive`, code };
}

/** The browsers' pages write states meanwhile. */
const archives = (streams) => streams.filter(({ kind }) => kind === "archive");
const contents = (segments) => segments.map(({ content }) => content);

/** The other browser has read two segments of the first one's archive; then the server gives it something else. */
async function withRead(world) {
  const given = await twoBrowsers(world);
  await given.first.append("archive", ["one"]);
  const old = structuredClone(given.kept.get(given.archive));
  await given.first.append("archive", ["two"]);
  await given.other.look();
  return { ...given, old };
}

describe("a stream", () => {
  test("is read by the person's other browsers, in order and from any segment on", inWorld(async (world) => {
    const { first, other, own } = await twoBrowsers(world);
    for (let number = 1; number <= 10; number += 1) {
      assert.equal((await first.append("archive", { number })).number, number);
    }
    await other.look();
    const place = { browser: own, kind: "archive" };
    assert.deepEqual(contents(await other.read(place)), [1, 2, 3, 4, 5, 6, 7, 8].map((number) => ({ number })));
    assert.deepEqual(contents(await other.read(place, 9)), [{ number: 9 }, { number: 10 }]);
    assert.deepEqual(await other.read(place, 11), []);
    assert.deepEqual(await other.read({ browser: "00".repeat(16), kind: "archive" }), []);
  }));

  test("is written only where the person has a vault", inWorld(async (world) => {
    const [alice] = await talk(world);
    const streams = await streamsOf(world, alice);
    assert.equal(await streams.append("archive", ["one"]), null);
    await streams.look();
    assert.deepEqual([streams.all(), world.server.callsTo("/streams")], [[], []]);
  }));

  test("tells of states that another browser has written, and not of its own", inWorld(async (world) => {
    const { first, other, own } = await twoBrowsers(world);
    const told = [];
    for (const [name, streams] of Object.entries({ first, other })) {
      streams.on("changed", ({ streams: news }) => archives(news).forEach(({ browser }) => told.push([name, browser])));
    }
    await first.append("archive", {});
    await Promise.all([first.look(), other.look()]);
    await other.look();
    assert.deepEqual(told, [["other", own]]);
  }));

  test("loses nothing when two browsers write it at once", inWorld(async (world) => {
    const { first, other, own, kept, archive } = await twoBrowsers(world);
    await first.append("archive", []);
    await other.look();
    const write = (streams, text) => streams.rewrite({ browser: own, kind: "archive", number: 1 }, (before) => [...before, text].sort());
    await Promise.all([write(first, "a"), write(other, "b"), write(first, "c"), write(other, "d"), first.append("archive", ["e"])]);
    await other.look();
    assert.deepEqual(contents(await other.read({ browser: own, kind: "archive" })), [["a", "b", "c", "d"], ["e"]]);
    assert.equal(kept.get(archive).revision, 6);
  }));

  test("gives up after some conflicts, and says so", inWorld(async (world) => {
    const { first } = await twoBrowsers(world);
    await first.append("archive", []);
    world.server.intercept = ({ method, path }) => (method === "PUT" && path.includes("/archive/") ? { status: 409, body: { code: "stream_changed" } } : undefined);
    await assert.rejects(first.append("archive", ["lost"]), { code: "stream_changed" });
    assert.equal(world.server.callsTo("/archive/").filter(({ method }) => method === "PUT").length, 9);
  }));

  test("has a segment once, also where the server's answer was lost", inWorld(async (world) => {
    const { first, other, own } = await twoBrowsers(world);
    await first.append("archive", ["one"]);
    let isLost = false;
    world.server.tamper = ({ method, path }, answer) => {
      if (method === "PUT" && path.includes("/archive/") && !isLost) {
        isLost = true;
        throw new TypeError("fetch failed");
      }
      return answer;
    };
    assert.equal((await first.append("archive", ["two"])).number, 2);
    await other.look();
    assert.deepEqual(contents(await other.read({ browser: own, kind: "archive" })), [["one"], ["two"]]);
  }));

  test("stays as it was where the server has not heard of the write", inWorld(async (world) => {
    const { first, other, own } = await twoBrowsers(world);
    await first.append("archive", ["one"]);
    world.server.isReachable = false;
    await assert.rejects(first.append("archive", ["two"]), { code: "network" });
    world.server.isReachable = true;
    assert.equal((await first.append("archive", ["three"])).number, 2);
    await other.look();
    assert.deepEqual(contents(await other.read({ browser: own, kind: "archive" })), [["one"], ["three"]]);
  }));

  test("is read also where it was written under the next vault key, or by a browser that was added since", inWorld(async (world) => {
    const { alice, other, code, second } = await twoBrowsers(world);
    const third = await secondBrowser(world, alice, code);
    world.server.pushes = false;
    const { vault } = third.account;
    const { id: own } = vault.browsers.find(({ isThis }) => isThis);
    await vault.keepCode(await vault.draftCode());
    await (await streamsOf(world, third)).append("archive", ["one"]);
    await other.look();
    assert.deepEqual(contents(await other.read({ browser: own, kind: "archive" })), [["one"]]);
    assert.equal(second.account.vault.problem, null);
  }));
});

/** The cases: what the server has from now on, and the problem that follows. */
const CASES = {
  "an older state": [({ kept, archive, old }) => kept.set(archive, old), "stream_older"],
  "a stream that is gone": [({ kept, archive }) => kept.delete(archive), "stream_missing"],
  "another state of the same revision": [
    ({ kept, archive }) => kept.get(archive).hashes.reverse(), "stream_forked"],
  "a state that is cut short under a new revision": [
    ({ kept, archive }) => {
      const stream = kept.get(archive);
      stream.revision += 1;
      stream.hashes.pop();
    }, "stream_older"],
  "a later state that nobody has signed": [({ kept, archive }) => (kept.get(archive).revision += 1), "stream_unsigned"],
  "a later state by another than the one who is named": [
    ({ kept, archive, theirs }) => Object.assign(kept.get(archive), { by: theirs, revision: 3 }), "stream_unsigned"],
  "a state by a browser that is in no list": [
    ({ kept, archive }) => Object.assign(kept.get(archive), { by: "ab".repeat(16), revision: 3 }), "stream_unsigned"],
  "another person's stream": [
    ({ kept, archive, foreign }) => kept.set(archive, { ...structuredClone(foreign), browser: archive.slice(0, 32), revision: 3 }), "stream_unsigned"],
};

describe("a browser refuses", () => {
  for (const [name, [change, problem]] of Object.entries(CASES)) {
    test(`${name}, says so, and never overwrites it`, inWorld(async (world) => {
      const given = await withRead(world);
      const mallory = await world.newPerson("mallory");
      await keepCode(mallory);
      const hers = await streamsOf(world, mallory);
      await hers.append("archive", ["false"]);
      await hers.append("archive", ["false"]);
      const [foreign] = world.server.user(mallory.email).streams.values();
      change({ ...given, foreign });
      const { alice, second, first, other, own, kept, archive } = given;
      const before = structuredClone(kept.get(archive));
      for (const [person, streams] of [[alice, first], [second, other]]) {
        await streams.look();
        assert.equal(streams.problem, problem);
        assert.deepEqual(archives(streams.all()), []);
        await assert.rejects(streams.rewrite({ browser: own, kind: "archive", number: 1 }, () => ["false"]), { code: problem });
        await assert.rejects(streams.read({ browser: own, kind: "archive" }), { code: problem });
        await person.account.vault.load();
        assert.deepEqual([person.account.vault.state, person.account.vault.problem], ["kept", problem]);
      }
      await assert.rejects(first.append("archive", ["three"]), { code: problem });
      assert.deepEqual(kept.get(archive), before);
    }));
  }

  test("a segment that its hash does not name, or that is not there", inWorld(async (world) => {
    const { other, own, kept, archive } = await withRead(world);
    const { blobs } = kept.get(archive);
    const place = { browser: own, kind: "archive" };
    [blobs[0], blobs[1]] = [blobs[1], blobs[0]];
    await assert.rejects(other.read(place), { code: "stream_damaged" });
    assert.equal(other.problem, "stream_damaged");
    await other.look();
    assert.equal(other.problem, "stream_damaged", "a look at the states sees no segment");
    [blobs[0], blobs[1]] = [blobs[1], blobs[0]];
    assert.equal((await other.read(place)).length, blobs.length);
    assert.equal(other.problem, null);
    blobs.length = 0;
    await assert.rejects(other.read(place), { code: "stream_missing" });
    await assert.rejects(other.rewrite({ ...place, number: 2 }, () => []), { code: "stream_missing" });
  }));

  test("nothing any more once the server has the right state again", inWorld(async (world) => {
    const { second, other, kept, archive, old } = await withRead(world);
    const right = kept.get(archive);
    kept.set(archive, old);
    await second.account.vault.load();
    assert.equal(second.account.vault.problem, "stream_older");
    kept.set(archive, right);
    await second.account.vault.load();
    await other.look();
    assert.deepEqual([second.account.vault.problem, other.problem], [null, null]);
  }));

  test("what it has pinned before a reload", inWorld(async (world) => {
    const { second, kept, archive, old } = await withRead(world);
    kept.set(archive, old);
    const again = await world.reload(second);
    await until(() => again.account.vault.problem === "stream_older");
    assert.equal(again.account.vault.state, "kept");
  }));
});

describe("the streams of a browser that is signed out", () => {
  for (const isStolen of [false, true]) {
    test(`are signed anew and stay readable${isStolen ? ", also if it was stolen" : ""}`, inWorld(async (world) => {
      const { alice, second, other, first, theirs, own, kept, code } = await twoBrowsers(world);
      await other.append("archive", ["from the second"]);
      await first.append("archive", ["from the first"]);
      const ended = new Promise((resolve) => second.session.on("ended", resolve));
      await alice.account.vault.signOut(theirs, { isStolen });
      await ended;
      const signed = kept.get(`${theirs} archive`);
      assert.deepEqual([signed.by, signed.revision], [own, 2]);
      const third = await secondBrowser(world, alice, code);
      const fresh = await streamsOf(world, third);
      await fresh.look();
      assert.deepEqual(contents(await fresh.read({ browser: theirs, kind: "archive" })), [["from the second"]]);
      assert.equal(fresh.problem, null);
    }));
  }

  test("are left out by a browser that has not seen them, until one that has signs them anew", inWorld(async (world) => {
    const { alice, other, first, theirs, code } = await twoBrowsers(world);
    await other.append("archive", ["one"]);
    let isOpen = false;
    world.server.intercept = ({ method, path }) => (!isOpen && method === "PUT" && path.includes("/streams/") ? { status: 503, body: {} } : undefined);
    await alice.account.vault.signOut(theirs);
    const fresh = await streamsOf(world, await secondBrowser(world, alice, code));
    await fresh.look();
    assert.deepEqual([archives(fresh.all()), fresh.problem], [[], null]);
    isOpen = true;
    await first.look();
    await fresh.look();
    assert.deepEqual(contents(await fresh.read({ browser: theirs, kind: "archive" })), [["one"]]);
  }));

  test("are not taken as it writes them afterwards", inWorld(async (world) => {
    const { alice, other, first, theirs, kept } = await twoBrowsers(world);
    await other.append("archive", ["before"]);
    const place = `${theirs} archive`;
    await first.look();
    await alice.account.vault.signOut(theirs);
    const signed = kept.get(place);
    // The server goes on with what the signed-out browser writes.
    kept.set(place, { ...signed, by: theirs, revision: 7 });
    await first.look();
    assert.deepEqual(archives(first.all()).filter(({ browser }) => browser === theirs), []);
  }));
});
