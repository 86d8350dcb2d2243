import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hashOf } from "../../world/memory-vault.js";
import { keepCode, lockedBrowser, secondBrowser, talk } from "../../world/own-browsers.js";
import { inWorld, rowsOf, until } from "../../world/world.js";

/** Alice, whose vault has several versions, and what the server keeps of her. */
async function aliceWithVault(world) {
  const [alice, bob] = await talk(world);
  const code = await keepCode(alice);
  await alice.safety.numbers(bob.email);
  await alice.safety.markChecked(bob.email);
  const kept = world.server.user(alice.email);
  await until(() => kept.vaults.length === 2);
  return { alice, bob, code, kept };
}

/** What the server says of the vault from now on. */
function serve(world, vault) {
  world.server.intercept = ({ method, path }) => (method === "GET" && path === "/api/vault" ? vault : undefined);
}

const answer = (vault) => ({ status: 200, body: structuredClone(vault) });
const rehashed = (vault, kept) => ({ ...vault, hash: hashOf(vault, kept) });
const flipped = (text) => `${text.slice(0, 200)}${text[200] === "A" ? "B" : "A"}${text.slice(201)}`;

/** The cases: what the server answers, and the problem that follows in a browser that is in. */
const CASES = {
  "an older version": [({ kept }) => answer(kept.vaults[0]), "vault_older"],
  "no vault": [() => ({ status: 404, body: { code: "no_vault", detail: "" } }), "vault_missing"],
  "an altered blob": [({ kept }) => answer(rehashed({ ...kept.vaults[1], blob: flipped(kept.vaults[1].blob) }, kept)), "vault_forked"],
  "a blob that its hash does not name": [({ kept }) => answer({ ...kept.vaults[1], blob: flipped(kept.vaults[1].blob) }), "vault_damaged"],
  "a truncated blob": [({ kept }) => answer({ ...kept.vaults[1], blob: kept.vaults[1].blob.slice(0, 4000) }), "vault_damaged"],
  "the next version on another one": [
    ({ kept }) => answer(rehashed({ ...kept.vaults[1], version: 3, previous: "ab".repeat(32) }, kept)), "vault_forked"],
  "a lower generation": [({ kept }) => answer({ ...kept.vaults[1], version: 9, generation: 0.5 }), null],
  "another account's vault": [({ other }) => answer({ ...other.vaults.at(-1), version: 9 }), "vault_damaged"],
  "a dropped way": [({ kept }) => answer(rehashed({ ...kept.vaults[1], version: 4, ways: kept.vaults[1].ways.slice(1) }, kept)), "vault_damaged"],
  "a later generation without this browser's way": [
    ({ kept }) => answer({ ...kept.vaults[1], version: 4, generation: 2, ways: [] }), "vault_foreign"],
};

describe("a browser that is in refuses", () => {
  for (const [name, [made, problem]] of Object.entries(CASES)) {
    test(`${name}, says so, and never overwrites it`, inWorld(async (world) => {
      const { alice, kept, ...others } = await aliceWithVault(world);
      const mallory = await world.newPerson("mallory");
      await keepCode(mallory);
      const before = structuredClone(kept.vaults);
      serve(world, made({ kept, other: world.server.user(mallory.email), ...others }));
      const { vault } = alice.account;
      await vault.load().catch(() => {});
      assert.deepEqual([vault.state, vault.problem], problem === null ? ["kept", null] : ["refused", problem]);
      await alice.account.preferences.set({ readReceipts: false });
      await assert.rejects(vault.keepCode(await vault.draftCode()));
      assert.deepEqual(kept.vaults, before);
      assert.deepEqual(world.server.callsTo("/vault").filter(({ method, host }) => method === "PUT" && host === alice.browser.host).length, 2);
    }));
  }

  test("a version that does not name what this browser wrote last", inWorld(async (world) => {
    const { alice, kept, code } = await aliceWithVault(world);
    world.server.pushes = false;
    // The server hides the last write from the second browser, which writes on the version before.
    const hidden = kept.vaults.pop();
    const second = await secondBrowser(world, alice, code);
    for (const isTold of [false, true]) {
      const { length } = kept.vaults;
      await second.account.preferences.set({ readReceipts: isTold });
      await until(() => kept.vaults.length === length + 1);
    }
    assert.ok(kept.vaults.length >= hidden.version + 2);
    await alice.account.vault.load();
    assert.equal(alice.account.vault.problem, "vault_forked");
  }));

  test("a list of browsers that is not the vault's", inWorld(async (world) => {
    const { alice, kept, code } = await aliceWithVault(world);
    const old = kept.browserList;
    await secondBrowser(world, alice, code);
    await until(() => alice.account.vault.browsers.length === 2);
    kept.browserList = old;
    await alice.account.vault.load();
    assert.deepEqual([alice.account.vault.state, alice.account.vault.problem], ["refused", "list_outside_vault"]);
  }));

  test("nothing any more once the server has the right version again", inWorld(async (world) => {
    const { alice, kept } = await aliceWithVault(world);
    serve(world, answer(kept.vaults[0]));
    await alice.account.vault.load();
    assert.equal(alice.account.vault.state, "refused");
    const again = await world.reload(alice);
    assert.equal(again.account.vault.state, "refused");
    world.server.intercept = () => undefined;
    await again.account.vault.load();
    assert.deepEqual([again.account.vault.state, again.account.vault.problem], ["kept", null]);
  }));
});

describe("a fresh browser refuses", () => {
  const cases = {
    "a swapped way back": [(vault, other) => ({ ...vault, ways: vault.ways.map((way) => ({ ...way, box: other.ways[0].box })) }), "vault_damaged"],
    "an altered vault": [(vault) => ({ ...vault, blob: flipped(vault.blob) }), "vault_damaged"],
    "a vault of another generation": [(vault) => ({ ...vault, generation: 2 }), "vault_damaged"],
    "a write by another browser": [(vault) => ({ ...vault, browser: "ab".repeat(16) }), "vault_damaged"],
    "a write with another signature": [(vault, other) => ({ ...vault, signature: other.signature }), "vault_unsigned"],
  };
  for (const [name, [change, problem]] of Object.entries(cases)) {
    test(`${name}, and takes nothing of it`, inWorld(async (world) => {
      const { alice, code, kept } = await aliceWithVault(world);
      const mallory = await world.newPerson("mallory");
      await keepCode(mallory);
      const fresh = await lockedBrowser(world, alice);
      const vault = change(kept.vaults.at(-1), world.server.user(mallory.email).vaults.at(-1));
      serve(world, answer(name === "a write with another signature" ? vault : rehashed(vault, kept)));
      await assert.rejects(fresh.account.vault.unlockByCode(code), { code: problem });
      assert.deepEqual([fresh.account.vault.state, fresh.account.key.status], ["locked", "absent-here"]);
      assert.deepEqual(await rowsOf(fresh, "keys"), []);
      assert.equal(kept.vaults.length, 2);
    }));
  }

  test("a vault that is gone", inWorld(async (world) => {
    const { alice, code } = await aliceWithVault(world);
    const fresh = await lockedBrowser(world, alice);
    serve(world, { status: 404, body: { code: "no_vault", detail: "" } });
    await assert.rejects(fresh.account.vault.unlockByCode(code), { code: "vault_missing" });
  }));
});

describe("a page that is closed in between", () => {
  /** Loses the answer to the next write of the vault; the server has it, or not. */
  function loseWrite(world, { isStored }) {
    let isLost = false;
    const lost = ({ method, path }) => method === "PUT" && path === "/api/vault" && !isLost && (isLost = true);
    const fail = () => {
      throw new TypeError("fetch failed");
    };
    if (isStored) {
      world.server.tamper = (call, given) => (lost(call) ? fail() : given);
    } else {
      world.server.intercept = (call) => (lost(call) ? fail() : undefined);
    }
  }

  for (const isStored of [true, false]) {
    const where = isStored ? "after the server has stored the write" : "before the server has heard of the write";
    test(`${where}, keeps the first code at the next try`, inWorld(async (world) => {
      const [alice, bob] = await talk(world);
      loseWrite(world, { isStored });
      await assert.rejects(keepCode(alice));
      const again = await world.reload(alice);
      const code = await keepCode(again);
      assert.equal(again.account.vault.state, "kept");
      const fresh = await secondBrowser(world, again, code);
      await fresh.shows(bob, "one", "two");
    }));

    test(`${where}, unlocks at the next try`, inWorld(async (world) => {
      const { alice, bob, code } = await aliceWithVault(world);
      const fresh = await lockedBrowser(world, alice);
      loseWrite(world, { isStored });
      await assert.rejects(fresh.account.vault.unlockByCode(code));
      const again = await world.reload(fresh);
      await until(() => again.account.vault.state !== "unknown");
      if (!isStored) {
        await again.account.vault.unlockByCode(code);
      }
      await until(() => again.account.key.status === "ready");
      await again.shows(bob, "one", "two");
      assert.equal(again.safety.state(bob.email).compared, "yes");
    }));

    test(`${where}, writes its news later`, inWorld(async (world) => {
      const { alice, code } = await aliceWithVault(world);
      loseWrite(world, { isStored });
      await alice.account.preferences.set({ readReceipts: false });
      await until(() => world.server.callsTo("/vault").some(({ method, host }) => method === "PUT" && host === alice.browser.host));
      const again = await world.reload(alice);
      await again.account.vault.load();
      const fresh = await secondBrowser(world, again, code);
      assert.equal(fresh.account.preferences.readReceipts, false);
    }));
  }
});
