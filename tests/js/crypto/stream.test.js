import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import { openSegment, sealSegment, segmentHash, streamHead, verifyStream, signStream } from "../../../static/js/crypto/stream.js";
import { keyOfKind } from "../../../static/js/crypto/vault.js";
import { randomKey } from "../../../static/js/crypto/ways.js";
import { concat, fromBase64, fromHex, lengthPrefixed, toHex, uint32, utf8Encode } from "../../../static/js/lib/bytes.js";
import { readVectors } from "./vectors.js";

const vectors = readVectors("streams.json");
const vaultKey = randomKey();
const place = { email: "alice@example.org", accountId: "7", browser: "ab".repeat(16), kind: "archive", number: 3 };
const sealing = { ...place, vaultKey, generation: 2, month: "2026-11" };
const reading = { ...place, vaultKeyOf: (generation) => (generation === 2 ? vaultKey : null) };

function placeOf({ email, account_id: accountId, browser, kind, number, vault_keys: keys, blob }) {
  const vaultKeyOf = (generation) => (keys[generation] ? fromHex(keys[generation]) : null);
  return { email, accountId, browser, kind, number, vaultKeyOf, blob: fromBase64(blob) };
}

function refusal({ reason }) {
  return reason === "decryption" ? { name: "DecryptionError" } : { name: "ProtocolError", reason };
}

describe("a segment of the vectors", () => {
  for (const vector of vectors.segments) {
    test(`${vector.name}: opens and has its hash`, async () => {
      assert.deepEqual(await openSegment(placeOf(vector)), vector.content);
      assert.equal(toHex(await segmentHash(placeOf(vector))), vector.hash);
    });
  }

  for (const vector of vectors.refused_segments) {
    test(`refused: ${vector.name}`, async () => {
      await assert.rejects(openSegment(placeOf({ ...vectors.segments[0], ...vector.changes })), refusal(vector));
    });
  }
});

describe("what a stream's signature covers", () => {
  function stateOf({ email, account_id: accountId, browser, kind, revision, hashes, signature_key, signature }) {
    const state = { email, accountId, browser, kind, revision, hashes: hashes.map(fromHex) };
    return { ...state, signatureKeyBytes: fromHex(signature_key), signature: fromHex(signature) };
  }

  test("verifies", async () => {
    for (const vector of vectors.states) {
      await verifyStream(stateOf(vector));
      assert.equal(toHex(await streamHead(vector.hashes.map(fromHex))), vector.head);
    }
    assert.equal(toHex(await streamHead([])), vectors.no_segments_head);
  });

  for (const vector of vectors.refused_states) {
    test(`refused: ${vector.name}`, async () => assert.rejects(verifyStream(stateOf(vector)), refusal(vector)));
  }

  test("what is signed here verifies", async () => {
    const { privateKey, publicKeyBytes: signatureKeyBytes } = await CryptoManager.generateIdentityKeyPair();
    const state = { ...place, revision: 1, hashes: [randomKey()] };
    await verifyStream({ ...state, signatureKeyBytes, signature: await signStream({ ...state, privateKey }) });
  });
});

describe("an archive", () => {
  test("opens, and has one of four lengths", async () => {
    const words = Array.from({ length: 500 }, (_, index) => `message ${index} ${toHex(randomKey())}`);
    for (const [count, steps] of [[0, 1], [500, 1], [3_000, null]]) {
      const content = Array.from({ length: count }, (_, index) => words[index % 500]);
      const { blob, hash } = await sealSegment({ ...sealing, content });
      assert.deepEqual(await openSegment({ ...reading, blob }), content);
      assert.deepEqual(await segmentHash({ ...place, blob }), hash);
      assert.ok(steps === null ? (blob.length - 40) % 65536 === 0 : blob.length === 40 + 65536 * steps);
    }
  });

  test("that is too long is not made", async () => {
    const noise = Array.from({ length: 20_000 }, () => toHex(randomKey()));
    await assert.rejects(sealSegment({ ...sealing, content: noise }), { reason: "stream" });
    const hard = noise.slice(0, 12_000);
    await assert.rejects(sealSegment({ ...sealing, content: hard }), { reason: "stream" }, "too long when it is compressed");
  });

  test("of no month is not made", async () => {
    await assert.rejects(sealSegment({ ...sealing, month: "2026-00", content: 1 }), { reason: "stream" });
  });

  /** A segment with any bytes in place of its DEFLATE. */
  async function holding(packed) {
    const head = concat(Uint8Array.of(1), uint32(2), utf8Encode("2026-11"));
    const padded = new Uint8Array(65536 * Math.ceil((packed.length + 4) / 65536));
    padded.set(concat(uint32(packed.length), packed));
    const parts = [place.email, place.accountId, place.browser, place.kind].map(utf8Encode);
    const aad = lengthPrefixed(utf8Encode("VibeChat segment"), ...parts, uint32(place.number), head);
    const [nonce, key] = [new Uint8Array(12), await keyOfKind(vaultKey, "archive 2026-11", { ...place, generation: 2 })];
    return concat(head, nonce, await CryptoManager.aesGcmSeal(key, nonce, aad, padded));
  }

  async function deflated(bytes) {
    const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(packed).arrayBuffer());
  }

  test("that is no DEFLATE, ends early or has bytes left over is refused", async () => {
    const good = await deflated(utf8Encode(JSON.stringify("x".repeat(1000))));
    assert.equal(await openSegment({ ...reading, blob: await holding(good) }), "x".repeat(1000));
    // Node 20 ignores bytes left over, against the Compression Standard.
    const [major] = process.versions.node.split(".").map(Number);
    const more = major > 20 ? [concat(good, new Uint8Array(1))] : [];
    for (const packed of [new Uint8Array(), new Uint8Array(9).fill(255), good.slice(0, -1), ...more]) {
      await assert.rejects(openSegment({ ...reading, blob: await holding(packed) }), { reason: "json" });
    }
  });

  test("that would fill the memory is refused", async () => {
    const bomb = await deflated(new Uint8Array(100 * 1024 * 1024));
    assert.ok(bomb.length < 200_000);
    await assert.rejects(openSegment({ ...reading, blob: await holding(bomb) }), { reason: "stream" });
  });
});
