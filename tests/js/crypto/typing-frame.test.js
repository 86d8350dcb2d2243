import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import { openTyping, sealTyping } from "../../../static/js/crypto/typing-frame.js";
import { fromHex } from "../../../static/js/lib/bytes.js";
import { people, readVectors } from "./vectors.js";

const vectors = readVectors("typing.json");

function keysOf(own, peer) {
  return {
    ownKeyPair: own.keyPair,
    ownFingerprint: own.fingerprint,
    ownEmail: own.email,
    peerEmail: peer.email,
    peerPublicKeyBytes: peer.publicKeyBytes,
    peerFingerprint: peer.fingerprint,
  };
}

describe("a frame of somebody who is typing", () => {
  for (const vector of vectors.frames) {
    const [reader, peer] = [people[vector.reader], people[vector.peer]];
    const state = { sentAtMs: vector.sent_at, isTyping: vector.typing };

    test(`${vector.name}: opens`, async () => {
      assert.deepEqual(await openTyping(keysOf(reader, peer), vector.payload), state);
    });

    test(`${vector.name}: has exactly these bytes`, async () => {
      const random = [vector.salt, vector.nonce].map(fromHex);
      mock.method(CryptoManager, "randomBytes", () => random.shift());
      assert.equal(await sealTyping(keysOf(peer, reader), state), vector.payload);
      mock.restoreAll();
    });
  }

  for (const vector of vectors.refused) {
    test(`${vector.name}: is refused`, async () => {
      const expected = vector.reason === "decryption" ? { name: "DecryptionError" } : { reason: vector.reason };
      await assert.rejects(openTyping(keysOf(people[vector.reader], people[vector.peer]), vector.payload), expected);
    });
  }

  test("is as long whatever it says", async () => {
    const keys = keysOf(people.alice, people.bob);
    const frames = [await sealTyping(keys, { sentAtMs: 0, isTyping: false }), await sealTyping(keys, { sentAtMs: Date.now(), isTyping: true })];
    assert.deepEqual(frames.map(({ length }) => length), [96, 96]);
  });
});
