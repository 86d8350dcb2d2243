/** Vault, ways back and browsers against the committed vectors, which tests/reference has made and checks as well. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readBrowsers } from "../../../static/js/crypto/browser-list.js";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import { codeSeed, passkeyInput, passkeySeed, readCode } from "../../../static/js/crypto/recovery-code.js";
import {
  checkGeneration,
  keyOfKind,
  openVault,
  vaultHash,
  verifyVaultWrite,
} from "../../../static/js/crypto/vault.js";
import { openBox, wayOf, waysHash } from "../../../static/js/crypto/ways.js";
import { fromBase64, fromHex, toHex } from "../../../static/js/lib/bytes.js";
import { readVectors } from "./vectors.js";

const codes = readVectors("recovery_codes.json");
const ways = readVectors("ways.json");
const vault = readVectors("vault.json");
const lists = readVectors("browsers.json");

/** A test for each vector. */
function each(title, vectors, check) {
  describe(title, () => {
    for (const vector of vectors) {
      test(vector.name, () => check(vector));
    }
  });
}

function refusal({ reason }) {
  return reason === "decryption" ? { name: "DecryptionError" } : { name: "ProtocolError", reason };
}

function served(vectors) {
  return vectors.map(({ id, kind, box }) => ({ id, kind, box: fromHex(box) }));
}

each("a code is read as it is written", codes.codes, ({ text, answer }) => assert.deepEqual(readCode(text), answer));

each("a code's seed", codes.seeds, async ({ symbols, email, seed }) => {
  assert.equal(toHex(await codeSeed(symbols, email)), seed);
});

each("a passkey's seed", codes.passkeys, async ({ prf, email, credential_id, seed }) => {
  assert.equal(toHex(await passkeyInput()), codes.passkey_input);
  assert.equal(toHex(await passkeySeed(fromHex(prf), email, fromHex(credential_id))), seed);
});

each("a way follows from its seed", ways.ways, async ({ seed, email, id, psk, public: point }) => {
  const way = await wayOf(fromHex(seed), email);
  assert.deepEqual([way.id, toHex(way.psk), toHex(way.publicBytes)], [id, psk, point]);
});

function opened({ seed, box, email, account_id: accountId, generation }) {
  return openBox({ seed: fromHex(seed), box: fromHex(box), email, accountId, generation });
}

each("a box opens", ways.boxes, async (vector) => assert.equal(toHex(await opened(vector)), vector.vault_key));
each("any other box is refused", ways.refused_boxes, (vector) => assert.rejects(opened(vector), refusal(vector)));

each("the hash of ways", ways.hashes, async (vector) => {
  assert.equal(toHex(await waysHash(served(vector.ways))), vector.hash);
});
each("any other set of ways is refused", ways.refused_ways, (vector) =>
  assert.rejects(waysHash(served(vector.ways)), refusal(vector)),
);

function placeOf(vector) {
  const { email, account_id: accountId, generation, version, browser, previous } = vector;
  const place = { email, accountId, generation, version, browser, previous: fromHex(previous) };
  return { ...place, ways: served(vector.ways), blob: fromBase64(vector.blob), vaultKey: fromHex(vector.vault_key) };
}

each("a vault opens, and its write verifies", vault.vaults, async (vector) => {
  const place = placeOf(vector);
  assert.deepEqual(await openVault(place), vector.content);
  assert.equal(toHex(await vaultHash(place)), vector.hash);
  const signatureKeyBytes = fromHex(vector.signature_key);
  await verifyVaultWrite({ ...place, hash: fromHex(vector.hash), signatureKeyBytes, signature: fromHex(vector.signature) });
});

each("any other vault is refused", vault.refused_vaults, (vector) =>
  assert.rejects(openVault(placeOf({ ...vault.vaults[0], ...vector.changes })), refusal(vector)),
);

each("any other signature is refused", vault.refused_signatures, (vector) => {
  const { email, account_id: accountId, version } = vector;
  const [hash, signature, signatureKeyBytes] = [vector.hash, vector.signature, vector.signature_key].map(fromHex);
  const write = { email, accountId, version, hash, signature, signatureKeyBytes };
  return assert.rejects(verifyVaultWrite(write), refusal(vector));
});

each("a later generation names the pinned vault key", vault.successions, (vector) => {
  const pinned = { generation: vector.pinned_generation, vaultKey: fromHex(vector.pinned_key) };
  const check = () => checkGeneration(vector.content, vector.generation, pinned);
  if (vector.reason === null) {
    check();
  } else {
    assert.throws(check, refusal(vector));
  }
});

each("the key of a kind", vault.kinds, async ({ kind, key, vault_key, ...vector }) => {
  const { email, account_id: accountId, generation } = vector;
  const [own, right] = [
    await keyOfKind(fromHex(vault_key), kind, { email, accountId, generation }),
    await CryptoManager.importAesKey(fromHex(key)),
  ];
  const nonce = new Uint8Array(12);
  const sealed = await CryptoManager.aesGcmSeal(own, nonce, nonce, nonce);
  assert.deepEqual(await CryptoManager.aesGcmOpen(right, nonce, nonce, sealed), nonce);
});

function listed({ identity_key, email, bytes }) {
  return readBrowsers({ identityKeyBytes: fromHex(identity_key), email, bytes: fromHex(bytes) });
}

each("a signed list says what was signed", lists.lists, async (vector) => {
  const { version, browsers } = await listed(vector);
  const found = browsers.map(({ id, signatureKeyBytes, addedAt, contentVersions }) => {
    return { id, signature_key: toHex(signatureKeyBytes), added_at: addedAt, content_versions: contentVersions };
  });
  assert.deepEqual({ version, browsers: found }, { version: vector.version, browsers: vector.browsers });
});

each("any other list is refused", lists.refused, (vector) => assert.rejects(listed(vector), refusal(vector)));
