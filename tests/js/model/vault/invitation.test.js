import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { keepCode, lockedBrowser, talk } from "../../world/own-browsers.js";
import { inWorld, rowsOf, until } from "../../world/world.js";

/** Alice, who is in, her locked browser, and an invitation that she has made. */
async function invited(world) {
  const [alice, bob] = await talk(world);
  await keepCode(alice);
  const fresh = await lockedBrowser(world, alice);
  const invitation = await alice.account.vault.invite();
  return { alice, bob, fresh, invitation, kept: world.server.user(alice.email) };
}

const next = (emitter, name) => new Promise((resolve) => emitter.on(name, resolve));

describe("an invitation", () => {
  test("brings another browser in, once the person has compared the digits", inWorld(async (world) => {
    const { alice, bob, fresh, invitation, kept } = await invited(world);
    assert.match(invitation.code, /^\w{4}-\w{4}-\w{4}$/);
    assert.ok(invitation.link.endsWith(`/login#add=${invitation.code.replaceAll("-", "")}`));
    const shown = next(invitation, "digits");
    const joining = await fresh.account.vault.unlockByInvitation(invitation.code.toLowerCase());
    const [{ digits, name }, other] = await Promise.all([shown, next(joining, "digits")]);
    assert.match(digits, /^\d{6}$/);
    assert.deepEqual([other.digits, name], [digits, "Browser"]);
    assert.deepEqual([kept.vaults.length, fresh.account.vault.state], [1, "locked"]);
    const done = next(joining, "done");
    await invitation.confirm();
    await done;
    assert.equal(fresh.account.key.status, "ready");
    await fresh.shows(bob, "one", "two");
    assert.equal(fresh.account.vault.browsers.length, 2);
    await until(() => alice.account.vault.browsers.length === 2);
    await fresh.send(bob, "three");
    await bob.shows(alice, "one", "two", "three");
    assert.deepEqual(bob.marks(alice), []);
  }));

  test("needs the password where the session was proven long ago", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    await keepCode(alice);
    world.server.expireProofs();
    await assert.rejects(alice.account.vault.invite(), { code: "proof_needed" });
    assert.equal(alice.account.vault.isProofNeeded(), true);
  }));

  test("is not found by a wrong code, or after it was taken back", inWorld(async (world) => {
    const { fresh, invitation } = await invited(world);
    const { vault } = fresh.account;
    for (const wrong of ["", "ABCD-EFGH", "0000-0000-0000"]) {
      await assert.rejects(vault.unlockByInvitation(wrong), { code: "invitation_unknown" });
    }
    invitation.cancel();
    await until(async () => world.server.user(fresh.email).invitations.size === 0);
    await assert.rejects(vault.unlockByInvitation(invitation.code), { code: "invitation_unknown" });
  }));

  for (const step of ["answer", "reveal", "details", "grant"]) {
    test(`fails on both sides where the server alters the ${step}`, inWorld(async (world) => {
      const { alice, fresh, invitation, kept } = await invited(world);
      world.server.tamper = (_call, answer) => {
        const message = answer.body?.[step];
        if (message && _call.method === "GET") {
          answer.body[step] = `${message.slice(0, 8)}${message[8] === "A" ? "B" : "A"}${message.slice(9)}`;
        }
        return answer;
      };
      const outcomes = [];
      invitation.on("failed", ({ code }) => outcomes.push(code));
      invitation.on("digits", () => void invitation.confirm());
      const joining = await fresh.account.vault.unlockByInvitation(invitation.code);
      joining.on("failed", ({ code }) => outcomes.push(code));
      await until(() => outcomes.includes("invitation_refused"));
      assert.deepEqual([fresh.account.vault.state, fresh.account.key.status], ["locked", "absent-here"]);
      assert.deepEqual(await rowsOf(fresh, "keys"), []);
      assert.equal(kept.vaults.length, step === "grant" ? 2 : 1);
      assert.equal(alice.account.vault.state, "kept");
    }));
  }

  test("adds nobody whom the person has not confirmed", inWorld(async (world) => {
    const { fresh, invitation, kept } = await invited(world);
    const shown = next(invitation, "digits");
    const joining = await fresh.account.vault.unlockByInvitation(invitation.code);
    const failed = next(joining, "failed");
    await shown;
    invitation.cancel();
    assert.deepEqual(await failed, { code: "invitation_cancelled" });
    assert.equal(kept.vaults.length, 1);
  }));

  test("that the new browser cancels ends so in the other one, and is over after its time only", inWorld(async (world) => {
    const { fresh, invitation, kept } = await invited(world);
    const failed = next(invitation, "failed");
    const joining = await fresh.account.vault.unlockByInvitation(invitation.code);
    await next(joining, "digits");
    joining.cancel();
    assert.deepEqual(await failed, { code: "invitation_cancelled" });
    assert.equal(kept.vaults.length, 1);
  }));

  test("is over after its time", inWorld(async (world) => {
    world.server.tamper = (_call, { status, body }) => ({ status, body: body?.expires_at ? { ...body, expires_at: "2020-01-01T00:00:00Z" } : body });
    const { invitation, kept } = await invited(world);
    const failed = next(invitation, "failed");
    kept.invitations.clear();
    assert.deepEqual(await failed, { code: "invitation_expired" });
  }));

  test("is refused where the vault is older than the one that was granted", inWorld(async (world) => {
    const { fresh, invitation, kept } = await invited(world);
    const old = structuredClone(kept.vaults[0]);
    world.server.intercept = ({ method, path, host }) => (method === "GET" && path === "/api/vault" && host === fresh.browser.host
      ? { status: 200, body: old } : undefined);
    invitation.on("digits", () => void invitation.confirm());
    const joining = await fresh.account.vault.unlockByInvitation(invitation.code);
    assert.deepEqual(await next(joining, "failed"), { code: "vault_older" });
    assert.deepEqual(await rowsOf(fresh, "keys"), []);
  }));
});
