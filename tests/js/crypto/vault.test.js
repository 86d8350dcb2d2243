import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import {
  blobNumbers,
  checkGeneration,
  keyOfKind,
  openVault,
  sealVault,
  signVaultWrite,
  vaultHash,
  verifyVaultWrite,
} from "../../../static/js/crypto/vault.js";
import { randomKey } from "../../../static/js/crypto/ways.js";
import { toBase64, toHex } from "../../../static/js/lib/bytes.js";

const vaultKey = randomKey();
const ways = [{ id: "ab".repeat(16), kind: "code", box: new Uint8Array(114) }];
const place = {
  email: "alice@example.org",
  accountId: "7",
  generation: 2,
  version: 5,
  browser: "cd".repeat(16),
  previous: randomKey(),
  ways,
};
const content = { v: 1, keys: [], people: { "bob@example.org": { checked: true } }, unknown: "é" };
const { blob, hash } = await sealVault({ ...place, vaultKey, content });

describe("a vault", () => {
  test("opens with its key, unknown members included", async () => {
    assert.deepEqual(await openVault({ ...place, vaultKey, blob }), content);
  });

  test("says generation and version in the clear", () => {
    assert.deepEqual(blobNumbers(blob), { generation: 2, version: 5 });
  });

  test("has one of few lengths", async () => {
    assert.equal(blob.length, 53 + 4096 + 16);
    const json = JSON.stringify({ v: 1, text: "" }).length;
    for (const [length, steps] of [[4092, 1], [4093, 2], [8188, 2], [8189, 3]]) {
      const padded = await sealVault({ ...place, vaultKey, content: { v: 1, text: "x".repeat(length - json) } });
      assert.equal(padded.blob.length, 53 + 4096 * steps + 16, `${length} bytes of JSON`);
    }
  });

  test("of the largest size opens, and a larger one is not made", async () => {
    const full = { v: 1, text: "x".repeat(255 * 4096 - 4 - JSON.stringify({ v: 1, text: "" }).length) };
    const made = await sealVault({ ...place, vaultKey, content: full });
    assert.ok(made.blob.length <= 1024 * 1024);
    assert.deepEqual(await openVault({ ...place, vaultKey, blob: made.blob }), full);
    const over = { ...full, text: `${full.text}x` };
    await assert.rejects(sealVault({ ...place, vaultKey, content: over }), { reason: "vault_size" });
  });
});

describe("a vault is refused", () => {
  const box = ways[0].box;
  const cases = {
    "another vault key": [{ vaultKey: randomKey() }, "vault_key"],
    "another person's": [{ email: "bob@example.org" }, "vault_key"],
    "of another account of the same email": [{ accountId: "8" }, "vault_key"],
    "served as another generation": [{ generation: 3 }, "vault"],
    "served as another version": [{ version: 6 }, "vault"],
    "served as another browser's": [{ browser: "ce".repeat(16) }, null],
    "after another version": [{ previous: randomKey() }, null],
    "without a way": [{ ways: [] }, null],
    "with a way more": [{ ways: [...ways, { id: "ac".repeat(16), kind: "browser", box }] }, null],
    "with a swapped box": [{ ways: [{ ...ways[0], box: box.with(9, 1) }] }, null],
    "with another kind of way": [{ ways: [{ ...ways[0], kind: "passkey" }] }, null],
    "truncated by a step": [{ blob: blob.slice(0, -4096) }, "vault"],
    "truncated by a byte": [{ blob: blob.slice(0, -1) }, "vault"],
    empty: [{ blob: new Uint8Array() }, "vault"],
    "of another form": [{ blob: blob.with(0, 2) }, "vault"],
  };
  for (const [name, [change, reason]] of Object.entries(cases)) {
    test(name, async () => {
      const expected = reason === null ? { name: "DecryptionError" } : { name: "ProtocolError", reason };
      await assert.rejects(openVault({ ...place, vaultKey, blob, ...change }), expected);
    });
  }

  test("with any byte changed", async () => {
    for (let index = 0; index < 80; index += 1) {
      const changed = blob.with(index, blob[index] ^ 1);
      await assert.rejects(openVault({ ...place, vaultKey, blob: changed }), /made as|opened/, `byte ${index}`);
    }
  });

  test("that a newer version of VibeChat has written", async () => {
    const newer = await sealVault({ ...place, vaultKey, content: { v: 2 } });
    await assert.rejects(openVault({ ...place, vaultKey, blob: newer.blob }), { reason: "unknown_version" });
  });
});

describe("the hash of a version", () => {
  test("is what `sealVault` says, and depends on all that is stored", async () => {
    const stored = { ...place, blob };
    assert.deepEqual(await vaultHash(stored), hash);
    const changes = [
      { email: "bob@example.org" },
      { accountId: "8" },
      { blob: blob.with(60, blob[60] ^ 1) },
      { ways: [] },
      { browser: "ce".repeat(16) },
      { previous: new Uint8Array(32) },
    ];
    const hashes = await Promise.all(changes.map((change) => vaultHash({ ...stored, ...change })));
    assert.equal(new Set([hash, ...hashes].map(toHex)).size, changes.length + 1);
  });
});

describe("the signature of a write", async () => {
  const { privateKey, publicKeyBytes: signatureKeyBytes } = await CryptoManager.generateIdentityKeyPair();
  const write = { email: place.email, accountId: place.accountId, version: place.version, hash };
  const signature = await signVaultWrite({ ...write, privateKey });

  test("verifies", () => verifyVaultWrite({ ...write, signatureKeyBytes, signature }));

  const others = {
    "for another person": { email: "bob@example.org" },
    "for another account": { accountId: "8" },
    "for another version": { version: 6 },
    "for another hash": { hash: randomKey() },
    "by another key": { signatureKeyBytes: (await CryptoManager.generateIdentityKeyPair()).publicKeyBytes },
    "cut off": { signature: signature.slice(1) },
  };
  for (const [name, change] of Object.entries(others)) {
    test(`${name}: refused`, async () => {
      const changed = { ...write, signatureKeyBytes, signature, ...change };
      await assert.rejects(verifyVaultWrite(changed), { reason: "vault_signature" });
    });
  }
});

describe("a later generation", () => {
  const pinned = { generation: 2, vaultKey };
  const former = [
    { generation: 1, key: toBase64(randomKey()) },
    { generation: 2, key: toBase64(vaultKey) },
  ];

  test("follows where it names the pinned vault key", () => checkGeneration({ v: 1, former }, 3, pinned));
  test("may be several later", () => checkGeneration({ v: 1, former }, 9, pinned));
  test("the same generation needs no proof", () => checkGeneration({ v: 1 }, 2, pinned));

  const refused = {
    "no former keys": [{ v: 1 }, 3],
    "former keys that are no list": [{ v: 1, former: 3 }, 3],
    "another key for the pinned generation": [{ v: 1, former: [{ generation: 2, key: toBase64(randomKey()) }] }, 3],
    "only a key of another generation": [{ v: 1, former: [{ generation: 1, key: toBase64(vaultKey) }] }, 3],
    "a lower generation": [{ v: 1, former }, 1],
  };
  for (const [name, [made, generation]] of Object.entries(refused)) {
    test(`${name}: refused`, () => {
      assert.throws(() => checkGeneration(made, generation, pinned), { reason: "generation" });
    });
  }
});

test("each kind, account and generation has its own key", async () => {
  const nonce = new Uint8Array(12);
  const kinds = [
    ["archive 2026-11", place],
    ["archive 2026-12", place],
    ["archive 2026-11", { ...place, generation: 3 }],
    ["archive 2026-11", { ...place, accountId: "8" }],
  ];
  const sealed = kinds.map(async ([kind, where]) => {
    return toHex(await CryptoManager.aesGcmSeal(await keyOfKind(vaultKey, kind, where), nonce, nonce, nonce));
  });
  assert.equal(new Set(await Promise.all(sealed)).size, kinds.length);
});
