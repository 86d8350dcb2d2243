import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openRecord } from "../../../../static/js/crypto/storage-encryption.js";
import { keepCode, lockedBrowser, secondBrowser, talk } from "../../world/own-browsers.js";
import { inWorld, rowsOf } from "../../world/world.js";

describe("the recovery code", () => {
  test("is asked for by two of its groups", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const { code, groups, ask } = await alice.account.vault.draftCode();
    assert.deepEqual([groups.length, groups.join("-")], [7, code]);
    assert.ok(ask[0] >= 0 && ask[0] < ask[1] && ask[1] < 7);
    assert.equal(world.server.user(alice.email).vaults.length, 0);
  }));

  test("makes the vault", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    assert.equal(alice.account.vault.state, "none");
    assert.equal(alice.account.vault.isOnlyWay, true);
    await keepCode(alice);
    const { vault } = alice.account;
    assert.equal(vault.state, "kept");
    assert.equal(vault.isOnlyWay, false);
    assert.deepEqual(vault.ways.map(({ kind, isThis }) => [kind, isThis]), [["browser", true], ["code", false]]);
    assert.deepEqual(vault.browsers.map(({ name, isThis }) => [name, isThis]), [["Browser", true]]);
  }));

  test("opens every message in a fresh browser, and nobody sees a change of keys", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    await alice.safety.numbers(bob.email);
    await alice.safety.markChecked(bob.email);
    const code = await keepCode(alice);
    alice.account.close();
    const fresh = await lockedBrowser(world, alice);
    assert.equal(fresh.account.vault.state, "locked");
    await fresh.account.vault.unlockByCode(code.toLowerCase().replaceAll("-", " "));
    assert.equal(fresh.account.vault.state, "kept");
    assert.equal(fresh.account.key.status, "ready");
    await fresh.shows(bob, "one", "two");
    assert.equal(fresh.safety.state(bob.email).compared, "yes");
    assert.equal(fresh.account.storageLoss, false);
    await fresh.send(bob, "three");
    await bob.shows(alice, "one", "two", "three");
    assert.deepEqual(bob.marks(alice), []);
    assert.equal(world.server.user(alice.email).keys.length, 1);
  }));

  test("is asked for again where characters are wrong, and tells where", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const code = await keepCode(alice);
    const fresh = await lockedBrowser(world, alice);
    const other = (/** @type {string} */ symbol) => (symbol === "7" ? "8" : "7");
    const wrong = code.slice(0, 10) + other(code[10]) + code.slice(11);
    const { vault } = fresh.account;
    await assert.rejects(vault.unlockByCode(wrong), { code: "code_damaged", group: 3 });
    await assert.rejects(vault.unlockByCode(code.slice(1)), { code: "code_malformed", group: null });
    await assert.rejects(vault.unlockByCode((await vault.draftCode()).code), { code: "code_unknown" });
    assert.deepEqual([vault.state, fresh.account.key.status], ["locked", "absent-here"]);
    await vault.unlockByCode(code);
  }));

  test("can be tried, and the day of it is kept", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const code = await keepCode(alice);
    const { vault } = alice.account;
    assert.equal(vault.ways.find(({ kind }) => kind === "code").usedAt, null);
    await vault.tryCode(code);
    assert.ok(vault.ways.find(({ kind }) => kind === "code").usedAt instanceof Date);
    await assert.rejects(vault.tryCode((await vault.draftCode()).code), { code: "code_unknown" });
  }));

  test("opens nothing any more once another one was kept, or it was removed", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const [first, second] = [await keepCode(alice), await keepCode(alice)];
    assert.equal(world.server.user(alice.email).vaults.at(-1).generation, 2);
    const fresh = await lockedBrowser(world, alice);
    await assert.rejects(fresh.account.vault.unlockByCode(first), { code: "code_unknown" });
    const { vault } = alice.account;
    await vault.removeWay(vault.ways.find(({ kind }) => kind === "code").id);
    assert.equal(vault.isOnlyWay, true);
    await assert.rejects(fresh.account.vault.unlockByCode(second), { code: "code_unknown" });
  }));

  test("needs the password where the session was proven long ago", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    world.server.expireProofs();
    const { vault } = alice.account;
    const draft = await vault.draftCode();
    await assert.rejects(vault.keepCode(draft), { code: "proof_needed" });
    assert.deepEqual([vault.isProofNeeded(), vault.state], [true, "none"]);
    await assert.rejects(vault.prove({ password: "another password" }), { code: "wrong_password" });
    await vault.prove({ password: "a long enough password" });
    await vault.keepCode(draft);
    assert.deepEqual([vault.isProofNeeded(), vault.state], [false, "kept"]);
  }));

  test("of an account whose keys are older than their sealed copy replaces the keys first", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    delete alice.account.key.current.secrets;
    assert.equal(alice.account.vault.needsKeyChange, true);
    const code = await keepCode(alice);
    assert.equal(alice.account.vault.needsKeyChange, false);
    assert.equal(world.server.user(alice.email).keys.length, 2);
    const fresh = await secondBrowser(world, alice, code);
    assert.equal(fresh.account.key.current.fingerprint, alice.account.key.current.fingerprint);
    await alice.shows(bob, "one", "two");
  }));

  test("of such an account changes no key where the password is asked for, or this browser is not in", inWorld(async (world) => {
    const [alice] = await talk(world);
    delete alice.account.key.current.secrets;
    const { vault } = alice.account;
    const draft = await vault.draftCode();
    world.server.expireProofs();
    await assert.rejects(vault.keepCode(draft), { code: "proof_needed" });
    assert.equal(vault.needsKeyChange, true);
    await vault.prove({ password: "a long enough password" });
    world.server.intercept = ({ path }) => (path === "/api/vault" ? { status: 200, body: vaultOf(world, alice) } : undefined);
    await assert.rejects(vault.keepCode(draft), { code: "vault_locked" });
    assert.equal(world.server.user(alice.email).keys.length, 1);
  }));

  test("leaves the server nothing readable", inWorld(async (world) => {
    const [alice] = await talk(world);
    const code = await keepCode(alice);
    const sent = JSON.stringify(world.server.calls);
    const [row] = alice.account.key.pairs;
    const { account } = await openRecord((await storageKeyOf(alice)), `secrets ${row.fingerprint}`, row.secrets);
    for (const secret of [code, code.replaceAll("-", ""), account, account.slice(10, 60)]) {
      assert.equal(sent.includes(secret), false);
    }
  }));
});

/** A vault that another browser has made. */
function vaultOf(world, { email }) {
  const zeros = "0".repeat(64);
  const { browser } = world.server.user(email);
  return { version: 1, generation: 1, blob: "AAAA", hash: zeros, previous: zeros, browser: browser ?? "ab".repeat(16), signature: "AAAA", ways: [] };
}

async function storageKeyOf(person) {
  return (await rowsOf(person, "state")).find((value) => value?.storageKey).storageKey;
}
