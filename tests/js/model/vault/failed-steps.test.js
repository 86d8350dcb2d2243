import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { keepCode, lockedBrowser, secondBrowser, talk } from "../../world/own-browsers.js";
import { refusal } from "../../world/memory-server.js";
import { inWorld, until } from "../../world/world.js";

/** @param {import("../../../../static/js/lib/emitter.js").Emitter} emitter */
const next = (emitter, name) => new Promise((resolve) => emitter.on(name, resolve));

/** The server refuses the next writes of the vault. */
function refuseWrites(server, times) {
  let left = times;
  const isWrite = ({ method, path }) => method === "PUT" && path === "/api/vault";
  server.intercept = (call) => (isWrite(call) && left-- > 0 ? refusal(503, "unavailable") : undefined);
}

/** Both browsers show the six digits of an invitation. */
async function invited(alice, fresh) {
  const invitation = await alice.account.vault.invite();
  const shown = next(invitation, "digits");
  const joining = await fresh.account.vault.unlockByInvitation(invitation.code);
  await shown;
  return { invitation, joining };
}

async function keepsVault({ account: { vault } }) {
  await vault.load();
  assert.deepEqual([vault.state, vault.problem], ["kept", null]);
}

describe("a refused write", () => {
  test("of a browser that was invited and has written nothing yet leaves the vault as it is", inWorld(async (world) => {
    const [alice] = await talk(world);
    await keepCode(alice);
    const fresh = await lockedBrowser(world, alice);
    const { invitation, joining } = await invited(alice, fresh);
    const done = next(joining, "done");
    await invitation.confirm();
    await done;
    refuseWrites(world.server, 1);
    await assert.rejects(fresh.account.vault.keepCode(await fresh.account.vault.draftCode()));
    await keepsVault(fresh);
  }));

  test("that is repeated often leaves the vault as it is", inWorld(async (world) => {
    const [alice] = await talk(world);
    await keepCode(alice);
    refuseWrites(world.server, 10);
    for (let attempt = 1; attempt <= 10; attempt += 1) {
      await assert.rejects(alice.account.vault.keepCode(await alice.account.vault.draftCode()));
    }
    await keepsVault(alice);
  }));
});

describe("a browser that is called stolen without a proof", () => {
  test("stays, and the account's key too", inWorld(async (world) => {
    const [alice] = await talk(world);
    await secondBrowser(world, alice, await keepCode(alice));
    const { preferences, vault } = alice.account;
    await until(() => vault.browsers.length === 2);
    const kept = world.server.user(alice.email);
    const keys = kept.keys.length;
    world.server.expireProofs();
    const { id } = vault.browsers.find(({ isThis }) => !isThis);
    await assert.rejects(vault.signOut(id, { isStolen: true }), { code: "proof_needed" });
    const before = kept.vaults.at(-1).version;
    await preferences.setReadReceipts(false);
    await until(() => kept.vaults.at(-1).version > before);
    await vault.load();
    assert.equal(kept.keys.length, keys);
    assert.equal(vault.browsers.length, 2);
  }));
});

describe("an invitation that the other browser has ended", () => {
  test("adds nobody when it is confirmed", inWorld(async (world) => {
    const [alice] = await talk(world);
    await keepCode(alice);
    const fresh = await lockedBrowser(world, alice);
    const { invitation, joining } = await invited(alice, fresh);
    joining.cancel();
    await until(() => world.server.user(alice.email).invitations.size === 0);
    await invitation.confirm();
    await alice.account.vault.load();
    assert.equal(alice.account.vault.browsers.length, 1);
  }));
});
