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
    await preferences.set({ readReceipts: false });
    await until(() => kept.vaults.at(-1).version > before);
    await vault.load();
    assert.equal(kept.keys.length, keys);
    assert.equal(vault.browsers.length, 2);
  }));
});

describe("a vault that is refused", () => {
  /** Two browsers whose vault the server has lost. */
  async function lost(world) {
    const [alice, bob] = await talk(world);
    const second = await secondBrowser(world, alice, await keepCode(alice));
    await until(() => alice.account.vault.browsers.length === 2);
    const kept = world.server.user(alice.email);
    const old = kept.vaults.splice(0);
    for (const { account: { vault } } of [alice, second]) {
      await vault.load();
      assert.deepEqual([vault.state, vault.problem], ["refused", "vault_missing"]);
    }
    return { alice, second, bob, kept, old };
  }

  test("is given up only with the password, and makes place for a new one", inWorld(async (world) => {
    const { alice, second, bob, kept, old } = await lost(world);
    const { vault } = alice.account;
    world.server.expireProofs();
    await assert.rejects(vault.giveUp(), { code: "proof_needed" });
    assert.equal(vault.state, "refused");
    await vault.prove({ password: "a long enough password" });
    await vault.giveUp();
    assert.deepEqual([vault.state, vault.problem, vault.ways], ["none", null, []]);
    kept.vaults.push(...old);
    const again = await world.reload(alice);
    await again.account.vault.load();
    assert.equal(again.account.vault.state, "locked", "the old vault does not come back by itself");
    kept.vaults.length = 0;
    await again.account.vault.load();
    const code = await keepCode(again);
    assert.equal(again.account.vault.state, "kept");
    const back = await world.logIn(alice, second.browser);
    await until(() => back.account.vault.problem === "vault_given_up");
    assert.equal(back.account.vault.state, "refused");
    await back.account.vault.unlockByCode(code);
    assert.deepEqual([back.account.vault.state, back.account.vault.problem], ["kept", null]);
    await until(() => again.account.vault.browsers.length === 2);
    await back.send(bob, "three");
    await again.shows(bob, "one", "two", "three");
    assert.equal(kept.keys.length, 1);
  }));

  test("that was given up in another browser is told as that, and its next one is opened by an invitation", inWorld(async (world) => {
    const { alice, second, bob } = await lost(world);
    await alice.account.vault.giveUp();
    await keepCode(alice);
    const back = await world.logIn(alice, second.browser);
    await until(() => back.account.vault.problem === "vault_given_up");
    const invitation = await alice.account.vault.invite();
    invitation.on("digits", () => void invitation.confirm());
    const joining = await back.account.vault.unlockByInvitation(invitation.code);
    await new Promise((resolve, reject) => [["done", resolve], ["failed", reject]].forEach(([name, settle]) => joining.on(name, settle)));
    assert.deepEqual([back.account.vault.state, back.account.vault.problem], ["kept", null]);
    await back.send(bob, "three");
    await alice.shows(bob, "one", "two", "three");
  }));

  test("is taken all the same by its recovery code", inWorld(async (world) => {
    const [alice, bob] = await talk(world);
    const code = await keepCode(alice);
    const kept = world.server.user(alice.email);
    await alice.safety.numbers(bob.email);
    await alice.safety.markChecked(bob.email);
    await until(() => kept.vaults.length === 2);
    kept.vaults.pop();
    const { vault } = alice.account;
    await vault.load();
    assert.deepEqual([vault.state, vault.problem], ["refused", "vault_older"]);
    await assert.rejects(vault.unlockByCode((await vault.draftCode()).code), { code: "code_unknown" });
    assert.equal(vault.state, "refused");
    await vault.unlockByCode(code);
    assert.deepEqual([vault.state, vault.problem], ["kept", null]);
    await vault.load();
    assert.equal(alice.safety.state(bob.email).compared, "yes");
    const fresh = await secondBrowser(world, alice, code);
    assert.equal(fresh.safety.state(bob.email).compared, "yes");
  }));
});

describe("a browser that has joined, and did not hear so", () => {
  test("is in once the code is typed again", inWorld(async (world) => {
    const [alice] = await talk(world);
    const code = await keepCode(alice);
    const fresh = await lockedBrowser(world, alice);
    world.server.tamper = (call, answer) => {
      if (call.method === "PUT" && call.path === "/api/vault") {
        world.server.tamper = (_call, given) => given;
        throw new TypeError("fetch failed");
      }
      return answer;
    };
    world.server.pushes = false;
    await assert.rejects(fresh.account.vault.unlockByCode(code));
    await fresh.account.vault.unlockByCode(code);
    assert.deepEqual([fresh.account.vault.state, fresh.account.key.status], ["kept", "ready"]);
    assert.equal(world.server.user(alice.email).vaults.length, 2);
  }));
});

describe("an invitation without a connection", () => {
  test("goes on when there is one again", inWorld(async (world) => {
    const [alice] = await talk(world);
    await keepCode(alice);
    const fresh = await lockedBrowser(world, alice);
    const failing = new Set();
    world.server.intercept = (call) => {
      const name = `${call.method} ${call.path.replace(/[0-9a-f]{32}/u, "")} ${call.host}`;
      if (call.path.startsWith("/api/invitations/") && !failing.has(name) && !name.includes("offer")) {
        failing.add(name);
        throw new TypeError("fetch failed");
      }
      return undefined;
    };
    const invitation = await alice.account.vault.invite();
    invitation.on("digits", () => void invitation.confirm());
    const joining = await fresh.account.vault.unlockByInvitation(invitation.code).catch(() => fresh.account.vault.unlockByInvitation(invitation.code));
    await next(joining, "done");
    assert.equal(fresh.account.vault.state, "kept");
    assert.ok(failing.size > 4);
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
