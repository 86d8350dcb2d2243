/** A report, sealed as docs/test_vectors/reports.json says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import { fromPoint } from "../../../static/js/crypto/public-key.js";
import { reportKeyNumber, sealReport } from "../../../static/js/crypto/report.js";
import { fromHex, toHex } from "../../../static/js/lib/bytes.js";
import { readVectors } from "./vectors.js";

const vector = readVectors("reports.json");

const requestOf = (more = {}) => ({
  key: fromHex(vector.report_key), reporter: vector.reporter, reported: vector.reported, reason: vector.reason,
  messages: vector.messages.map(({ content, stamp }) => ({ content, stamp: stamp ?? undefined })), ...more,
});

test("a report has exactly the bytes of the vector", async (context) => {
  const point = fromHex(vector.ephemeral_public_key);
  const privateKey = await CryptoManager.importScalar(fromHex(vector.ephemeral_key), point);
  context.mock.method(CryptoManager, "generateKeyPair", async () => ({ privateKey, publicKeyBytes: fromPoint(point) }));
  assert.equal(toHex(await sealReport(requestOf())), vector.sealed);
});

test("a message of the longest content fits into a report, and two do not", async () => {
  const [{ content, stamp }] = vector.messages;
  const longest = { content: { ...content, type: "poll", body: '"'.repeat(32_500) }, stamp };
  const sealed = await sealReport(requestOf({ messages: [longest], reason: "é".repeat(1000) }));
  assert.ok(sealed.length * 4 / 3 < 128 * 1024 - 1000);
  await assert.rejects(sealReport(requestOf({ messages: [longest, longest] })), { reason: "padding" });
});

test("the number of a report key is that of the vector", async () => {
  assert.equal(await reportKeyNumber(fromHex(vector.report_key)), vector.report_key_number);
});

test("a report key that is no point is refused", async () => {
  await assert.rejects(sealReport(requestOf({ key: new Uint8Array(65) })), { reason: "public_key" });
});
