import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import { openRecord, sealRecord } from "../../../static/js/crypto/storage-encryption.js";
import { utf8Encode } from "../../../static/js/lib/bytes.js";

const storageKey = await CryptoManager.generateStorageKey();
const refusal = { name: "DecryptionError" };

describe("a sealed record", () => {
  for (const value of [{ text: "Zoë 😀", list: [1, null, true] }, "", "\ud83d", 0, false, null, []]) {
    test(`opens to what was sealed: ${JSON.stringify(value)}`, async () => {
      assert.deepEqual(await openRecord(storageKey, "messages/1", await sealRecord(storageKey, "messages/1", value)), value);
    });
  }

  test("shows nothing of its value", async () => {
    const { data } = await sealRecord(storageKey, "messages/1", "Kilroy was here");
    assert.equal(Buffer.from(data).includes(Buffer.from("Kilroy")), false);
    assert.equal(data.length, utf8Encode('"Kilroy was here"').length + 16);
  });

  test("is never sealed twice with one nonce", async () => {
    const records = await Promise.all(Array.from({ length: 50 }, () => sealRecord(storageKey, "state", 1)));
    assert.equal(new Set(records.map(({ nonce }) => nonce.join())).size, 50);
    assert.ok(records.every(({ nonce }) => nonce.length === 12));
  });

  test("does not open in another record's place", async () => {
    const record = await sealRecord(storageKey, "messages/1", "x");
    for (const name of ["messages/2", "messages/", "", "state"]) {
      await assert.rejects(openRecord(storageKey, name, record), refusal);
    }
  });

  test("does not open with another key", async () => {
    const record = await sealRecord(storageKey, "messages/1", "x");
    await assert.rejects(openRecord(await CryptoManager.generateStorageKey(), "messages/1", record), refusal);
  });

  test("does not open once changed", async () => {
    const { nonce, data } = await sealRecord(storageKey, "messages/1", "x");
    const changed = [
      { nonce, data: data.with(0, data[0] ^ 1) },
      { nonce, data: data.with(-1, data.at(-1) ^ 1) },
      { nonce, data: data.slice(1) },
      { nonce, data: new Uint8Array(0) },
      { nonce: nonce.with(0, nonce[0] ^ 1), data },
    ];
    for (const record of changed) {
      await assert.rejects(openRecord(storageKey, "messages/1", record), refusal);
    }
  });

  test("cannot be made of what has no JSON", async () => {
    for (const value of [undefined, () => 1, Symbol("x")]) {
      await assert.rejects(sealRecord(storageKey, "state", value), TypeError);
    }
  });
});
