import assert from "node:assert/strict";
import { test } from "node:test";
import { CryptoManager } from "../../../static/js/crypto/crypto.js";
import { checkAccountPair, checkSigningPair } from "../../../static/js/crypto/pairs.js";

const [account, otherAccount] = [await CryptoManager.generateKeyPair(), await CryptoManager.generateKeyPair()];
const [signing, otherSigning] = [
  await CryptoManager.generateIdentityKeyPair(),
  await CryptoManager.generateIdentityKeyPair(),
];

test("the halves of one pair belong together", async () => {
  await checkAccountPair(account.privateKey, account.publicKeyBytes);
  await checkSigningPair(signing.privateKey, signing.publicKeyBytes);
});

test("the halves of two pairs do not", async () => {
  await assert.rejects(checkAccountPair(account.privateKey, otherAccount.publicKeyBytes), { reason: "private_key" });
  await assert.rejects(checkSigningPair(signing.privateKey, otherSigning.publicKeyBytes), { reason: "private_key" });
});

test("a public half out of form is refused", async () => {
  await assert.rejects(checkAccountPair(account.privateKey, account.publicKeyBytes.slice(1)), { reason: "public_key" });
});
