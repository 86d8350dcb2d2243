// What tests/browser/test_wycheproof.py evaluates in a page: Wycheproof's vectors through the code that this server
// serves. Returns how many were run of each expected result, why others were not, and those that came out otherwise.
async ({ algorithm, groups, message }) => {
  const { CryptoManager } = await import("/static/js/crypto/crypto.js");
  const { readEnvelope } = await import("/static/js/crypto/envelope-form.js");
  const { concat, fromHex, toBase64, toHex } = await import("/static/js/lib/bytes.js");

  const ran = { valid: 0, invalid: 0, acceptable: 0 };
  const leftOut = {};
  const wrong = [];

  const nameOfRefusal = async (work) => {
    try {
      await work();
      return "none";
    } catch (error) {
      return error.reason ?? error.name;
    }
  };

  // A private key is never read from outside, so no module of ours has this: PKCS #8 without the public half.
  const PKCS8 = fromHex("3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420");
  const importPrivateKey = (scalar) => {
    const bytes = fromHex(scalar.replace(/^(00)+/, "").padStart(64, "0"));
    const curve = { name: "ECDH", namedCurve: "P-256" };
    return crypto.subtle.importKey("pkcs8", concat(PKCS8, bytes), curve, false, ["deriveBits"]);
  };
  const agree = async (publicKeyBytes, { private: scalar, shared, result }) => {
    const secret = async () => {
      const publicKey = await CryptoManager.importPublicKey(publicKeyBytes);
      return toHex(await CryptoManager.deriveSharedSecret(await importPrivateKey(scalar), publicKey));
    };
    // Ours is the one form of 91 bytes: what others may accept besides, it refuses.
    return result === "valid" ? (await secret()) === shared : (await nameOfRefusal(secret)) === "public_key";
  };
  // The 26 bytes before the point in that form.
  const SPKI = fromHex("3059301306072a8648ce3d020106082a8648ce3d030107034200");

  const aesGcm = async (test, group) => {
    if (group.ivSize !== 96) {
      const withNonce = { ...message, nonce: toBase64(fromHex(test.iv)) };
      return (await nameOfRefusal(() => readEnvelope(withNonce))) === "nonce";
    }
    const key = await CryptoManager.importAesKey(fromHex(test.key));
    const [nonce, data, plaintext] = [test.iv, test.aad, test.msg].map(fromHex);
    const sealed = fromHex(test.ct + test.tag);
    const open = () => CryptoManager.aesGcmOpen(key, nonce, data, sealed);
    if (test.result !== "valid") {
      return (await nameOfRefusal(open)) === "DecryptionError";
    }
    const sealedHere = toHex(await CryptoManager.aesGcmSeal(key, nonce, data, plaintext));
    return toHex(await open()) === test.msg && sealedHere === toHex(sealed);
  };

  const hkdf = async ({ ikm, salt, info, size, okm, result }) => {
    const derive = () => CryptoManager.hkdf(fromHex(ikm), fromHex(salt), fromHex(info), size);
    return result === "valid" ? toHex(await derive()) === okm : (await nameOfRefusal(derive)) === "OperationError";
  };

  const hmac = async ({ key, msg, tag, result }, group) => {
    const [keyBytes, data, tagBytes] = [key, msg, tag].map(fromHex);
    const isTaken = await CryptoManager.hmacVerify(keyBytes, data, tagBytes);
    if (group.tagSize !== 256) {
      return !isTaken; // shortened: right or wrong, never ours
    }
    const isMade = toHex(await CryptoManager.hmac(keyBytes, data)) === tag;
    return isTaken === (result === "valid") && isMade === isTaken;
  };

  const pbkdf2 = async ({ password, salt, iterationCount, dkLen, dk, result }) => {
    const derived = await CryptoManager.pbkdf2(fromHex(password), fromHex(salt), iterationCount, dkLen);
    return (toHex(derived) === dk) === (result === "valid");
  };

  const ed25519 = async ({ msg, sig, result }, group) => {
    const [key, data, signature] = [group.publicKey.pk, msg, sig].map(fromHex);
    return (await CryptoManager.ed25519Verify(key, data, signature)) === (result === "valid");
  };

  const checks = {
    "ECDH P-256, SubjectPublicKeyInfo": (test) => agree(fromHex(test.public), test),
    "ECDH P-256, points": (test) => agree(concat(SPKI, fromHex(test.public)), test),
    "AES-GCM": aesGcm,
    "HKDF-SHA-256": hkdf,
    "HMAC-SHA-256": hmac,
    "PBKDF2-HMAC-SHA-256": pbkdf2,
    Ed25519: ed25519,
  };
  const reasonToLeaveOut = (group) =>
    algorithm === "AES-GCM" && group.keySize !== 256 ? `keys of ${group.keySize} bits, which suite 1 never makes` : null;

  for (const group of groups) {
    for (const test of group.tests) {
      const reason = reasonToLeaveOut(group);
      if (reason) {
        leftOut[reason] = (leftOut[reason] ?? 0) + 1;
        continue;
      }
      ran[test.result] += 1;
      const isRight = await checks[algorithm](test, group).catch((error) => String(error));
      if (isRight !== true) {
        wrong.push(`${test.tcId} (${test.result}; ${test.flags} ${test.comment}): ${isRight}`);
      }
    }
  }
  return { ran, leftOut, wrong };
};
