/** Every message of docs/test_vectors, opened, sealed or refused by the browser's code. */
import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import { openMessage, peerFingerprintOf, sealMessage } from "../../../static/js/crypto/envelope.js";
import { pad, unpad } from "../../../static/js/crypto/padding.js";
import { encodePlaintext, readPlaintext, untaggedJson } from "../../../static/js/crypto/plaintext.js";
import { additionalData, frankingTag, messageHash, messageKey, pbkdf2Salt, selfKey, selfTagInput } from "../../../static/js/crypto/suite1.js";
import { fromBase64, fromHex, toHex } from "../../../static/js/lib/bytes.js";
import { people, readVectors } from "./vectors.js";

const valid = readVectors("valid_messages.json").messages;
const invalid = readVectors("invalid_messages.json").messages;

/** Most vectors are changed copies of a few messages, so each key is derived once, with all its iterations. */
function deriveOnce() {
  const { pbkdf2 } = CryptoManager;
  const derived = new Map();
  CryptoManager.pbkdf2 = async (password, salt, iterations, length) => {
    const name = [toHex(password), toHex(salt), iterations, length].join();
    if (!derived.has(name)) {
      derived.set(name, pbkdf2(password, salt, iterations, length));
    }
    return (await derived.get(name)).slice();
  };
}

deriveOnce();

/** The request of `openMessage` for a reader in the chat with a peer. */
function asReadBy(reader, peer, message) {
  return {
    ownKeyPair: reader.keyPair,
    ownFingerprint: reader.fingerprint,
    ownEmail: reader.email,
    peerEmail: peer.email,
    message,
    peerPublicKeyBytes: peer.publicKeyBytes,
  };
}

function headerOf({ message }) {
  return {
    senderEmail: message.sender_email,
    recipientEmail: message.recipient_email,
    senderFingerprint: message.sender_fingerprint,
    recipientFingerprint: message.recipient_fingerprint,
    clientId: message.client_id,
    messageType: message.message_type,
    tag: message.tag ? fromBase64(message.tag) : null,
  };
}

async function assertBytes(bytes, vector, name) {
  if (vector[name] === undefined) {
    assert.equal(await CryptoManager.sha256Hex(bytes), vector[`${name}_sha256`], name);
  } else {
    assert.equal(toHex(bytes), vector[name], name);
  }
}

describe("a valid message", () => {
  for (const vector of valid) {
    const [sender, recipient] = [people[vector.sender], people[vector.recipient]];
    const opened = { content: vector.content, hash: vector.hash, supported: vector.supported };

    test(`${vector.name}: opens for its recipient`, async () => {
      assert.deepEqual(await openMessage(asReadBy(recipient, sender, vector.message)), { mine: false, ...opened });
    });

    test(`${vector.name}: opens for its sender as one's own`, async () => {
      assert.deepEqual(await openMessage(asReadBy(sender, recipient, vector.message)), { mine: true, ...opened });
    });

    test(`${vector.name}: names the peer's key to either`, () => {
      assert.equal(peerFingerprintOf(vector.message, sender.fingerprint), recipient.fingerprint);
      assert.equal(peerFingerprintOf(vector.message, recipient.fingerprint), sender.fingerprint);
    });

    test(`${vector.name}: has these values on the way`, async () => {
      const header = headerOf(vector);
      const recipientKey = await CryptoManager.importPublicKey(recipient.publicKeyBytes);
      const sharedSecret = await CryptoManager.deriveSharedSecret(sender.keyPair.privateKey, recipientKey);
      const ownSelfKey = await selfKey(sender.keyPair, sender.fingerprint);
      const untagged = untaggedJson(vector.content);
      const tagInput = selfTagInput(header, untagged);
      const json = encodePlaintext(vector.content);
      await assertBytes(sharedSecret, vector, "shared_secret");
      await assertBytes(pbkdf2Salt(header, fromHex(vector.salt)), vector, "pbkdf2_salt");
      await assertBytes(await messageKey(sharedSecret, header, fromHex(vector.salt)), vector, "message_key");
      await assertBytes(additionalData(header), vector, "aad");
      await assertBytes(untagged, vector, "untagged_json");
      if (vector.tag !== "") {
        await assertBytes(await frankingTag(untagged, fromHex(vector.content.salt)), vector, "tag");
      }
      assert.equal(await messageHash(untagged), vector.hash);
      await assertBytes(ownSelfKey, vector, "self_key");
      await assertBytes(tagInput, vector, "self_tag_input");
      await assertBytes(await CryptoManager.hmac(ownSelfKey, tagInput), vector, "self_tag");
      await assertBytes(json, vector, "json");
      await assertBytes(pad(json), vector, "padded");
      assert.equal(pad(json).length, vector.bucket);
      await assertBytes(fromBase64(vector.message.ciphertext), vector, "ciphertext");
      assert.deepEqual(await readPlaintext(unpad(pad(json))), vector.content);
    });
  }
});

describe("sealing with a vector's salt and nonce", () => {
  const sealable = valid.filter(({ salt, content, tag }) => salt.length === 64 && (content.v === 1) === (tag === ""));

  test("covers all but the shorter salts and the missing tag, which this client never makes", () => {
    assert.deepEqual(
      valid.filter((vector) => !sealable.includes(vector)).map(({ name }) => name),
      ["salt-of-16-bytes", "salt-of-24-bytes", "version-2-without-tag"],
    );
  });

  for (const vector of sealable) {
    test(`${vector.name}: gives exactly the vector's message`, async (context) => {
      const [sender, recipient] = [people[vector.sender], people[vector.recipient]];
      const drawn = [vector.nonce, vector.salt].map(fromHex);
      context.mock.method(globalThis.crypto, "getRandomValues", (array) => {
        array.set(drawn.shift());
        return array;
      });
      const { envelope, hash } = await sealMessage({
        ownKeyPair: sender.keyPair,
        ownFingerprint: sender.fingerprint,
        peerPublicKeyBytes: recipient.publicKeyBytes,
        peerFingerprint: recipient.fingerprint,
        senderEmail: sender.email,
        recipientEmail: recipient.email,
        clientId: vector.message.client_id,
        content: vector.content,
      });
      assert.deepEqual({ ...envelope, sender_email: sender.email }, vector.message);
      assert.equal(hash, vector.hash);
      assert.equal(drawn.length, 0);
    });
  }
});

describe("an invalid message", () => {
  for (const vector of invalid) {
    test(`${vector.name}: is refused, ${vector.reason}`, async () => {
      const peer = { email: vector.peer_email, publicKeyBytes: fromHex(vector.peer_public_key) };
      const request = { ...asReadBy(people[vector.reader], peer, vector.message), ownEmail: vector.reader_email };
      const refusal =
        vector.reason === "decryption"
          ? { name: "DecryptionError", message: "could not be opened" }
          : { name: "ProtocolError", reason: vector.reason };
      await assert.rejects(openMessage(request), refusal);
    });
  }

  test("costs no key derivation where its form, people or keys are wrong", async () => {
    const derivation = mock.method(CryptoManager, "pbkdf2");
    const before = invalid.slice(0, invalid.findIndex(({ reason }) => reason === "decryption"));
    for (const vector of before) {
      const peer = { email: vector.peer_email, publicKeyBytes: fromHex(vector.peer_public_key) };
      await assert.rejects(openMessage(asReadBy(people[vector.reader], peer, vector.message)), { name: "ProtocolError" });
    }
    assert.ok(before.length > 40);
    assert.equal(derivation.mock.callCount(), 0);
    derivation.mock.restore();
  });
});
