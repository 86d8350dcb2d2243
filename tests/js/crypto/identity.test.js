import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import { checkIdentityKey, signStatement, statementOf, verifyStatement } from "../../../static/js/crypto/identity.js";
import { OWN_SUITES } from "../../../static/js/crypto/suites.js";
import { fromHex, toHex } from "../../../static/js/lib/bytes.js";
import { people, readVectors } from "./vectors.js";

const vectors = readVectors("identity.json");
const { alice, bob } = people;

function read({ identity_key, email, public_key, identity_signature }) {
  const [identityKeyBytes, publicKeyBytes, statement] = [identity_key, public_key, identity_signature].map(fromHex);
  return { identityKeyBytes, email, publicKeyBytes, statement };
}

function byAlice(changes = {}) {
  const { privateKey } = alice.identity;
  return { identityPrivateKey: privateKey, email: alice.email, publicKeyBytes: alice.publicKeyBytes, version: 1, ...changes };
}

describe("a valid statement", () => {
  for (const vector of vectors.valid_statements) {
    test(`${vector.name}: says what was signed`, async () => {
      const { version, suites } = vector;
      assert.deepEqual(await verifyStatement(read(vector)), { version, suites });
    });

    test(`${vector.name}: is signed with exactly these bytes`, async () => {
      const { email, version, suites } = vector;
      const publicKeyBytes = fromHex(vector.public_key);
      const identityPrivateKey = people[vector.signer].identity.privateKey;
      assert.equal(toHex(statementOf(email, publicKeyBytes, version, suites)), vector.statement);
      const signed = await signStatement({ identityPrivateKey, email, publicKeyBytes, version, suites });
      assert.equal(toHex(signed), vector.identity_signature);
    });
  }
});

describe("any other statement is refused", () => {
  for (const vector of vectors.invalid_statements) {
    test(vector.name, async () => {
      await assert.rejects(verifyStatement(read(vector)), { name: "ProtocolError", reason: vector.reason });
    });
  }

  for (const name of ["signature-s-plus-l", "signature-largest-s", "signature-r-of-small-order"]) {
    test(`before the platform sees it: ${name}`, async (context) => {
      const platform = context.mock.method(crypto.subtle, "importKey");
      const vector = vectors.invalid_statements.find((each) => each.name === name);
      await assert.rejects(verifyStatement(read(vector)), { name: "ProtocolError", reason: "identity" });
      assert.equal(platform.mock.callCount(), 0);
    });
  }

  test("each byte counts", async () => {
    const good = read(vectors.valid_statements.find(({ name }) => name === "two-suites"));
    for (let index = 0; index < good.statement.length; index += 1) {
      const statement = good.statement.with(index, good.statement[index] ^ 1);
      await assert.rejects(verifyStatement({ ...good, statement }), { reason: "identity" }, `byte ${index}`);
    }
  });

  test("a statement in a larger buffer is read from its own beginning", async () => {
    const good = read(vectors.valid_statements[0]);
    const statement = new Uint8Array([9, ...good.statement]).subarray(1);
    assert.deepEqual(await verifyStatement({ ...good, statement }), { version: 1, suites: [1] });
  });
});

describe("an identity key", () => {
  for (const { name, identity_key, reason } of vectors.invalid_keys) {
    test(`is refused before the platform sees it: ${name}`, async (context) => {
      const platform = context.mock.method(crypto.subtle, "importKey");
      const bytes = fromHex(identity_key);
      assert.throws(() => checkIdentityKey(bytes), { name: "ProtocolError", reason });
      const request = { ...read(vectors.valid_statements[0]), identityKeyBytes: bytes };
      await assert.rejects(verifyStatement(request), { name: "ProtocolError", reason });
      assert.equal(platform.mock.callCount(), 0);
    });
  }

  test("that this browser makes is one, and signs", async () => {
    const { privateKey, publicKeyBytes } = await CryptoManager.generateIdentityKeyPair();
    checkIdentityKey(publicKeyBytes);
    const { email, publicKeyBytes: ofBob } = bob;
    const about = { email, publicKeyBytes: ofBob };
    const statement = await signStatement({ identityPrivateKey: privateKey, ...about, version: 3 });
    const found = await verifyStatement({ identityKeyBytes: publicKeyBytes, ...about, statement });
    assert.deepEqual(found, { version: 3, suites: OWN_SUITES });
  });
});

describe("what no browser would take is not signed", () => {
  const wrong = {
    "version 0": { version: 0 },
    "half a version": { version: 1.5 },
    "a version beyond 32 bits": { version: 2 ** 32 },
    "no version": { version: undefined },
    "no suites": { suites: [] },
    "seventeen suites": { suites: Array.from({ length: 17 }, (_, index) => index + 1) },
    "suite 0": { suites: [0] },
    "a suite twice": { suites: [1, 1] },
    "descending suites": { suites: [2, 1] },
    "a suite beyond 32 bits": { suites: [2 ** 32] },
  };
  for (const [name, changes] of Object.entries(wrong)) {
    test(name, async () => {
      await assert.rejects(signStatement(byAlice(changes)), { name: "ProtocolError", reason: "identity" });
    });
  }
});
