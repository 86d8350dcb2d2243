/** The registry of suites: a message is opened, sealed and named by the suite whose number it carries. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { openMessage, peerFingerprintOf, sealMessage } from "../../../static/js/crypto/envelope.js";
import * as suite1 from "../../../static/js/crypto/suite1.js";
import { OWN_SUITES, SENT_SUITE, SUITES, suiteOf } from "../../../static/js/crypto/suites.js";
import { people } from "./vectors.js";

const { alice, bob } = people;
const CONTENT = { type: "text", browser: "0".repeat(32), counter: 1, previous: null, received: [], sent_at: 0, body: "Hello" };
const HASH = "c".repeat(64);

/** A second suite: suite 1 with other hashes, and with an id in place of the email. */
const other = {
  ...suite1,
  SUITE: 2,
  LENGTHS: { ...suite1.LENGTHS, salt: (/** @type {number} */ length) => length === 32 },
  seal: (keys, header, json) => suite1.seal(keys, { ...header, clientId: "suite 2" }, json),
  open: (keys, envelope) => suite1.open(keys, { ...envelope, clientId: "suite 2" }),
  messageHash: async () => HASH,
};

async function sealed(suite) {
  const { envelope, hash } = await sealMessage({
    ownKeyPair: alice.keyPair,
    ownFingerprint: alice.fingerprint,
    peerPublicKeyBytes: bob.publicKeyBytes,
    peerFingerprint: bob.fingerprint,
    senderEmail: alice.email,
    recipientEmail: bob.email,
    clientId: "00000000-0000-4000-8000-000000000001",
    content: CONTENT,
    suite,
  });
  return { message: { ...envelope, sender_email: alice.email }, hash };
}

function opened(reader, peer, message) {
  return openMessage({
    ownKeyPair: reader.keyPair,
    ownFingerprint: reader.fingerprint,
    ownEmail: reader.email,
    peerEmail: peer.email,
    message,
    peerPublicKeyBytes: peer.publicKeyBytes,
  });
}

describe("the registry of suites", () => {
  test("has suite 1, with which new messages are sealed, and signs for what it has", async () => {
    assert.deepEqual([...SUITES.keys()], [1]);
    assert.deepEqual(OWN_SUITES, [...SUITES.keys()]);
    assert.equal(SENT_SUITE, 1);
    assert.equal((await sealed()).message.suite, 1);
  });

  test("has its numbers in ascending order, as statements need them", () => {
    assert.deepEqual(OWN_SUITES, [...OWN_SUITES].sort((left, right) => left - right));
  });

  for (const number of [0, 2, "1", true, null, undefined]) {
    test(`refuses ${JSON.stringify(number)}`, () => {
      assert.throws(() => suiteOf(number), { reason: "unknown_suite" });
      assert.throws(() => peerFingerprintOf({ suite: number }, alice.fingerprint), { reason: "unknown_suite" });
    });
  }

  test("does not seal with a suite that it does not have", async () => {
    await assert.rejects(sealed(2), { reason: "unknown_suite" });
  });
});

describe("a second suite in the registry", () => {
  beforeEach(() => void SUITES.set(other.SUITE, other));
  afterEach(() => void SUITES.delete(other.SUITE));

  test("seals, opens and names its own messages, from both ends", async () => {
    const { message, hash } = await sealed(2);
    assert.equal(message.suite, 2);
    assert.equal(hash, HASH);
    for (const [reader, peer, mine] of [[bob, alice, false], [alice, bob, true]]) {
      const found = await opened(reader, peer, message);
      assert.deepEqual([found.mine, found.hash, found.content.body], [mine, HASH, "Hello"]);
    }
  });

  test("opens no message of another suite, whatever number the server puts on it", async () => {
    const [first, second] = [(await sealed(1)).message, (await sealed(2)).message];
    await assert.rejects(opened(bob, alice, { ...first, suite: 2 }), { name: "DecryptionError" });
    await assert.rejects(opened(bob, alice, { ...second, suite: 1 }), { name: "DecryptionError" });
  });

  test("defines the lengths of its byte strings", async () => {
    const { message } = await sealed(2);
    const short = { ...message, salt: btoa("x".repeat(16)) };
    await assert.rejects(opened(bob, alice, short), { reason: "salt" });
    await assert.rejects(opened(bob, alice, { ...short, suite: 1 }), { name: "DecryptionError" });
  });
});
