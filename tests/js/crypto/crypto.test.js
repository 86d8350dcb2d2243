/** CryptoManager against published known answers. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import { DecryptionError, ProtocolError } from "../../../static/js/crypto/crypto-errors.js";
import { fromHex, toHex, utf8Encode } from "../../../static/js/lib/bytes.js";

const CURVE = { name: "ECDH", namedCurve: "P-256" };

describe("SHA-256", () => {
  test("FIPS 180-4, the example abc", async () => {
    const digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert.equal(toHex(await CryptoManager.sha256(utf8Encode("abc"))), digest);
    assert.equal(await CryptoManager.sha256Hex(utf8Encode("abc")), digest);
  });
});

describe("SHA-512", () => {
  test("FIPS 180-4, the example abc", async () => {
    const digest =
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
    assert.equal(toHex(await CryptoManager.sha512(utf8Encode("abc"))), digest);
  });
});

describe("Ed25519, RFC 8032 §7.1", () => {
  const PKCS8 = "302e020100300506032b657004220420";
  const cases = [
    [
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
  ];
  for (const [number, [seed, key, data, signature]] of cases.entries()) {
    test(`test ${number + 1} is made and verified`, async () => {
      const privateKey = await crypto.subtle.importKey("pkcs8", fromHex(PKCS8 + seed), "Ed25519", false, ["sign"]);
      assert.equal(toHex(await CryptoManager.ed25519Sign(privateKey, fromHex(data))), signature);
      assert.equal(await CryptoManager.ed25519Verify(...[key, data, signature].map(fromHex)), true);
    });
  }

  test("another, a shorter or a longer key or signature is not verified", async () => {
    const [key, data, signature] = cases[1].slice(1).map(fromHex);
    const others = (bytes) => [bytes.with(3, bytes[3] ^ 1), bytes.slice(1), bytes.slice(0, -1), new Uint8Array(0), new Uint8Array([...bytes, 0])];
    for (const other of others(signature)) {
      assert.equal(await CryptoManager.ed25519Verify(key, data, other), false);
    }
    for (const other of others(key)) {
      assert.equal(await CryptoManager.ed25519Verify(other, data, signature), false);
    }
    assert.equal(await CryptoManager.ed25519Verify(key, fromHex("73"), signature), false);
  });

  test("a key that the platform refuses to read has signed nothing; other failures are not hidden", async (context) => {
    const [key, data, signature] = cases[1].slice(1).map(fromHex);
    const failing = (name) => () => Promise.reject(new DOMException("no", name));
    const platform = context.mock.method(crypto.subtle, "importKey", failing("DataError"));
    assert.equal(await CryptoManager.ed25519Verify(key, data, signature), false);
    platform.mock.mockImplementation(failing("NotSupportedError"));
    await assert.rejects(CryptoManager.ed25519Verify(key, data, signature), { name: "NotSupportedError" });
  });
});

describe("HMAC-SHA-256, RFC 4231 §4", () => {
  const cases = [
    ["0b".repeat(20), "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
    ["4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"],
    ["aa".repeat(20), "dd".repeat(50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"],
    ["aa".repeat(131), toHex(utf8Encode("Test Using Larger Than Block-Size Key - Hash Key First")), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"],
  ];
  for (const [number, [key, data, tag]] of cases.entries()) {
    test(`case ${number + 1} is made and verified`, async () => {
      assert.equal(toHex(await CryptoManager.hmac(fromHex(key), fromHex(data))), tag);
      assert.equal(await CryptoManager.hmacVerify(fromHex(key), fromHex(data), fromHex(tag)), true);
    });
  }

  test("another, a shorter or a longer tag is not verified", async () => {
    const [key, data, tag] = cases[0].map(fromHex);
    for (const wrong of [tag.map((byte) => byte ^ 1), tag.slice(0, 31), new Uint8Array(0), new Uint8Array([...tag, 0])]) {
      assert.equal(await CryptoManager.hmacVerify(key, data, wrong), false);
    }
  });
});

describe("HKDF-SHA-256, RFC 5869 appendix A", () => {
  const key = "0b".repeat(22);
  const cases = [
    [key, "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9", "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"],
    [key, "", "", "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"],
  ];
  for (const [ikm, salt, info, output] of cases) {
    test(`salt of ${salt.length / 2} bytes`, async () => {
      const made = await CryptoManager.hkdf(fromHex(ikm), fromHex(salt), fromHex(info), output.length / 2);
      assert.equal(toHex(made), output);
    });
  }
});

describe("PBKDF2-HMAC-SHA-256, RFC 7914 §11", () => {
  const cases = [
    ["passwd", "salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"],
    ["Password", "NaCl", 80000, "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"],
  ];
  for (const [password, salt, iterations, output] of cases) {
    test(`${iterations} iterations`, async () => {
      const made = await CryptoManager.pbkdf2(utf8Encode(password), utf8Encode(salt), iterations, 64);
      assert.equal(toHex(made), output.toLowerCase());
    });
  }
});

describe("ECDH on P-256, RFC 5903 §8.1", () => {
  const initiator = {
    d: "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
    x: "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180",
    y: "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
  };
  const responder = {
    d: "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
    x: "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63",
    y: "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
  };
  const secret = "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de";
  const url = (hex) => Buffer.from(hex, "hex").toString("base64url");
  const privateKey = ({ d, x, y }) =>
    crypto.subtle.importKey("jwk", { kty: "EC", crv: "P-256", d: url(d), x: url(x), y: url(y) }, CURVE, false, ["deriveBits"]);
  const publicKey = ({ x, y }) =>
    CryptoManager.importPublicKey(fromHex(`3059301306072a8648ce3d020106082a8648ce3d03010703420004${x}${y}`));

  test("both sides have the 32-byte x-coordinate", async () => {
    for (const [own, peer] of [[initiator, responder], [responder, initiator]]) {
      assert.equal(toHex(await CryptoManager.deriveSharedSecret(await privateKey(own), await publicKey(peer))), secret);
    }
  });
});

describe("AES-256-GCM, test case 16 of McGrew and Viega", () => {
  const key = "feffe9928665731c6d6a8f9467308308".repeat(2);
  const nonce = "cafebabefacedbaddecaf888";
  const additionalData = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
  const plaintext =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
  const ciphertext =
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662" +
    "76fc6ece0f4e1768cddf8853bb2d551b";
  const importKey = () => CryptoManager.importAesKey(fromHex(key));

  test("is sealed and opened", async () => {
    const sealed = await CryptoManager.aesGcmSeal(await importKey(), fromHex(nonce), fromHex(additionalData), fromHex(plaintext));
    assert.equal(toHex(sealed), ciphertext);
    const opened = await CryptoManager.aesGcmOpen(await importKey(), fromHex(nonce), fromHex(additionalData), sealed);
    assert.equal(toHex(opened), plaintext);
  });

  test("is not opened with one bit changed anywhere, or cut off", async () => {
    const flip = (hex) => fromHex(hex).map((byte, index) => (index === 5 ? byte ^ 0x80 : byte));
    const whole = [nonce, additionalData, ciphertext].map(fromHex);
    const wrong = [
      ...[nonce, additionalData, ciphertext].map((hex, index) => whole.with(index, flip(hex))),
      whole.with(2, whole[2].slice(0, -1)),
      whole.with(2, whole[2].slice(0, 15)),
    ];
    for (const parts of wrong) {
      await assert.rejects(CryptoManager.aesGcmOpen(await importKey(), ...parts), DecryptionError);
    }
  });

  test("a key of another length or use is a mistake, not a message that cannot be opened", async () => {
    for (const length of [0, 16, 24, 31, 33]) {
      await assert.rejects(CryptoManager.importAesKey(new Uint8Array(length)), RangeError);
    }
    const forEncryption = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]);
    const opening = CryptoManager.aesGcmOpen(forEncryption, ...[nonce, additionalData, ciphertext].map(fromHex));
    await assert.rejects(opening, (error) => !(error instanceof DecryptionError));
  });
});

describe("keys that are made here", () => {
  test("the private key cannot be exported and only derives bits", async () => {
    const { privateKey, publicKey, publicKeyBytes, fingerprint } = await CryptoManager.generateKeyPair();
    assert.equal(privateKey.extractable, false);
    assert.deepEqual(privateKey.usages, ["deriveBits"]);
    await assert.rejects(crypto.subtle.exportKey("pkcs8", privateKey));
    assert.equal(publicKeyBytes.length, 91);
    assert.deepEqual(await CryptoManager.exportPublicKey(publicKey), publicKeyBytes);
    assert.equal(fingerprint, await CryptoManager.sha256Hex(publicKeyBytes));
  });

  test("the identity cannot be exported and only signs", async () => {
    const { privateKey, publicKeyBytes } = await CryptoManager.generateIdentityKeyPair();
    assert.equal(privateKey.extractable, false);
    assert.deepEqual(privateKey.usages, ["sign"]);
    await assert.rejects(crypto.subtle.exportKey("pkcs8", privateKey));
    const signature = await CryptoManager.ed25519Sign(privateKey, utf8Encode("abc"));
    assert.equal(await CryptoManager.ed25519Verify(publicKeyBytes, utf8Encode("abc"), signature), true);
  });

  test("a private key that is imported again is the same and cannot be exported", async () => {
    const [pair, peer] = [await CryptoManager.generateKeyPair(), await CryptoManager.generateKeyPair()];
    const again = await CryptoManager.importAccountKey(pair.secret);
    const shared = (key) => CryptoManager.deriveSharedSecret(key, peer.publicKey);
    assert.deepEqual(await shared(again), await shared(pair.privateKey));
    const identity = await CryptoManager.generateIdentityKeyPair();
    const signing = await CryptoManager.importSigningKey(identity.secret);
    const data = utf8Encode("abc");
    assert.deepEqual(await CryptoManager.ed25519Sign(signing, data), await CryptoManager.ed25519Sign(identity.privateKey, data));
    for (const key of [again, signing]) {
      await assert.rejects(crypto.subtle.exportKey("pkcs8", key));
    }
  });

  test("bytes that are no private key are refused", async () => {
    const { secret } = await CryptoManager.generateKeyPair();
    const isRefused = (error) => error instanceof ProtocolError && error.reason === "private_key";
    await assert.rejects(CryptoManager.importAccountKey(secret.slice(1)), isRefused);
    await assert.rejects(CryptoManager.importSigningKey(secret), isRefused);
  });

  test("the storage key cannot be exported", async () => {
    const key = await CryptoManager.generateStorageKey();
    assert.equal(key.extractable, false);
    assert.deepEqual(key.algorithm, { name: "AES-GCM", length: 256 });
    await assert.rejects(crypto.subtle.exportKey("raw", key));
  });

  test("a message key cannot be exported once imported", async () => {
    assert.equal((await CryptoManager.importAesKey(new Uint8Array(32))).extractable, false);
  });
});

describe("random values", () => {
  test("have their form and differ", () => {
    assert.equal(CryptoManager.randomBytes(12).length, 12);
    assert.match(CryptoManager.randomId(), /^[0-9a-f]{32}$/);
    assert.match(CryptoManager.randomUuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(new Set(Array.from({ length: 100 }, CryptoManager.randomId)).size, 100);
  });
});

describe("errors", () => {
  test("name themselves, so that a log line says which it was", () => {
    assert.equal(new ProtocolError("padding").name, "ProtocolError");
    assert.equal(new DecryptionError().name, "DecryptionError");
    assert.equal(new DecryptionError().message, "could not be opened");
  });
});
