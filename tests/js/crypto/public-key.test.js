import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import { fingerprint } from "../../../static/js/crypto/fingerprint.js";
import { checkPublicKey, isSameKey } from "../../../static/js/crypto/public-key.js";
import { fromHex } from "../../../static/js/lib/bytes.js";
import { people, readVectors } from "./vectors.js";

const vectors = readVectors("public_keys.json");
const keys = Object.fromEntries(vectors.valid.map(({ name, public_key }) => [name, fromHex(public_key)]));

describe("a public key in its one form", () => {
  for (const { name, public_key, fingerprint: expected } of vectors.valid) {
    test(`is accepted and named by its SHA-256: ${name}`, async () => {
      const bytes = fromHex(public_key);
      assert.equal(await fingerprint(bytes), expected);
      assert.deepEqual(await CryptoManager.exportPublicKey(await CryptoManager.importPublicKey(bytes)), bytes);
    });
  }

  test("is what the browser makes", async () => {
    checkPublicKey((await CryptoManager.generateKeyPair()).publicKeyBytes);
  });
});

describe("any other encoding", () => {
  for (const { name, public_key, reason } of vectors.invalid) {
    test(`is refused before the platform sees it: ${name}`, async (context) => {
      const platform = context.mock.method(crypto.subtle, "importKey");
      const bytes = fromHex(public_key);
      assert.throws(() => checkPublicKey(bytes), { name: "ProtocolError", reason });
      await assert.rejects(CryptoManager.importPublicKey(bytes), { name: "ProtocolError", reason });
      await assert.rejects(fingerprint(bytes), { name: "ProtocolError", reason });
      assert.equal(platform.mock.callCount(), 0);
    });
  }

  test("is refused for each single bit of the prefix", () => {
    for (let bit = 0; bit < 27 * 8; bit += 1) {
      const bytes = people.alice.publicKeyBytes.slice();
      bytes[bit >> 3] ^= 1 << (bit & 7);
      assert.throws(() => checkPublicKey(bytes), { reason: "public_key" });
    }
  });
});

describe("isSameKey", () => {
  for (const [left, right] of vectors.same_key) {
    test(`is true, because their secrets are equal: ${left}, ${right}`, async () => {
      assert.equal(isSameKey(keys[left], keys[right]), true);
      const [one, other] = await Promise.all(
        [left, right].map(async (name) =>
          CryptoManager.deriveSharedSecret(people.bob.keyPair.privateKey, await CryptoManager.importPublicKey(keys[name])),
        ),
      );
      assert.deepEqual(one, other);
    });
  }

  for (const [left, right] of vectors.different_keys) {
    test(`is false: ${left}, ${right}`, () => {
      assert.equal(isSameKey(keys[left], keys[right]), false);
    });
  }
});
