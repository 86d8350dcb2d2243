/** HPKE against the vectors of RFC 9180, appendix A.3.2: PSK mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM. */
import assert from "node:assert/strict";
import { createDecipheriv } from "node:crypto";
import { describe, test } from "node:test";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import { deriveKeyPair, extractAndExpand, keySchedule, openPsk, sealBase, sealPsk } from "../../../static/js/crypto/hpke.js";
import { ORDER, publicPoint } from "../../../static/js/crypto/p256.js";
import { fromPoint } from "../../../static/js/crypto/public-key.js";
import { fromHex, toHex, utf8Encode } from "../../../static/js/lib/bytes.js";
import { readVectors } from "./vectors.js";

const [published] = readVectors("hpke.json").rfc9180;
const bytes = Object.fromEntries(Object.entries(published).map(([name, value]) => [name, safeHex(value)]));
const parameters = { psk: bytes.psk, pskId: bytes.psk_id, info: bytes.info };
const message = utf8Encode("a vault key");

function safeHex(value) {
  return typeof value === "string" && /^(?:[0-9a-f]{2})+$/.test(value) ? fromHex(value) : value;
}

describe("RFC 9180, A.3.2", () => {
  test("DeriveKeyPair gives both key pairs", async () => {
    for (const [ikm, point] of [["ikm_r", "pk_r"], ["ikm_e", "enc"]]) {
      const { publicBytes } = await deriveKeyPair(bytes[ikm]);
      assert.equal(toHex(publicBytes), published[point]);
    }
  });

  test("Encap and Decap give the shared secret", async () => {
    const [recipient, ephemeral] = await Promise.all([deriveKeyPair(bytes.ikm_r), deriveKeyPair(bytes.ikm_e)]);
    for (const [own, other] of [[recipient, bytes.enc], [ephemeral, bytes.pk_r]]) {
      const key = await CryptoManager.importPublicKey(fromPoint(other));
      const dh = await CryptoManager.deriveSharedSecret(own.privateKey, key);
      assert.equal(toHex(await extractAndExpand(dh, bytes.enc, bytes.pk_r)), published.shared_secret);
    }
  });

  test("KeySchedule gives key and nonce, which open the first ciphertext", async () => {
    const { key, nonce } = await keySchedule(bytes.shared_secret, parameters, { id: 1, keyLength: 16 });
    assert.deepEqual([toHex(key), toHex(nonce)], [published.key, published.base_nonce]);
    const cipher = createDecipheriv("aes-128-gcm", key, nonce).setAAD(bytes.aad);
    cipher.setAuthTag(bytes.ciphertext.slice(-16));
    const opened = Buffer.concat([cipher.update(bytes.ciphertext.slice(0, -16)), cipher.final()]);
    assert.equal(opened.toString("hex"), published.plaintext);
  });
});

describe("the public point of a scalar", () => {
  test("is that of Web Crypto", async () => {
    for (let time = 0; time < 20; time += 1) {
      const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
      const { d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
      const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
      assert.equal(toHex(publicPoint(BigInt(`0x${Buffer.from(d, "base64url").toString("hex")}`))), toHex(raw));
    }
  });

  test("is right at both ends of the range", () => {
    const [first, last] = [1n, ORDER - 1n].map((scalar) => toHex(publicPoint(scalar)));
    assert.equal(first.slice(0, 66), last.slice(0, 66), "the last is the negative of the first");
    assert.notEqual(first, last);
  });
});

describe("AES-256-GCM", () => {
  test("what is sealed to a key opens with its private half", async () => {
    const own = await deriveKeyPair(bytes.ikm_r);
    assert.deepEqual(await openPsk(own, parameters, await sealPsk(own.publicBytes, parameters, message)), message);
  });

  for (const name of ["psk", "pskId", "info"]) {
    test(`another ${name} does not open it`, async () => {
      const own = await deriveKeyPair(bytes.ikm_r);
      const sealed = await sealPsk(own.publicBytes, parameters, message);
      const other = { ...parameters, [name]: parameters[name].with(0, parameters[name][0] ^ 1) };
      await assert.rejects(openPsk(own, other, sealed), { name: "DecryptionError" });
    });
  }

  test("an empty PSK opens nothing of base mode", async () => {
    const own = await deriveKeyPair(bytes.ikm_r);
    const none = { psk: new Uint8Array(), pskId: new Uint8Array(), info: parameters.info };
    const sealed = await sealBase(own.publicBytes, parameters.info, message);
    await assert.rejects(openPsk(own, none, sealed), { name: "DecryptionError" });
  });

  test("an enc that is no point is refused before anything is computed with it", async () => {
    const own = await deriveKeyPair(bytes.ikm_r);
    const { enc, ciphertext } = await sealPsk(own.publicBytes, parameters, message);
    for (const bad of [enc.with(0, 2), enc.with(64, enc[64] ^ 1), enc.slice(1)]) {
      await assert.rejects(openPsk(own, parameters, { enc: bad, ciphertext }), { reason: "public_key" });
    }
  });
});
