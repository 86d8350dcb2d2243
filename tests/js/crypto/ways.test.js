import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openBox, randomKey, sealToWay, wayOf, waysHash } from "../../../static/js/crypto/ways.js";
import { toHex } from "../../../static/js/lib/bytes.js";

const account = { email: "alice@example.org", accountId: "7", generation: 1 };
const seed = randomKey();
const vaultKey = randomKey();
const way = await wayOf(seed, account.email);
const box = await sealToWay({ way, vaultKey, ...account });

describe("a way", () => {
  test("follows from its seed", async () => {
    assert.deepEqual(await wayOf(seed, account.email), way);
    assert.match(way.id, /^[0-9a-f]{32}$/);
    assert.deepEqual([way.publicBytes.length, way.psk.length], [65, 32]);
  });

  test("of another person or seed shares nothing with it", async () => {
    for (const other of [await wayOf(seed, "bob@example.org"), await wayOf(randomKey(), account.email)]) {
      assert.notEqual(other.id, way.id);
      assert.notEqual(toHex(other.psk), toHex(way.psk));
      assert.notEqual(toHex(other.publicBytes), toHex(way.publicBytes));
    }
  });
});

describe("a box", () => {
  test("has 114 bytes, and its seed opens it", async () => {
    assert.equal(box.length, 114);
    assert.deepEqual(await openBox({ seed, box, ...account }), vaultKey);
  });

  test("is another one each time", async () => {
    assert.notEqual(toHex(await sealToWay({ way, vaultKey, ...account })), toHex(box));
  });

  const others = {
    "another seed": { seed: randomKey() },
    "another person": { email: "bob@example.org" },
    "another account of the same email": { accountId: "8" },
    "another generation": { generation: 2 },
  };
  for (const [name, change] of Object.entries(others)) {
    test(`${name}: does not open it`, async () => {
      await assert.rejects(openBox({ seed, box, ...account, ...change }), { name: "DecryptionError" });
    });
  }

  test("whoever knows only the public half cannot make one", async () => {
    const made = await sealToWay({ way: { ...way, psk: randomKey() }, vaultKey: randomKey(), ...account });
    await assert.rejects(openBox({ seed, box: made, ...account }), { name: "DecryptionError" });
  });

  test("each byte counts", async () => {
    for (let index = 1; index < box.length; index += 1) {
      const changed = box.with(index, box[index] ^ 1);
      await assert.rejects(openBox({ seed, box: changed, ...account }), /made as|opened/, `byte ${index}`);
    }
  });

  for (const length of [0, 1, 113, 115]) {
    test(`${length} bytes: out of form`, async () => {
      const wrong = new Uint8Array(length);
      wrong.set(box.slice(0, length));
      await assert.rejects(openBox({ seed, box: wrong, ...account }), { reason: "box" });
    });
  }

  test("of a suite that is not known needs a newer version", async () => {
    await assert.rejects(openBox({ seed, box: box.with(0, 2), ...account }), { reason: "unknown_suite" });
  });

  test("is not made for a public half that is no point", async () => {
    const bad = { ...way, publicBytes: way.publicBytes.with(64, way.publicBytes[64] ^ 1) };
    await assert.rejects(sealToWay({ way: bad, vaultKey, ...account }), { reason: "public_key" });
  });
});

describe("the hash of the ways", () => {
  const [first, second] = ["aa", "bb"].map((digits) => ({ id: digits.repeat(16), kind: "code", box }));

  test("does not depend on their order", async () => {
    assert.deepEqual(await waysHash([first, second]), await waysHash([second, first]));
  });

  test("depends on each member of each way", async () => {
    const sets = [
      [],
      [first],
      [first, second],
      [first, { ...second, kind: "passkey" }],
      [first, { ...second, id: "cc".repeat(16) }],
      [first, { ...second, box: box.with(5, box[5] ^ 1) }],
    ];
    const hashes = await Promise.all(sets.map(waysHash));
    assert.equal(new Set(hashes.map(toHex)).size, sets.length);
  });

  const refused = {
    "an id twice": [first, { ...second, id: first.id }],
    "an id in capitals": [{ ...first, id: first.id.toUpperCase() }],
    "another kind": [{ ...first, kind: "phone" }],
    "41 ways": Array.from({ length: 41 }, (_, index) => ({ ...first, id: String(index).padStart(32, "0") })),
  };
  for (const [name, ways] of Object.entries(refused)) {
    test(`${name}: refused`, async () => assert.rejects(waysHash(ways), { reason: "ways" }));
  }
});
