import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readCode, safetyNumber } from "../../../static/js/crypto/safety-number.js";
import { fromHex } from "../../../static/js/lib/bytes.js";
import { readVectors } from "./vectors.js";

const vectors = readVectors("safety_numbers.json");
const parties = Object.fromEntries(
  vectors.identities.map(({ name, email, identity_key }) => [name, { email, identityKeyBytes: fromHex(identity_key) }]),
);
const { alice, bob } = parties;

describe("a safety number", () => {
  for (const { name, own, peer, digits, code } of vectors.numbers) {
    test(`has these digits and this code: ${name}`, async () => {
      assert.deepEqual(await safetyNumber({ own: parties[own], peer: parties[peer] }), { digits, code });
    });
  }

  test("is the same 60 digits on both sides, of which each half is one person's", async () => {
    const [one, other] = [await safetyNumber({ own: alice, peer: bob }), await safetyNumber({ own: bob, peer: alice })];
    assert.match(one.digits, /^[0-9]{60}$/);
    assert.equal(one.digits, other.digits);
    assert.notEqual(one.code, other.code);
    const halves = vectors.identities.slice(0, 2).map(({ digits }) => digits);
    assert.equal(one.digits, halves.sort().join(""));
  });

  test("is another for the same identity under another email", async () => {
    const { digits } = await safetyNumber({ own: alice, peer: { ...bob, email: "robert@example.org" } });
    assert.notEqual(digits, vectors.numbers[0].digits);
  });

  test("is none of a key that is no identity", async () => {
    const peer = { ...bob, identityKeyBytes: new Uint8Array(32) };
    await assert.rejects(safetyNumber({ own: alice, peer }), { name: "ProtocolError", reason: "identity" });
    const code = vectors.codes[0].text;
    await assert.rejects(readCode(code, { own: alice, peer }), { name: "ProtocolError", reason: "identity" });
  });
});

describe("a code that alice reads in the chat with bob", () => {
  for (const { name, text, answer } of vectors.codes) {
    test(`${name}: ${answer}`, async () => {
      assert.equal(await readCode(text, { own: alice, peer: bob }), answer);
    });
  }
});
