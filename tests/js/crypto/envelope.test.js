/** The rules of sealing and opening that no fixed vector can show. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import { openMessage, peerFingerprintOf, sealMessage } from "../../../static/js/crypto/envelope.js";
import { encodeReceipt } from "../../../static/js/crypto/plaintext.js";
import { fromBase64, fromHex } from "../../../static/js/lib/bytes.js";
import { people, readVectors } from "./vectors.js";

const { alice, bob, mallory } = people;
const negativeOfAlice = readVectors("public_keys.json").valid.find(({ name }) => name === "negative-of-alice");

function draft(members = {}) {
  return {
    type: "text",
    browser: CryptoManager.randomId(),
    counter: 1,
    previous: null,
    received: [],
    sent_at: Date.now(),
    body: "Hello",
    ...members,
  };
}

function aliceToBob(changes = {}) {
  return {
    ownKeyPair: alice.keyPair,
    ownFingerprint: alice.fingerprint,
    peerPublicKeyBytes: bob.publicKeyBytes,
    peerFingerprint: bob.fingerprint,
    senderEmail: alice.email,
    recipientEmail: bob.email,
    clientId: CryptoManager.randomUuid(),
    content: draft(),
    ...changes,
  };
}

function bobReads(message, changes = {}) {
  return {
    ownKeyPair: bob.keyPair,
    ownFingerprint: bob.fingerprint,
    ownEmail: bob.email,
    peerEmail: alice.email,
    message,
    peerPublicKeyBytes: alice.publicKeyBytes,
    ...changes,
  };
}

/** A message as the server sends it. The browser trusts none of the members that the server adds. */
function delivered(envelope) {
  const added = { id: 1, sender_email: alice.email, created_at: "2026-11-23T00:00:00Z", delivered_at: null, read_at: null };
  return { ...envelope, ...added };
}

describe("sealing", () => {
  test("makes the body of the send call, and nothing else", async () => {
    const { envelope, hash } = await sealMessage(aliceToBob());
    assert.deepEqual(Object.keys(envelope).sort(), [
      "ciphertext",
      "client_id",
      "message_type",
      "nonce",
      "recipient_email",
      "recipient_fingerprint",
      "salt",
      "sender_fingerprint",
      "suite",
    ]);
    assert.equal(envelope.suite, 1);
    assert.equal(envelope.message_type, "text");
    assert.equal(fromBase64(envelope.nonce).length, 12);
    assert.equal(fromBase64(envelope.salt).length, 32);
    assert.equal(fromBase64(envelope.ciphertext).length, 1024 + 16);
    assert.match(hash, /^[0-9a-f]{64}$/);
  });

  test("draws a new salt and nonce each time; the hash names the content and stays", async () => {
    const request = aliceToBob();
    const [first, second] = [await sealMessage(request), await sealMessage(request)];
    for (const member of ["ciphertext", "nonce", "salt"]) {
      assert.notEqual(first.envelope[member], second.envelope[member]);
    }
    assert.equal(first.hash, second.hash);
  });

  test("tells the server of receipts, and of no other type", async () => {
    const types = { text: "Hello", skip: "ab".repeat(32), poll: "", receipt: encodeReceipt({ head: null, seen: [] }) };
    for (const [type, body] of Object.entries(types)) {
      const { envelope } = await sealMessage(aliceToBob({ content: draft({ type, body }), messageType: "poll" }));
      assert.equal(envelope.message_type, type === "receipt" ? "receipt" : "text");
      const { content, supported } = await openMessage(bobReads(delivered(envelope)));
      assert.deepEqual([content.type, content.body, supported], [type, body, type !== "poll"]);
    }
  });

  test("hides the length of short texts", async () => {
    const lengths = await Promise.all(
      ["", "a".repeat(600)].map(async (body) => (await sealMessage(aliceToBob({ content: draft({ body }) }))).envelope.ciphertext.length),
    );
    assert.equal(lengths[0], lengths[1]);
  });

  test("is opened by both ends with freshly made keys", async () => {
    const [one, other] = [await CryptoManager.generateKeyPair(), await CryptoManager.generateKeyPair()];
    const request = aliceToBob({
      ownKeyPair: one,
      ownFingerprint: one.fingerprint,
      peerPublicKeyBytes: other.publicKeyBytes,
      peerFingerprint: other.fingerprint,
    });
    const { envelope, hash } = await sealMessage(request);
    const received = await openMessage(
      bobReads(delivered(envelope), { ownKeyPair: other, ownFingerprint: other.fingerprint, peerPublicKeyBytes: one.publicKeyBytes }),
    );
    assert.equal(received.mine, false);
    assert.equal(received.content.body, "Hello");
    assert.equal(received.hash, hash);
    const sent = await openMessage({
      ...bobReads(delivered(envelope), { ownKeyPair: one, ownFingerprint: one.fingerprint, peerPublicKeyBytes: other.publicKeyBytes }),
      ownEmail: alice.email,
      peerEmail: bob.email,
    });
    assert.equal(sent.mine, true);
    assert.deepEqual(sent.content, received.content);
  });
});

describe("sealing refuses", () => {
  const cases = {
    "another key than the named one": [{ peerPublicKeyBytes: mallory.publicKeyBytes }, "wrong_peer_key"],
    "one's own key as the peer's": [{ peerPublicKeyBytes: alice.publicKeyBytes, peerFingerprint: alice.fingerprint }, "own_key"],
    "the negative of one's own key": [
      { peerPublicKeyBytes: fromHex(negativeOfAlice.public_key), peerFingerprint: negativeOfAlice.fingerprint },
      "own_key",
    ],
    "a key off the curve": [{ peerPublicKeyBytes: bob.publicKeyBytes.with(90, bob.publicKeyBytes[90] ^ 1) }, "public_key"],
    "a message to oneself": [{ recipientEmail: alice.email }, "wrong_people"],
    "an address that is not normalised": [{ recipientEmail: "Bob@example.org" }, "wrong_people"],
    "a client_id that is no UUID": [{ clientId: "1" }, "client_id"],
    "a text that is too long": [{ content: draft({ body: "a".repeat(4001) }) }, "body"],
    "a skip of no hash": [{ content: draft({ type: "skip", body: "Hello" }) }, "body"],
    "a receipt of nothing": [{ content: draft({ type: "receipt", body: "Hello" }) }, "body"],
    "a counter of 0": [{ content: draft({ counter: 0 }) }, "counter"],
  };
  for (const [name, [changes, reason]] of Object.entries(cases)) {
    test(name, async () => {
      await assert.rejects(sealMessage(aliceToBob(changes)), { name: "ProtocolError", reason });
    });
  }

  test("an own fingerprint that is not the own key's", async () => {
    await assert.rejects(sealMessage(aliceToBob({ ownFingerprint: mallory.fingerprint })), TypeError);
  });
});

describe("opening", () => {
  test("believes nothing that the server adds", async () => {
    const { envelope } = await sealMessage(aliceToBob());
    const { content } = await openMessage(bobReads({ ...delivered(envelope), from: mallory.email, body: "forged", v: 2 }));
    assert.equal(content.body, "Hello");
    assert.equal(content.from, alice.email);
  });

  test("refuses an own fingerprint that is not the own key's", async () => {
    const { envelope } = await sealMessage(aliceToBob());
    await assert.rejects(openMessage(bobReads(delivered(envelope), { ownKeyPair: mallory.keyPair })), TypeError);
  });

  test("refuses each message whose form is changed in any one member", async () => {
    const { envelope } = await sealMessage(aliceToBob());
    const message = delivered(envelope);
    const sealed = [...Object.keys(envelope), "sender_email"];
    for (const member of sealed) {
      for (const value of [undefined, null, 0, "", {}, [message[member]], `${message[member]}!`]) {
        await assert.rejects(openMessage(bobReads({ ...message, [member]: value })), { name: "ProtocolError" }, `${member}: ${value}`);
      }
    }
  });

  test("refuses what is no object", async () => {
    for (const message of [undefined, null, "message", 7]) {
      await assert.rejects(openMessage(bobReads(message)), { reason: "malformed" });
      assert.throws(() => peerFingerprintOf(message, bob.fingerprint), { reason: "malformed" });
    }
  });

  test("names no key for a message between others", async () => {
    const { envelope } = await sealMessage(aliceToBob());
    assert.throws(() => peerFingerprintOf(envelope, mallory.fingerprint), { reason: "not_our_key" });
  });
});
