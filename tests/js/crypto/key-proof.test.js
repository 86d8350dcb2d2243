import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { keyProof } from "../../../static/js/crypto/key-proof.js";
import { fromHex, toHex } from "../../../static/js/lib/bytes.js";
import { people, readVectors } from "./vectors.js";

const vectors = readVectors("key_proofs.json");

function asked({ prover, email, public_key, identity_key, identity_signature, server_key, challenge }) {
  const [publicKeyBytes, identityKeyBytes, statement] = [public_key, identity_key, identity_signature].map(fromHex);
  const { privateKey } = people[prover].keyPair;
  return { privateKey, publicKeyBytes, email, identityKeyBytes, statement, serverKeyBytes: fromHex(server_key), challenge };
}

describe("the proof of a key", () => {
  for (const vector of vectors.proofs) {
    test(`${vector.name}: has exactly these bytes`, async () => {
      assert.equal(toHex(await keyProof(asked(vector))), vector.mac);
    });
  }

  for (const vector of vectors.refused) {
    test(`is not made for a server's key that is ${vector.name}`, async () => {
      await assert.rejects(keyProof(asked(vector)), { reason: vector.reason });
    });
  }
});
