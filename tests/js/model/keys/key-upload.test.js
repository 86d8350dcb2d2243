import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { keyProof } from "../../../../static/js/crypto/key-proof.js";
import { fromBase64, toBase64 } from "../../../../static/js/lib/bytes.js";
import { ok, refusal, SERVER_KEY } from "../../world/memory-server.js";
import { inWorld } from "../../world/world.js";

describe("the account's key", () => {
  test("is uploaded with a proof that this browser holds it", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const [{ body }] = world.server.callsTo("/keys/upload");
    const { privateKey, publicKeyBytes, identity, signed } = alice.account.key.current;
    const own = { privateKey, publicKeyBytes, identityKeyBytes: identity.publicKeyBytes, statement: signed.statement };
    const asked = { serverKeyBytes: fromBase64(SERVER_KEY), challenge: body.proof.challenge };
    const mac = await keyProof({ ...own, ...asked, email: alice.email });
    assert.equal(body.proof.mac, toBase64(mac));
  }));

  test("is proven again, a few times, if another tab has used the challenge", inWorld(async (world) => {
    let left = 2;
    world.server.intercept = ({ path }) => (path.includes("/keys/upload") && left-- > 0 ? refusal(409, "proof_expired") : undefined);
    const alice = await world.newPerson("alice");
    assert.equal(alice.account.key.status, "ready");
    const challenges = world.server.callsTo("/keys/upload").map(({ body }) => body.proof.challenge);
    assert.equal(new Set(challenges).size, 3);
  }));

  test("is kept if another account has proven it", inWorld(async (world) => {
    const alice = await world.newPerson("alice");
    const { fingerprint } = alice.account.key.current;
    world.server.user(alice.email).keys = [];
    world.server.intercept = ({ path }) => (path.includes("/keys/upload") ? refusal(409, "key_taken") : undefined);
    await assert.rejects(alice.account.key.ensure(), { code: "key_taken" });
    assert.equal(alice.account.key.current.fingerprint, fingerprint);
  }));

  for (const [name, answer] of Object.entries({
    "no object": "x",
    "no challenge": { server_key: "AAAA" },
    "a challenge of other characters": { challenge: "a b", server_key: "AAAA" },
    "a key that is none": { challenge: "a", server_key: "AAAA" },
  })) {
    test(`is not proven to a server that answers with ${name}`, inWorld(async (world) => {
      const alice = await world.newPerson("alice");
      world.server.user(alice.email).keys = [];
      const uploads = world.server.callsTo("/keys/upload").length;
      world.server.intercept = ({ path }) => (path.includes("/keys/challenge") ? ok(answer) : undefined);
      await assert.rejects(alice.account.key.ensure(), { code: "bad_answer" });
      assert.equal(world.server.callsTo("/keys/upload").length, uploads);
    }));
  }
});
