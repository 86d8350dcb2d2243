import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readBrowsers, signBrowsers } from "../../../static/js/crypto/browser-list.js";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import { concat } from "../../../static/js/lib/bytes.js";

const email = "alice@example.org";
const identity = await CryptoManager.generateIdentityKeyPair();
const keys = await Promise.all(Array.from({ length: 21 }, () => CryptoManager.generateIdentityKeyPair()));
const browsers = keys.map(({ publicKeyBytes }, index) => ({
  id: (index + 10).toString(16).padStart(32, "0"),
  signatureKeyBytes: publicKeyBytes,
  addedAt: 1_790_000_000 + index,
  contentVersions: [1, 2],
}));
const two = browsers.slice(0, 2);
const own = { identityPrivateKey: identity.privateKey, email };
const reader = { identityKeyBytes: identity.publicKeyBytes, email };
const bytes = await signBrowsers({ ...own, version: 3, browsers: two });

describe("a signed list", () => {
  test("says what was signed, sorted", async () => {
    const signed = await signBrowsers({ ...own, version: 3, browsers: two.toReversed() });
    assert.deepEqual(signed, bytes);
    assert.deepEqual(await readBrowsers({ ...reader, bytes }), { version: 3, browsers: two });
  });

  test("holds up to 20 browsers", async () => {
    const full = browsers.slice(0, 20);
    const signed = await signBrowsers({ ...own, version: 1, browsers: full });
    assert.deepEqual((await readBrowsers({ ...reader, bytes: signed })).browsers, full);
  });

  const unsigned = {
    "no browser": { browsers: [] },
    "21 browsers": { browsers },
    "version 0": { version: 0 },
    "an id twice": { browsers: [two[0], { ...two[1], id: two[0].id }] },
    "a signature key twice": { browsers: [two[0], { ...two[1], signatureKeyBytes: two[0].signatureKeyBytes }] },
    "a signature key of small order": { browsers: [{ ...two[0], signatureKeyBytes: new Uint8Array(32) }] },
    "an id in capitals": { browsers: [{ ...two[0], id: "A".repeat(32) }] },
    "no content version": { browsers: [{ ...two[0], contentVersions: [] }] },
    "content versions that fall": { browsers: [{ ...two[0], contentVersions: [2, 1] }] },
    "nine content versions": { browsers: [{ ...two[0], contentVersions: [1, 2, 3, 4, 5, 6, 7, 8, 9] }] },
  };
  for (const [name, change] of Object.entries(unsigned)) {
    test(`${name}: is not signed`, async () => {
      await assert.rejects(signBrowsers({ ...own, version: 1, browsers: two, ...change }), { reason: "browsers" });
    });
  }
});

describe("a list is refused", () => {
  test("of another identity or for another person", async () => {
    const { publicKeyBytes } = await CryptoManager.generateIdentityKeyPair();
    for (const change of [{ identityKeyBytes: publicKeyBytes }, { email: "bob@example.org" }]) {
      await assert.rejects(readBrowsers({ ...reader, bytes, ...change }), { reason: "browsers" });
    }
  });

  test("with any byte changed", async () => {
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = bytes.with(index, bytes[index] ^ 1);
      await assert.rejects(readBrowsers({ ...reader, bytes: changed }), { reason: "browsers" }, `byte ${index}`);
    }
  });

  test("cut off anywhere, or with a byte more", async () => {
    for (let length = 0; length < bytes.length; length += 1) {
      await assert.rejects(readBrowsers({ ...reader, bytes: bytes.slice(0, length) }), { reason: "browsers" });
    }
    await assert.rejects(readBrowsers({ ...reader, bytes: concat(bytes, new Uint8Array(1)) }), { reason: "browsers" });
  });
});
